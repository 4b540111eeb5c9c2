"""Stage `detection`: how few planted copies of training data the measures of memorization see."""

from context import run
from pathlib import Path

import numpy as np
import torch

from latentpriors.evaluation.fcd import activations, load_classifiers, load_reference
from latentpriors.evaluation.image_metrics import FIRST
from latentpriors.evaluation.interpolation import images
from latentpriors.fits import load_autoencoder, load_codes
from latentpriors.priors.base import FittedPrior
from latentpriors.runs import device, generator, value
from latentpriors.store import save_json
from latentpriors.studies.detection import detection as limits_of

RUNS, JITTER = 200, 0.1  # the jitter in standard deviations of the codes


@torch.no_grad()
def detection(
    params: dict, dataset: str, cell: str, priors: Path, weights: Path, codes: Path, reference: Path, classifier: Path,
    metrics: Path,
) -> None:  # fmt: skip
    """How few planted copies of training data the measures of memorization see.

    Honest samples are those of a cell's prior, seed 0; copies are training codes as they are and moved by a tenth of a
    standard deviation, and in features training images as they are and reconstructed.

    Arguments:
        dataset: A key of datasets in params.yaml.
        cell: The cell's name, AUTOENCODER-PRIOR.
        priors: The folder of the cell's priors.
        weights: The folder of the autoencoder's weights.
        codes: The folder of its codes.
        reference: The reference's file.
        classifier: The classifiers' folder.
        metrics: The JSON file for the figures.
    """
    where, n = device(params), value(params, f"datasets.{dataset}.samples")
    scorers = load_classifiers(classifier, where)
    real = load_reference(reference, scorers)
    fitted = FittedPrior.load(priors / "seed0.safetensors", where)
    model = load_autoencoder(weights / "seed0.safetensors", where)
    stored, noise = load_codes(codes / "seed0.safetensors", where), generator(where, "detection", dataset)

    def features(z: torch.Tensor) -> np.ndarray:
        return activations([scorers[FIRST]], images(model, z))[0]["penultimate"]

    def standardized(z: torch.Tensor) -> np.ndarray:
        return fitted.scaling(z).double().cpu().numpy()

    drawn, train = fitted.sample(RUNS * n, noise), standardized(stored["train"])
    moved = train + JITTER * np.random.default_rng(0).normal(size=train.shape)
    found = {
        "codes": limits_of(
            standardized(drawn), {"training codes": train, "training codes, moved": moved}, train,
            standardized(stored["test"]), n, "codes",
        ),
        "features": limits_of(
            features(drawn),
            {"training images": real["train.features"], "training images, reconstructed": features(stored["train"])},
            real["train.features"], real[f"test.{FIRST}.penultimate.features"], n, "features",
        ),
    }  # fmt: skip
    save_json(metrics, {"cell": cell, "runs": RUNS, "samples": n, "jitter": JITTER, **found})


if __name__ == "__main__":
    run(detection)
