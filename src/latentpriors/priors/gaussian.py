"""A Gaussian with full covariance."""

__all__ = ["Gaussian"]

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from ..training import Budget
from .base import Prior


class Gaussian(Prior):
    r"""N(m, S) with the mean and the covariance of the codes: maximum likelihood in closed form.

    References:
        | From Variational to Deterministic Autoencoders (Ghosh et al., 2020), where it is the ex-post baseline

    Arguments:
        jitter: Added to the covariance's diagonal, in units of the standardized codes' variance.
    """

    has_density = has_noise_space = invertible = True

    def __init__(self, dim: int, *, jitter: float = 1e-6):
        super().__init__(dim)
        self.jitter = jitter
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("cholesky", torch.eye(dim))

    def fit(self, codes: Tensor, validation: Tensor, budget: Budget) -> dict[str, float]:
        z = codes.double()
        covariance = torch.cov(z.T, correction=0).reshape(self.dim, self.dim)
        covariance += self.jitter * torch.eye(self.dim, dtype=z.dtype, device=z.device)
        self.mean.copy_(z.mean(0))
        self.cholesky.copy_(torch.linalg.cholesky(covariance))
        return {}

    def from_noise(self, noise: Tensor) -> Tensor:
        return self.mean + noise @ self.cholesky.T

    def to_noise(self, z: Tensor) -> Tensor:
        return torch.linalg.solve_triangular(self.cholesky, (z - self.mean).T, upper=False).T

    def log_prob(self, z: Tensor) -> Tensor:
        return MultivariateNormal(self.mean, scale_tril=self.cholesky).log_prob(z)
