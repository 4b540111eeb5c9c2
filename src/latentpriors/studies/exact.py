"""How near a fitted prior came to a density that is known, and what is asked of it."""

__all__ = ["codes_of", "figures_of_fit", "integral", "verdicts"]

import numpy as np
import torch
from torch import Tensor

from ..metrics import sliced_wasserstein, two_sample_test
from ..priors.base import FittedPrior, Prior, Standardization
from ..training import evaluate
from .densities import CONTAINS, INTEGRAL, NATS, WASSERSTEIN, Density

REACH, CELLS = 6.0, 320  # the integral's square in standard deviations, and its midpoints along a side


def codes_of(truth: Density, train: int, validation: int, test: int, seed: int) -> dict[str, Tensor]:
    """Returns codes of each split, and the `mean` and `scale` that standardize them, as an autoencoder's are stored."""
    sizes = {"train": train, "validation": validation, "test": test}
    drawn = torch.from_numpy(truth.sample(sum(sizes.values()), seed)).float()
    codes = dict(zip(sizes, drawn.split(list(sizes.values())), strict=True))
    scaling = Standardization.of(codes["train"])
    return codes | {"mean": scaling.mean, "scale": scaling.scale}


def figures_of_fit(
    prior: FittedPrior, truth: Density, codes: dict[str, Tensor], nll: float | None, seed: int
) -> tuple[dict[str, float], Tensor]:
    """Returns how far a fitted prior is from the truth, and its samples (N, D) in raw units, as many as held-out codes.

    `kl` is the NLL less the entropy, both on the held-out codes. Sliced Wasserstein distances are to the held-out codes
    in standard deviations: of the samples, of other codes of the truth (the floor), of a Gaussian with the training
    codes' moments, and of N(0, I).

    Arguments:
        prior: Fitted to the codes.
        truth: What they were drawn from.
        codes: As `codes_of` returns them.
        nll: Of the held-out codes, where the prior has a density.
        seed: Of the samples.
    """
    scaling = Standardization(codes["mean"], codes["scale"])
    generator = torch.Generator(codes["mean"].device).manual_seed(seed)
    drawn = prior.sample(len(codes["test"]), generator)
    mine, test = _array(scaling(drawn)), _array(scaling(codes["test"]))
    figures = {"sliced_wasserstein": sliced_wasserstein(mine, test), "two_sample_accuracy": two_sample_test(mine, test)}
    figures |= _beside(truth, scaling, _array(scaling(codes["train"])), test, seed)
    if nll is not None:
        entropy = -float(truth.log_prob(_array(codes["test"])).mean())
        figures |= {"entropy": entropy, "kl": nll - entropy}
        if truth.dim == 2:
            figures["integral"] = integral(prior.prior)
    return figures, drawn


def verdicts(name: str, density: str, figures: dict) -> dict[str, bool]:
    """Returns whether a prior's mean figures on a density are what is asked for.

    That is `sliced_wasserstein_passes`; `kl_passes` where the family contains the density; `integral_passes`.
    """
    found = {"sliced_wasserstein_passes": figures["sliced_wasserstein"] <= WASSERSTEIN}
    if "kl" in figures and name in CONTAINS[density]:
        found["kl_passes"] = figures["kl"] <= NATS
    if "integral" in figures:
        found["integral_passes"] = abs(figures["integral"] - 1) <= INTEGRAL
    return found


def integral(prior: Prior) -> float:
    """Returns the integral of exp(log_prob) over a square about 0 in the prior's own units, by the midpoint rule."""
    side = 2 * REACH / CELLS
    line = (torch.arange(CELLS, device=prior.origin.device) + 0.5) * side - REACH
    return float(evaluate(prior.log_prob, (torch.cartesian_prod(line, line),)).double().exp().sum() * side**2)


def _beside(truth: Density, scaling: Standardization, train: np.ndarray, test: np.ndarray, seed: int) -> dict:
    """Returns the distances of the truth, of a Gaussian with its moments and of N(0, I) to the held-out codes."""
    random = np.random.default_rng(seed)
    again = _array(scaling(torch.from_numpy(truth.draw(len(test), random)).to(scaling.mean)))
    moments = random.multivariate_normal(train.mean(0), np.cov(train.T), len(test))
    others = {"floor": again, "gaussian": moments, "normal": random.normal(size=test.shape)}
    return {f"sliced_wasserstein_{name}": sliced_wasserstein(z, test) for name, z in others.items()}


def _array(z: Tensor) -> np.ndarray:
    return z.double().cpu().numpy()
