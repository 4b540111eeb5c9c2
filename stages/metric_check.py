"""Stage `metric_check`: does FCD follow corruptions, whatever the order and batches, in three implementations?"""

from context import run
from pathlib import Path

from latentpriors.evaluation.fcd import load_classifiers, load_reference
from latentpriors.evaluation.previews import save_grid
from latentpriors.runs import device
from latentpriors.store import load_tensors, save_json, whole
from latentpriors.studies.metric_check import STRENGTHS, agreement, follow, invariance, spearman


def metric_check(params: dict, images: Path, classifier: Path, reference: Path, metrics: Path, preview: Path) -> None:
    """Does FCD follow corruptions, whatever the order and batches, in three implementations?

    Arguments:
        images: The images' file.
        classifier: The classifiers' folder.
        reference: The reference's file.
        metrics: The JSON file for the figures.
        preview: The folder for the curves and the pictures.
    """
    where = device(params)
    classifiers, data = load_classifiers(classifier, where), load_tensors(images, where)[0]
    real = load_reference(reference, classifiers)
    n = len(data["test.images"])  # equal counts, as in the floor of the table
    pictures, labels = data["validation.images"][:n], data["validation.labels"][:n]
    table, examples = follow(classifiers, pictures, labels, real)
    changes, ranks = invariance(classifiers, pictures, real), spearman(table)
    figures = {"spearman_least": min(ranks.values()), "spearman": ranks, "relative_change": changes}
    figures |= {"implementations_difference": agreement(real), "strengths": STRENGTHS, "n_samples": len(pictures)}
    with whole(preview) as part:
        part.mkdir(parents=True)
        table.to_csv(part / "curves.csv", index=False)
        save_grid(examples, part / "examples.png", columns=len(STRENGTHS))
    save_json(metrics, figures)


if __name__ == "__main__":
    run(metric_check)
