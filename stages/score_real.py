"""Stage `score_real`: the floor of a table, held-out real images against the test split."""

from pathlib import Path

from context import arguments, device, run
from latentpriors.evaluation import image_figures, nearest_images
from latentpriors.previews import save_grid
from latentpriors.scoring import (
    LAYERS,
    activations,
    classifier_hash,
    distances,
    load_classifiers,
    load_reference,
    summary,
)
from latentpriors.store import load_tensors, save_json, whole


def main() -> None:
    options = arguments(
        __doc__, images="the images' file", reference="the reference's file", classifier="the classifiers' folder",
        judge="the other architecture's", metrics="the JSON file for the figures",
        preview="the folder for the pictures",
    )  # fmt: skip
    reference, images, where = load_reference(options.reference), load_tensors(Path(options.images))[0], device()
    count, features = len(load_classifiers(options.classifier)), {}
    for split in ("train", "validation"):
        features[split] = [
            {layer: reference[f"{split}.{k}.{layer}.features"] for layer in LAYERS} for k in range(count)
        ]
    held_out, train = (distances(features[split], reference, "test") for split in ("validation", "train"))
    n, width = features["validation"][0]["penultimate"].shape
    judged = activations(load_classifiers(options.judge, where), images["validation.images"][:n].to(where))
    figures = summary([held_out], [], n, width) | image_figures(features["validation"], reference)
    figures |= {"fcd_train": float(train["logits"].mean()), "classifier_hash": classifier_hash(options.classifier)}
    figures["fcd_judge"] = float(distances(judged, reference, "judge")["logits"].mean())
    sets = [(reference["train.features"], images["train.images"])]
    sets.append((reference["test.0.penultimate.features"], images["test.images"]))
    with whole(Path(options.preview)) as part:
        part.mkdir(parents=True)
        save_grid(images["test.images"][:64], part / "samples.png")
        mine = features["validation"][0]["penultimate"]
        save_grid(nearest_images(mine, images["validation.images"], *sets), part / "nearest.png")
    save_json(Path(options.metrics), figures | {"seeds": 0, "yardstick": True})


if __name__ == "__main__":
    run(main)
