"""Stage `metric_check`: does FCD follow corruptions, whatever the order and batches, in three implementations?"""

from pathlib import Path

from context import arguments, device, run
from latentpriors.metric_check import STRENGTHS, agreement, follow, invariance, spearman
from latentpriors.previews import save_grid
from latentpriors.scoring import load_classifiers
from latentpriors.store import load_tensors, save_json, whole


def main() -> None:
    options = arguments(
        __doc__, images="the images' file", classifier="the classifiers' folder", reference="the reference's file",
        metrics="the JSON file for the figures", preview="the folder for the curves and the pictures",
    )  # fmt: skip
    where = device()
    classifiers, data = load_classifiers(options.classifier, where), load_tensors(Path(options.images), where)[0]
    reference = {name: tensor.numpy() for name, tensor in load_tensors(Path(options.reference))[0].items()}
    n = len(data["test.images"])  # equal counts, as in the floor of the table
    images, labels = data["validation.images"][:n], data["validation.labels"][:n]
    table, examples = follow(classifiers, images, labels, reference)
    changes, ranks = invariance(classifiers, images, reference), spearman(table)
    figures = {"spearman_least": min(ranks.values()), "spearman": ranks, "relative_change": changes}
    figures |= {"implementations_difference": agreement(reference), "strengths": STRENGTHS, "n_samples": len(images)}
    with whole(Path(options.preview)) as part:
        part.mkdir(parents=True)
        table.to_csv(part / "curves.csv", index=False)
        save_grid(examples, part / "examples.png", columns=len(STRENGTHS))
    save_json(Path(options.metrics), figures)


if __name__ == "__main__":
    run(main)
