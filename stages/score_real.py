"""Stage `score_real`: the floor of a table, held-out real images against the test split."""

from context import run
from pathlib import Path

from latentpriors.evaluation.fcd import (
    LAYERS,
    activations,
    classifier_hash,
    distances,
    load_classifiers,
    load_reference,
    summary,
)
from latentpriors.evaluation.image_metrics import image_figures, nearest_images
from latentpriors.evaluation.previews import save_grid
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
    real, data, where = load_reference(reference), load_tensors(images)[0], device(params)
    count, features = len(load_classifiers(classifier)), {}
    for split in ("train", "validation"):
        features[split] = [{layer: real[f"{split}.{k}.{layer}.features"] for layer in LAYERS} for k in range(count)]
    held_out, train = (distances(features[split], real, "test") for split in ("validation", "train"))
    mine = features["validation"][0]["penultimate"]
    n, width = mine.shape
    judged = activations(load_classifiers(judge, where), data["validation.images"][:n].to(where))
    figures = summary([held_out], [], n, width) | image_figures(features["validation"], real)
    figures |= {"fcd_train": float(train["logits"].mean()), "classifier_hash": classifier_hash(classifier)}
    figures["fcd_judge"] = float(distances(judged, real, "judge")["logits"].mean())
    sets = [(real["train.features"], data["train.images"])]
    sets.append((real["test.0.penultimate.features"], data["test.images"]))
    with whole(preview) as part:
        part.mkdir(parents=True)
        save_grid(data["test.images"][:64], part / "samples.png")
        save_grid(nearest_images(mine, data["validation.images"], *sets), part / "nearest.png")
    save_json(metrics, figures | {"seeds": 0, "yardstick": True})


if __name__ == "__main__":
    run(score_real)
