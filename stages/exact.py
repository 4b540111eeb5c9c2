"""Stage `exact`: a prior fitted to codes of known densities, and its distance from the truth."""

from context import ROOT, run
from pathlib import Path

import pandas as pd

from latentpriors.fits import fit_prior
from latentpriors.over_seeds import curves, each_seed, facts_of, merged
from latentpriors.priors.base import FittedPrior
from latentpriors.project.code import fingerprints
from latentpriors.runs import device, generator, seed, value
from latentpriors.store import load_tensors, save_json, save_tensors, whole
from latentpriors.studies.densities import DENSITIES
from latentpriors.studies.exact import codes_of, figures_of_fit, verdicts
from latentpriors.training import Protocol

SHOWN = 600  # samples of each density in the preview


def exact(params: dict, prior: str, metrics: Path, preview: Path) -> None:
    """A prior fitted to codes of known densities, and its distance from the truth.

    Arguments:
        prior: A key of priors in params.yaml.
        metrics: The JSON file for the figures.
        preview: The CSV file for some samples of each density.
    """
    shared, block, densities = value(params, "exact"), value(params, f"priors.{prior}"), list(DENSITIES)
    where, sizes = device(params, shared["precision"]), {key: shared[key] for key in ("train", "validation", "test")}
    protocol = Protocol.of(prior, block, shared, where)

    def fit(index: int, folder: Path) -> dict:
        # Seeds are the outer loop: five cost what is missing to three.
        density = densities[index % len(densities)]
        names = ("exact", density, index)
        codes = codes_of(DENSITIES[density], **sizes, seed=seed("codes", *names))
        codes = {key: tensor.to(where) for key, tensor in codes.items()}
        order = generator(where, *names, prior, "batches")
        budget = protocol.budget(order, f"{density} {prior}", index, curves(folder))
        seed(*names, prior)
        found = fit_prior(protocol.method, protocol.arguments, codes, budget, folder)
        fitted = FittedPrior.load(folder / "prior.safetensors", where)
        figures, drawn = figures_of_fit(fitted, DENSITIES[density], codes, found.get("nll"), seed("samples", *names))
        save_tensors(folder / "drawn.safetensors", {"drawn": drawn[:SHOWN]})
        kept = {key: found[key] for key in ("nll", "parameters", "yardstick") if key in found}
        return figures | kept | {"steps": budget.steps if protocol.factor else 0, "device": where.type}

    folders = each_seed(
        f"exact/{prior}", params["seeds"] * len(densities), protocol.settings | sizes, lambda index: [], fit,
        fingerprints(ROOT, "exact", priors=[prior]),
    )  # fmt: skip
    grouped = {density: folders[i :: len(densities)] for i, density in enumerate(densities)}
    save_json(metrics, {density: _merged(prior, density, group) for density, group in grouped.items()})
    with whole(preview) as part:
        pd.concat([_points(density, group[0]) for density, group in grouped.items()]).to_csv(part, index=False)


def _merged(prior: str, density: str, folders: list[Path]) -> dict:
    found = merged(facts_of(folders))
    # Not the time: it has that of the figures in it.
    figures = {key: value for key, value in found.items() if "seconds" not in key}
    return figures | verdicts(prior, density, figures)


def _points(density: str, folder: Path) -> pd.DataFrame:
    drawn = load_tensors(folder / "drawn.safetensors")[0]["drawn"][:, :2].double().numpy()
    return pd.DataFrame(drawn.round(2), columns=["x", "y"]).assign(density=density)


if __name__ == "__main__":
    run(exact)
