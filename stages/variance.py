"""Stage `variance`: a crossed design of fits, draws, classifiers and test halves: where FCD's variance comes from."""

from pathlib import Path

import numpy as np
import torch

from context import arguments, device, generator, params, run, seed
from latentpriors.design import DRAWS, FITS, budget, figures_of_draws, halves
from latentpriors.fits import fit_prior, load_autoencoder, load_prior
from latentpriors.priors.base import Standardization
from latentpriors.registry import find
from latentpriors.scoring import load_classifiers
from latentpriors.store import load_tensors, save_json
from latentpriors.training import Budget
from seeds import each_seed, side_by_side


def main() -> None:
    options = arguments(
        __doc__, dataset="a key of datasets in params.yaml", prior="a key of priors in params.yaml",
        codes="the folder of an autoencoder's codes", decoder="the folder of its weights",
        reference="the reference's file", classifier="the classifiers' folder", metrics="the JSON file for the figures",
    )  # fmt: skip
    dataset, name, codes, seeds = options.dataset, options.prior, Path(options.codes), params("seeds")
    shared, own = params(f"datasets.{dataset}.prior"), dict(params(f"priors.{name}"))
    factor, where, n = own.pop("factor", None), device(shared["precision"]), params(f"datasets.{dataset}.samples")
    find("priors", name)  # loaded now: finished fits are found by the method's source too
    names = ("variance", dataset, codes.parent.name, name)

    def stored(index: int) -> dict:
        return load_tensors(codes / f"seed{index // FITS}.safetensors", where)[0]

    def fit(index: int, folder: Path) -> dict:
        seed(*names, index)
        budget = Budget(
            round((factor or 1) * shared["steps"]), shared["batch_size"], generator(where, *names, index, "batches"),
            shared["precision"], label=f"{codes.parent.name} {name} {index}", row=index,
        )  # fmt: skip
        return fit_prior(name, own, stored(index), budget, folder)

    settings = {"shared": shared, "own": own, "factor": factor, "device": str(where)}
    inputs = [[codes / f"seed{index // FITS}.safetensors"] for index in range(FITS * seeds)]
    label = f"variance/{codes.parent.name}-{name}"
    fits = each_seed(label, FITS * seeds, settings, inputs.__getitem__, fit)
    classifiers, reference = load_classifiers(options.classifier, where), load_tensors(Path(options.reference))[0]
    targets = halves({key: tensor.numpy() for key, tensor in reference.items()}, len(classifiers))

    @torch.no_grad()
    def score(index: int) -> np.ndarray:
        prior = load_prior(fits[index] / "prior.safetensors", where)
        model = load_autoencoder(Path(options.decoder) / f"seed{index // FITS}.safetensors", where)
        scaling = Standardization(stored(index)["mean"], stored(index)["scale"])
        noise = generator(where, *names, index, "samples")
        return figures_of_draws(prior, model, scaling, n, classifiers, targets, noise)

    values = np.array(side_by_side(score, range(FITS * seeds), str(where)))
    save_json(Path(options.metrics), budget(values.reshape(seeds, FITS, DRAWS, len(classifiers), len(targets))))


if __name__ == "__main__":
    run(main)
