"""Stage `score`: the figures of a cell from its samples, and a preview small enough for git."""

import math
import shutil
from context import run
from pathlib import Path

from latentpriors.evaluation.fcd import (
    activations,
    classifier_hash,
    distances,
    load_classifiers,
    load_reference,
    summary,
)
from latentpriors.evaluation.image_metrics import code_figures, image_figures, merged, nearest_images
from latentpriors.evaluation.previews import save_grid
from latentpriors.processes import side_by_side
from latentpriors.runs import device
from latentpriors.store import load_json, load_tensors, save_json, whole


def score(
    params: dict, samples: Path, fit: Path, data: Path, codes: Path, reference: Path, classifier: Path, judge: Path,
    metrics: Path, preview: Path,
) -> None:  # fmt: skip
    """The figures of a cell from its samples, and a preview small enough for git.

    Arguments:
        samples: The folder of the cell's samples.
        fit: The folder of its prior's curves and facts.
        data: The real images' file.
        codes: The folder of the autoencoder's codes.
        reference: The reference's file.
        classifier: The classifiers' folder.
        judge: The other architecture's.
        metrics: The JSON file for the figures.
        preview: The folder for pictures and curves.
    """
    where, facts = device(params), load_json(fit / "facts.json")
    classifiers, judges, real = (
        load_classifiers(classifier, where),
        load_classifiers(judge, where),
        load_reference(reference),
    )
    files = sorted(samples.glob("seed*.safetensors"))

    def one(index: int) -> tuple:
        drawn, stored = load_tensors(files[index])[0], load_tensors(codes / files[index].name)[0]
        found, judged = (activations(scorers, drawn["images"].to(where)) for scorers in (classifiers, judges))
        beside = {"fcd_judge": float(distances(judged, real, "judge")["logits"].mean())}
        beside |= image_figures(found, real) | code_figures(drawn["codes"], stored)
        test, validation = (distances(found, real, split) for split in ("test", "validation"))
        return test, validation, beside, found[0]["penultimate"]

    test, validation, beside, features = zip(*side_by_side(one, range(len(files)), where.type), strict=True)
    # A yardstick's images are the validation split's own: against themselves they would look too good.
    validation = [] if facts["yardstick"] else validation
    seconds, first = [load_tensors(path)[1]["seconds"] for path in files], load_tensors(files[0])[0]["images"]
    figures = summary(test, validation, len(first), features[0].shape[1]) | merged(beside) | facts
    figures |= {"sample_seconds": sum(seconds) / len(seconds), "classifier_hash": classifier_hash(classifier)}
    if "nll" in facts:
        width = load_tensors(files[0])[0]["codes"].shape[1]
        figures["bits_per_dimension"] = facts["nll"] / width / math.log(2)
    images = load_tensors(data)[0]
    named = {"train": "train.features", "test": "test.0.penultimate.features"}
    sets = [(real[name], images[f"{split}.images"]) for split, name in named.items()]
    with whole(preview) as part:
        shutil.copytree(fit, part, ignore=lambda folder, names: {"facts.json", "shots.safetensors"})
        save_grid(first[:64], part / "samples.png")
        save_grid(nearest_images(features[0], first, *sets), part / "nearest.png")
        for name, pictures in load_tensors(samples / "pictures.safetensors")[0].items():
            save_grid(pictures, part / f"{name}.png")
    save_json(metrics, figures)


if __name__ == "__main__":
    run(score)
