"""Stage `exact`: a prior fitted to codes of known densities, its distance from the truth; or the metrics' own grades.

With --metrics alone the metrics are graded: on samples whose true difference is known.
"""

import sys
from pathlib import Path

import pandas as pd

from context import ROOT, arguments, device, generator, params, run, seed
from latentpriors.densities import DENSITIES
from latentpriors.exact_figures import codes_of, figures_of_fit, merged_fits
from latentpriors.exact_grades import grade
from latentpriors.fits import fit_prior, load_prior
from latentpriors.registry import find
from latentpriors.store import load_json, load_tensors, save_json, save_tensors, whole
from latentpriors.training import Budget
from seeds import curves, each_seed, side_by_side

# What a finished fit's figures rest on, beside what `each_seed` looks at.
CODE = [ROOT / f"src/latentpriors/{name}.py" for name in ("densities", "exact_bounds", "exact_figures")]
SHOWN = 600  # samples of each density in the preview


def main() -> None:
    if not any(option.startswith("--prior") for option in sys.argv):
        return grades()
    options = arguments(
        __doc__, prior="a key of priors in params.yaml", metrics="the JSON file for the figures",
        preview="the CSV file for some samples of each density",
    )  # fmt: skip
    name, shared, count = options.prior, params("exact"), params("seeds")
    own, where, densities = dict(params(f"priors.{name}")), device(shared["precision"]), list(DENSITIES)
    factor, sizes = own.pop("factor", None), {split: shared[split] for split in ("train", "validation", "test")}

    def fit(index: int, folder: Path) -> dict:
        # Seeds are the outer loop: five cost what is missing to three.
        density, names = densities[index % len(densities)], ("exact", densities[index % len(densities)], index)
        codes = codes_of(DENSITIES[density], **sizes, seed=seed("codes", *names))
        codes = {key: tensor.to(where) for key, tensor in codes.items()}
        budget = Budget(
            round((factor or 1) * shared["steps"]), shared["batch_size"], generator(where, *names, name, "batches"),
            shared["precision"], log=curves(folder), label=f"{density} {name}", row=index,
        )  # fmt: skip
        seed(*names, name)
        found = fit_prior(name, own, codes, budget, folder)
        prior = load_prior(folder / "prior.safetensors", where)
        figures, drawn = figures_of_fit(prior, DENSITIES[density], codes, found.get("nll"), seed("samples", *names))
        save_tensors(folder / "drawn.safetensors", {"drawn": drawn[:SHOWN]})
        kept = {key: found[key] for key in ("nll", "parameters", "yardstick") if key in found}
        return figures | kept | {"steps": budget.steps if factor else 0, "device": where.type}

    find("priors", name)  # loaded now: finished fits are found by the method's source too
    settings = {"shared": shared, "own": own, "factor": factor, "device": str(where)}
    folders = each_seed(f"exact/{name}", count * len(densities), settings, lambda index: CODE, fit)
    grouped = {density: folders[i :: len(densities)] for i, density in enumerate(densities)}
    save_json(Path(options.metrics), {density: _merged(name, density, group) for density, group in grouped.items()})
    with whole(Path(options.preview)) as part:
        pd.concat([_points(density, group[0]) for density, group in grouped.items()]).to_csv(part, index=False)


def grades() -> None:
    options = arguments(__doc__, metrics="the JSON file for the grades")
    n, names = params("exact.test"), list(DENSITIES)
    found = side_by_side(lambda i: grade(names[i], n, seed("exact", "grades", names[i])), range(len(names)), "cpu")
    save_json(Path(options.metrics), {"n_samples": n, "rows": [row for rows in found for row in rows]})


def _merged(name: str, density: str, folders: list[Path]) -> dict:
    return merged_fits(name, density, [load_json(folder / "facts.json") for folder in folders])


def _points(density: str, folder: Path) -> pd.DataFrame:
    drawn = load_tensors(folder / "drawn.safetensors")[0]["drawn"][:, :2].double().numpy()
    return pd.DataFrame(drawn.round(2), columns=["x", "y"]).assign(density=density)


if __name__ == "__main__":
    run(main)
