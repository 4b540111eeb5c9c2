"""Stage `sweep`: likelihood models at several weights β of the reconstruction, and GLF beside them, for each seed."""

from context import ROOT, run
from pathlib import Path

import pandas as pd
import torch

from latentpriors.evaluation.fcd import load_classifiers, load_reference
from latentpriors.evaluation.interpolation import shown
from latentpriors.evaluation.previews import save_grid
from latentpriors.over_seeds import curves, each_seed, facts_of, gather_curves
from latentpriors.project.code import fingerprints
from latentpriors.runs import device, generator, value
from latentpriors.store import load_tensors, save_json, whole
from latentpriors.studies.sweep import COLUMNS, at_beta, fit_point, point_name, points, summary
from latentpriors.studies.swept import SWEPT, UNSWEPT
from latentpriors.training import Protocol

# All models, and what their own priors are loaded by.
METHODS = {"autoencoders": (UNSWEPT, *SWEPT), "priors": ("native",)}


def sweep(
    params: dict, dataset: str, images: Path, reference: Path, classifier: Path, metrics: Path, preview: Path
) -> None:
    """Likelihood models at several weights β of the reconstruction, and GLF beside them, for each seed.

    Arguments:
        dataset: A key of datasets in params.yaml.
        images: The images' file.
        reference: The real images' moments.
        classifier: The classifiers' folder.
        metrics: The JSON file for the figures.
        preview: The folder for points, curves and samples over training.
    """
    own, shared, n = (value(params, f"datasets.{dataset}.{key}") for key in ("sweep", "autoencoder", "samples"))
    where = device(params, shared["precision"])
    data = load_tensors(images, where)[0]
    pictures = {split: data[f"{split}.images"].float() / 255 for split in ("train", "validation", "test")}
    classifiers = load_classifiers(classifier, where)
    real = load_reference(reference, classifiers)
    inputs, code = (
        [images, reference, *sorted(classifier.glob("*.safetensors"))],
        fingerprints(ROOT, "sweep", **METHODS),
    )

    def fitted(name: str, beta: float | None) -> list[Path]:
        """Returns the folder of each seed of a point."""
        block = {"shape": list(pictures["train"].shape[1:])} | shared["network"]
        block |= at_beta(name, value(params, f"autoencoders.{name}"), beta)
        protocol = Protocol.of(name, block, shared, where, own["factor"])

        def fit(index: int, folder: Path) -> dict:
            # The names of a seed leave out method and β: one start, one order of the data, the same noise for all.
            order, noise = (generator(where, part, dataset, index) for part in ("batches", "sweep"))
            budget = protocol.budget(order, f"{dataset} {name} {beta or ''} {index}", index, curves(folder))
            codes = generator(where, "codes", dataset, index)  # last: its seed is the weights' in train_autoencoder too
            return fit_point(
                protocol.method, protocol.arguments, pictures, budget, codes, noise, classifiers, real, n, folder
            )

        label, settings = f"sweep/{dataset}-{point_name(name, beta)}", protocol.settings | {"samples": n}
        return each_seed(label, params["seeds"], settings, lambda index: inputs, fit, code)

    figures, rows, followed, shots = {"factor": own["factor"], "samples": n, "device": where.type}, [], [], {}
    for name, beta in points(own["betas"]):
        folders, point = fitted(name, beta), {"method": name, "beta": beta}
        found = facts_of(folders)
        figures[point_name(name, beta)] = point | summary(found)
        rows += [point | {"seed": index} | seed for index, seed in enumerate(found)]
        followed.append(gather_curves(folders).assign(**point))
        shots[point_name(name, beta)] = load_tensors(folders[0] / "shots.safetensors")[0]
    save_json(metrics, figures)
    table = pd.DataFrame(rows).reindex(columns=list(COLUMNS))
    with whole(preview) as part:
        part.mkdir(parents=True)
        table.to_csv(part / "points.csv", index=False, float_format="%.6g")
        logged = pd.concat(followed)[["method", "beta", "step", "seed", "figure", "value"]]
        logged.to_csv(part / "curves.csv", index=False, float_format="%.6g")
        (part / "samples").mkdir()
        for name, by_step in shots.items():
            if by_step:  # a training that broke before the first look has none
                save_grid(torch.cat(shown(by_step)), part / f"samples/{name}.png")


if __name__ == "__main__":
    run(sweep, **METHODS)
