"""A Gaussian with independent dimensions."""

__all__ = ["GaussianDiag"]

import torch
from torch import Tensor
from torch.distributions import Normal

from ..training import Budget
from .base import Prior


class GaussianDiag(Prior):
    r"""N(m, diag(v)) with the means and the variances of the codes: maximum likelihood in closed form.

    On standardized codes it is N(0, I), so it shows what knowing scales alone is worth.

    References:
        | From Variational to Deterministic Autoencoders (Ghosh et al., 2020), whose ex-post Gaussian has the full
          covariance

    Arguments:
        jitter: Added to the variances, in units of the standardized codes' variance: what a constant dimension gets.
    """

    has_density = has_noise_space = invertible = True

    def __init__(self, dim: int, *, jitter: float = 1e-6):
        super().__init__(dim)
        self.jitter = jitter
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("scale", torch.ones(dim))

    def fit(self, codes: Tensor, validation: Tensor, budget: Budget) -> dict[str, float]:
        """Takes over the moments of training codes (N, D).

        Raises:
            ValueError: there are fewer than two codes.
        """
        if len(codes) < 2:
            raise ValueError(f"{len(codes)} codes have no variance: give at least two")
        z = codes.double()
        self.mean.copy_(z.mean(0))
        self.scale.copy_((z.var(0, correction=0) + self.jitter).sqrt())
        return {}

    def from_noise(self, noise: Tensor) -> Tensor:
        return self.mean + noise * self.scale

    def to_noise(self, z: Tensor) -> Tensor:
        return (z - self.mean) / self.scale

    def log_prob(self, z: Tensor) -> Tensor:
        return Normal(self.mean, self.scale).log_prob(z).sum(1)
