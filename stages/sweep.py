"""Stage `sweep`: likelihood models at several weights β of the reconstruction, and GLF beside them, for each seed."""

from pathlib import Path

import pandas as pd
import torch

from context import ROOT, arguments, device, generator, params, run
from latentpriors.names import SWEPT, UNSWEPT
from latentpriors.previews import save_grid
from latentpriors.registry import find
from latentpriors.scoring import load_classifiers, load_reference
from latentpriors.store import load_json, load_tensors, save_json, whole
from latentpriors.sweep import at_beta, fit_point, points
from latentpriors.sweep_tables import COLUMNS, point_name, summary
from latentpriors.training import Budget
from latentpriors.walks import shown
from seeds import curves, each_seed, gather_curves

# A finished seed's, beside the methods.
CODE = [
    ROOT / f"src/latentpriors/{name}.py"
    for name in ("aggregate", "collapse", "joint", "likelihoods", "proposals", "sweep")
]


def main() -> None:
    options = arguments(
        __doc__, dataset="a key of datasets in params.yaml", images="the images' file",
        reference="the real images' moments", classifier="the classifiers' folder",
        metrics="the JSON file for the figures", preview="the folder for points, curves and samples over training",
    )  # fmt: skip
    dataset, own, shared = (
        options.dataset,
        params(f"datasets.{options.dataset}.sweep"),
        params(f"datasets.{options.dataset}.autoencoder"),
    )
    where, n = device(shared["precision"]), params(f"datasets.{dataset}.samples")
    data = load_tensors(Path(options.images), where)[0]
    images = {split: data[f"{split}.images"].float() / 255 for split in ("train", "validation", "test")}
    classifiers, reference = load_classifiers(Path(options.classifier), where), load_reference(Path(options.reference))
    scorers = [Path(options.reference), *sorted(Path(options.classifier).glob("*.safetensors"))]
    facts = {"factor": own["factor"], "samples": n, "device": where.type}

    def fitted(name: str, beta: float | None) -> list[Path]:
        """Returns the folder of each seed of a point."""
        block = dict(params(f"autoencoders.{name}"))
        steps = round(block.pop("factor", 1) * own["factor"] * shared["steps"])
        kwargs = {"shape": list(images["train"].shape[1:])} | shared["network"] | at_beta(name, block, beta)

        def fit(index: int, folder: Path) -> dict:
            # The names of a seed leave out method and β: one start, one order of the data, the same noise for all.
            order, noise = (generator(where, part, dataset, index) for part in ("batches", "sweep"))
            budget = Budget(
                steps, shared["batch_size"], order, shared["precision"],
                log=curves(folder), label=f"{dataset} {name} {beta or ''} {index}", row=index,
            )  # fmt: skip
            codes = generator(where, "codes", dataset, index)  # last: its seed is the weights' in train_autoencoder too
            return fit_point(name, kwargs, images, budget, codes, noise, classifiers, reference, n, folder)

        settings = {"kwargs": kwargs, "steps": steps, "samples": n, "device": str(where)}
        settings |= {key: shared[key] for key in ("batch_size", "precision")}
        label = f"sweep/{dataset}-{point_name(name, beta)}"
        return each_seed(label, params("seeds"), settings, lambda index: [Path(options.images), *scorers, *CODE], fit)

    # Loaded now: finished seeds are found by the source of all methods that are loaded.
    for kind, name in (*(("autoencoders", name) for name in (UNSWEPT, *SWEPT)), ("priors", "native")):
        find(kind, name)
    rows, followed, shots = [], [], {}
    for name, beta in points(own["betas"]):
        folders = fitted(name, beta)
        rows += [
            {"method": name, "beta": beta, "seed": index} | load_json(folder / "facts.json")
            for index, folder in enumerate(folders)
        ]
        followed.append(gather_curves(folders).assign(method=name, beta=beta))
        shots[point_name(name, beta)] = load_tensors(folders[0] / "shots.safetensors")[0]
    table = pd.DataFrame(rows).reindex(columns=list(COLUMNS))
    save_json(Path(options.metrics), facts | summary(table))
    with whole(Path(options.preview)) as part:
        part.mkdir(parents=True)
        table.to_csv(part / "points.csv", index=False, float_format="%.6g")
        logged = pd.concat(followed)[["method", "beta", "step", "seed", "figure", "value"]]
        logged.to_csv(part / "curves.csv", index=False, float_format="%.6g")
        (part / "samples").mkdir()
        for name, by_step in shots.items():
            if by_step:  # a training that broke before the first look has none
                save_grid(torch.cat(shown(by_step)), part / f"samples/{name}.png")


if __name__ == "__main__":
    run(main)
