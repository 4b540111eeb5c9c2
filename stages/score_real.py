"""Stage `score_real`: the floor of a table, held-out real images against the test split."""

from context import run
from pathlib import Path

from latentpriors.evaluation.fcd import (
    LAYERS,
    activations,
    certainty,
    classifier_hash,
    distances,
    fcd_figures,
    load_classifiers,
    load_reference,
)
from latentpriors.evaluation.image_metrics import image_figures, nearest_images
from latentpriors.evaluation.previews import save_grid
from latentpriors.over_seeds import merged
from latentpriors.runs import device
from latentpriors.store import load_tensors, save_json, whole


def score_real(
    params: dict, images: Path, reference: Path, classifier: Path, judge: Path, metrics: Path, preview: Path
) -> None:
    """The floor of a table, held-out real images against the test split.

    Arguments:
        images: The images' file.
        reference: The reference's file.
        classifier: The classifiers' folder.
        judge: The other architecture's.
        metrics: The JSON file for the figures.
        preview: The folder for the pictures.
    """
    data, where, features = load_tensors(images)[0], device(params), {}
    classifiers, judges = (load_classifiers(folder, where) for folder in (classifier, judge))
    real, count = load_reference(reference, classifiers, judges), len(classifiers)
    for split in ("train", "validation"):
        features[split] = [{layer: real[f"{split}.{k}.{layer}.features"] for layer in LAYERS} for k in range(count)]
    held_out, train = (distances(features[split], real, "test") for split in ("validation", "train"))
    mine = features["validation"][0]["penultimate"]
    n = len(mine)
    judged = activations(judges, data["validation.images"][:n].to(where))
    figures = merged([fcd_figures(held_out, None, *mine.shape) | image_figures(features["validation"], real)])
    figures |= certainty(figures["fcd_by_seed"], figures["fcd_by_classifier"])
    figures |= {"fcd_train": float(train["logits"].mean()), "classifier_hash": classifier_hash(classifier)}
    figures["fcd_judge"] = float(distances(judged, real, "judge")["logits"].mean())
    sets = [(real["train.features"], data["train.images"])]
    sets.append((real["test.0.penultimate.features"], data["test.images"]))
    with whole(preview) as part:
        part.mkdir(parents=True)
        save_grid(data["test.images"][:64], part / "samples.png")
        save_grid(nearest_images(mine, data["validation.images"], *sets), part / "nearest.png")
    save_json(metrics, figures | {"n_samples": n, "seeds": 0, "yardstick": True})


if __name__ == "__main__":
    run(score_real)
