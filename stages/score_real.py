"""Stage `score_real`: the floor of a table, held-out real images against the test split."""

from pathlib import Path

from context import arguments, run
from latentpriors.previews import save_grid
from latentpriors.scoring import LAYERS, distances, summary
from latentpriors.store import load_tensors, save_json, whole


def main() -> None:
    options = arguments(
        __doc__, images="the images' file", reference="the reference's file",
        metrics="the JSON file for the figures", preview="the folder for the pictures",
    )  # fmt: skip
    reference = {name: tensor.numpy() for name, tensor in load_tensors(Path(options.reference))[0].items()}
    images = load_tensors(Path(options.images))[0]
    count, found = sum(name.startswith("test.") and name.endswith("logits.mean") for name in reference), {}
    for split in ("train", "validation"):
        features = [{layer: reference[f"{split}.{k}.{layer}.features"] for layer in LAYERS} for k in range(count)]
        found[split] = distances(features, reference, "test")
    n, width = features[0]["penultimate"].shape
    figures = summary([found["validation"]], [], n, width) | {"fcd_train": float(found["train"]["logits"].mean())}
    with whole(Path(options.preview)) as part:
        part.mkdir(parents=True)
        save_grid(images["test.images"][:64], part / "samples.png")
    save_json(Path(options.metrics), figures | {"seeds": 0, "yardstick": True})


if __name__ == "__main__":
    run(main)
