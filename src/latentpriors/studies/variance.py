"""A crossed design of runs and scorers: where the variance of FCD comes from."""

__all__ = ["DRAWS", "FITS", "decomposition", "figures_of_draws", "halves"]

import numpy as np
import torch

from ..autoencoders.base import Autoencoder
from ..evaluation.fcd import activations, distances
from ..evaluation.interpolation import images
from ..metrics import moments, one_run_interval, variance_components, variance_shares
from ..networks import Classifier
from ..priors.base import FittedPrior

FITS = 2  # priors that are fitted on each autoencoder
DRAWS = 2  # sets of samples from each prior


def halves(reference: dict[str, np.ndarray], classifiers: int) -> list[dict[str, np.ndarray]]:
    """Returns two references whose test moments are of one half of the test images each.

    Arguments:
        reference: The arrays "test.K.logits.features" and "test.K.penultimate.features", (N, D).
        classifiers: How many K there are.
    """
    found = []
    for half in range(2):
        target = {}
        for k in range(classifiers):
            for layer in ("logits", "penultimate"):
                name = f"test.{k}.{layer}"
                target[f"{name}.mean"], target[f"{name}.cov"] = moments(reference[f"{name}.features"][half::2])
        found.append(target)
    return found


def figures_of_draws(
    prior: FittedPrior, model: Autoencoder, n: int, classifiers: list[Classifier],
    targets: list[dict[str, np.ndarray]], generator: torch.Generator,
) -> np.ndarray:  # fmt: skip
    """Returns the FCD of some draws of n samples from one prior, with shape (`DRAWS`, classifiers, targets)."""
    found = []
    for _ in range(DRAWS):
        features = activations(classifiers, images(model, prior.sample(n, generator)))
        found.append(np.stack([distances(features, target, "test")["logits"] for target in targets], axis=1))
    return np.array(found)


def decomposition(values: np.ndarray) -> dict[str, float | dict]:
    """Returns the mean FCD, the variance that each source adds to one figure, and what one run cannot show.

    `relative` are the components of log FCD, squared relative deviations, which carry over to tables on another scale;
    `share` is each one's part of their sum. The test split's is that of a half of it.

    Arguments:
        values: FCD by autoencoder seed, prior fit, draw, classifier and half of the test split: (A, P, S, K, T).
    """
    components, relative = variance_components(values), variance_components(np.log(values))
    return {
        "fcd": float(values.mean()),
        "shape": list(values.shape),
        "components": components,
        "relative": relative,
        "share": variance_shares(relative),
        "one_run": one_run_interval(components, float(values.mean())),
        "values": values.tolist(),
    }
