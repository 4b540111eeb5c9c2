"""Stage `score`: the figures of a cell from its samples, and a preview small enough for git."""

import shutil
from pathlib import Path

from context import arguments, device, run
from latentpriors.previews import save_grid
from latentpriors.scoring import activations, distances, load_classifiers, summary
from latentpriors.store import load_json, load_tensors, save_json, whole


def main() -> None:
    options = arguments(
        __doc__, samples="the folder of the cell's samples", fit="the folder of its prior's curves and facts",
        reference="the reference's file", classifier="the classifiers' folder",
        metrics="the JSON file for the figures", preview="the folder for pictures and curves",
    )  # fmt: skip
    where, test, validation = device(), [], []
    classifiers = load_classifiers(options.classifier, where)
    reference = {name: tensor.numpy() for name, tensor in load_tensors(Path(options.reference))[0].items()}
    files, facts = sorted(Path(options.samples).glob("*.safetensors")), load_json(Path(options.fit) / "facts.json")
    for path in files:
        found = activations(classifiers, load_tensors(path, where)[0]["images"])
        test.append(distances(found, reference, "test"))
        if not facts["yardstick"]:
            # A yardstick's images are the validation split's own: against themselves they would look too good.
            validation.append(distances(found, reference, "validation"))
    seconds = [load_tensors(path)[1]["seconds"] for path in files]
    first = load_tensors(files[0])[0]["images"]
    width = found[0]["penultimate"].shape[1]
    figures = summary(test, validation, len(first), width) | facts | {"sample_seconds": sum(seconds) / len(seconds)}
    with whole(Path(options.preview)) as part:
        shutil.copytree(options.fit, part, ignore=lambda folder, names: {"facts.json"})
        save_grid(first[:64], part / "samples.png")
    save_json(Path(options.metrics), figures)


if __name__ == "__main__":
    run(main)
