"""Stage `score`: the figures of a cell from its samples, and a preview small enough for git."""

import math
import shutil
from context import run
from pathlib import Path

import numpy as np

from latentpriors.evaluation.fcd import (
    activations,
    certainty,
    classifier_hash,
    distances,
    fcd_figures,
    load_classifiers,
    load_reference,
)
from latentpriors.evaluation.image_metrics import code_figures, image_figures, nearest_images
from latentpriors.evaluation.previews import save_grid
from latentpriors.over_seeds import merged
from latentpriors.processes import side_by_side
from latentpriors.runs import device
from latentpriors.store import load_json, load_tensors, save_json, seed_files, whole


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
    classifiers, judges = (load_classifiers(folder, where) for folder in (classifier, judge))
    real = load_reference(reference, classifiers, judges)
    files = seed_files(samples)

    def one(index: int) -> tuple[dict, np.ndarray]:
        (drawn, about), stored = load_tensors(files[index]), load_tensors(codes / files[index].name)[0]
        found, judged = (activations(scorers, drawn["images"].to(where)) for scorers in (classifiers, judges))
        test, validation = (distances(found, real, split) for split in ("test", "validation"))
        # A yardstick's images are the validation split's own: against themselves they would look too good.
        validation, features = None if facts["yardstick"] else validation, found[0]["penultimate"]
        figures = fcd_figures(test, validation, *features.shape)
        figures["fcd_judge"] = float(distances(judged, real, "judge")["logits"].mean())
        figures |= image_figures(found, real) | code_figures(drawn["codes"], stored)
        return figures | {"sample_seconds": about["seconds"]}, features

    seeds, features = zip(*side_by_side(one, range(len(files)), where.type), strict=True)
    first = load_tensors(files[0])[0]
    figures = merged(seeds) | {"n_samples": len(first["images"]), "classifier_hash": classifier_hash(classifier)}
    figures |= certainty(figures["fcd_by_seed"], figures["fcd_by_classifier"]) | facts
    if "nll" in facts:
        figures["bits_per_dimension"] = facts["nll"] / first["codes"].shape[1] / math.log(2)
    images = load_tensors(data)[0]
    named = {"train": "train.features", "test": "test.0.penultimate.features"}
    sets = [(real[name], images[f"{split}.images"]) for split, name in named.items()]
    with whole(preview) as part:
        shutil.copytree(fit, part, ignore=lambda folder, names: {"facts.json", "shots.safetensors"})
        save_grid(first["images"][:64], part / "samples.png")
        save_grid(nearest_images(features[0], first["images"], *sets), part / "nearest.png")
        for name, pictures in load_tensors(samples / "pictures.safetensors")[0].items():
            save_grid(pictures, part / f"{name}.png")
    save_json(metrics, figures)


if __name__ == "__main__":
    run(score)
