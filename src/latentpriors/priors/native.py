"""The prior that an autoencoder was trained with."""

__all__ = ["Native"]

import math

from torch import Tensor

from ..training import Budget
from .base import Prior


class Native(Prior):
    r"""N(0, I) in the raw code space: what VAE and AAE train towards, and the naive choice for a plain AE.

    References:
        | Auto-Encoding Variational Bayes (Kingma and Welling, 2013)
    """

    raw = True
    has_density = has_noise_space = invertible = True

    def fit(self, codes: Tensor, validation: Tensor, budget: Budget) -> dict[str, float]:
        return {}

    def from_noise(self, noise: Tensor) -> Tensor:
        return noise

    def to_noise(self, z: Tensor) -> Tensor:
        return z

    def log_prob(self, z: Tensor) -> Tensor:
        return -0.5 * (z**2 + math.log(2 * math.pi)).sum(1)
