"""Stage `variance`: a crossed design of fits, draws, classifiers and test halves: where FCD's variance comes from."""

from context import ROOT, run
from pathlib import Path

import numpy as np
import torch

from latentpriors.evaluation.fcd import load_classifiers, load_reference
from latentpriors.fits import fit_prior, load_autoencoder, load_codes
from latentpriors.over_seeds import each_seed
from latentpriors.priors.base import FittedPrior
from latentpriors.processes import side_by_side
from latentpriors.project.code import fingerprints
from latentpriors.runs import device, generator, seed, value
from latentpriors.store import save_json
from latentpriors.studies.variance import DRAWS, FITS, decomposition, figures_of_draws, halves
from latentpriors.training import Protocol


def variance(
    params: dict, dataset: str, autoencoder: str, prior: str, codes: Path, weights: Path, reference: Path,
    classifier: Path, metrics: Path,
) -> None:  # fmt: skip
    """A crossed design of fits, draws, classifiers and test halves: where FCD's variance comes from.

    Arguments:
        dataset: A key of datasets in params.yaml.
        autoencoder: A key of autoencoders in params.yaml.
        prior: A key of priors in params.yaml.
        codes: The folder of the autoencoder's codes.
        weights: The folder of its weights.
        reference: The reference's file.
        classifier: The classifiers' folder.
        metrics: The JSON file for the figures.
    """
    shared, block = value(params, f"datasets.{dataset}.prior"), value(params, f"priors.{prior}")
    where, n, seeds = device(params, shared["precision"]), value(params, f"datasets.{dataset}.samples"), params["seeds"]
    protocol, model = Protocol.of(prior, block, shared, where), f"{dataset}-{autoencoder}"
    names = ("variance", dataset, model, prior)

    def stored(index: int) -> dict:
        return load_codes(codes / f"seed{index // FITS}.safetensors", where)

    def fit(index: int, folder: Path) -> dict:
        seed(*names, index)
        order = generator(where, *names, index, "batches")
        budget = protocol.budget(order, f"{model} {prior} {index}", index)
        return fit_prior(protocol.method, protocol.arguments, stored(index), budget, folder)

    fits = each_seed(
        f"variance/{model}-{prior}", FITS * seeds, protocol.settings,
        lambda index: [codes / f"seed{index // FITS}.safetensors"], fit,
        fingerprints(ROOT, "variance", priors=[prior]),
    )  # fmt: skip
    classifiers = load_classifiers(classifier, where)
    targets = halves(load_reference(reference, classifiers), len(classifiers))

    @torch.no_grad()
    def score(index: int) -> np.ndarray:
        fitted = FittedPrior.load(fits[index] / "prior.safetensors", where)
        decoder = load_autoencoder(weights / f"seed{index // FITS}.safetensors", where)
        noise = generator(where, *names, index, "samples")
        return figures_of_draws(fitted, decoder, n, classifiers, targets, noise)

    values = np.array(side_by_side(score, range(FITS * seeds), str(where)))
    save_json(metrics, decomposition(values.reshape(seeds, FITS, DRAWS, len(classifiers), len(targets))))


if __name__ == "__main__":
    run(variance)
