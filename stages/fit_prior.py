"""Stage `fit_prior`: a prior for each seed, fitted to the codes of that seed's frozen autoencoder.

Without --dataset it fits priors to anyone's codes and samples from them.
"""

import sys
from importlib import import_module
from pathlib import Path

from context import arguments, device, generator, params, run, seed
from latentpriors.fits import fit_prior
from latentpriors.registry import find
from latentpriors.store import load_tensors, whole
from latentpriors.training import Budget
from seeds import curves, each_seed, gather, gather_curves, gather_facts


def main() -> None:
    if not any(option.startswith("--dataset") for option in sys.argv):
        # By name: what this way alone runs, metrics say, is nothing on which the pipeline's stage depends.
        return import_module("own_codes").main(__doc__)
    options = arguments(
        __doc__, dataset="a key of datasets in params.yaml", prior="a key of priors in params.yaml",
        codes="the folder of an autoencoder's codes", weights="the folder for the priors",
        fit="the folder for curves, facts and the picture of the codes",
    )  # fmt: skip
    dataset, name, codes = options.dataset, options.prior, Path(options.codes)
    shared, own = params(f"datasets.{dataset}.prior"), dict(params(f"priors.{name}"))
    factor, where = own.pop("factor", None), device(shared["precision"])  # closed forms have no factor and no steps

    def fit(index: int, folder: Path) -> dict:
        steps, names = round((factor or 1) * shared["steps"]), ("prior", dataset, name, index)
        budget = Budget(
            steps, shared["batch_size"], generator(where, *names, "batches"), shared["precision"],
            log=curves(folder), label=f"{codes.parent.name} {name} {index}", row=index,
        )  # fmt: skip
        seed(*names)
        figures = fit_prior(name, own, load_tensors(codes / f"seed{index}.safetensors", where)[0], budget, folder)
        spent = {"steps": steps, "factor": factor} if factor else {}
        return figures | spent | {"device": where.type}

    find("priors", name)  # loaded now: finished seeds are found by the method's source too
    settings = {"shared": shared, "own": own, "factor": factor, "device": str(where)}
    label = f"prior/{codes.parent.name}-{name}"
    folders = each_seed(label, params("seeds"), settings, lambda index: [codes / f"seed{index}.safetensors"], fit)
    gather(folders, "prior.safetensors", Path(options.weights))
    with whole(Path(options.fit)) as part:
        part.mkdir(parents=True)
        gather_curves(folders).to_csv(part / "curves.csv", index=False)
        gather_facts(folders, part / "facts.json")
        for file in ("plane.csv", "shots.safetensors"):
            (part / file).write_bytes((folders[0] / file).read_bytes())


if __name__ == "__main__":
    run(main)
