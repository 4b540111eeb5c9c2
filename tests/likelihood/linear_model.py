"""A model whose likelihood is known, and tiny ones of all methods."""

__all__ = ["NOISE", "SHAPE", "TINY", "D", "Linear", "images", "made", "seeded"]

import torch
from small import SMALL
from torch.distributions import Independent, MultivariateNormal, Normal

from latentpriors.autoencoders.base import Autoencoder
from latentpriors.registry import find

SHAPE, D, NOISE = (1, 4, 4), 2, 0.5
TINY = {"shape": SHAPE, "latent": D, "network": "mlp", "hidden": 8}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(n: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(n, *SHAPE, generator=seeded(seed))


def made(name: str) -> Autoencoder:
    torch.manual_seed(0)
    return find("autoencoders", name)(**TINY, **SMALL.get(name, {})).eval()


class Linear(Autoencoder):
    """z ~ N(0, I), x | z ~ N(W z, NOISE² I), so that x ~ N(0, W Wᵀ + NOISE² I); q(z | x) is exact or wider."""

    pixels = "gaussian"

    def __init__(self, widening: float = 1.0):
        super().__init__(**TINY, stochastic=True)
        self.W = torch.randn(16, D)
        precision = torch.eye(D) + self.W.T @ self.W / NOISE**2
        self.gain = precision.inverse() @ self.W.T / NOISE**2
        self.q_scale = torch.linalg.cholesky(widening * precision.inverse())

    def data(self, n: int) -> torch.Tensor:
        return (torch.randn(n, D) @ self.W.T + NOISE * torch.randn(n, 16)).reshape(n, *SHAPE)

    def exact(self, x: torch.Tensor) -> torch.Tensor:
        covariance = (self.W @ self.W.T + NOISE**2 * torch.eye(16)).double()
        return MultivariateNormal(torch.zeros(16).double(), covariance).log_prob(x.flatten(1).double())

    def log_likelihood(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        return Independent(Normal(z @ self.W.T, NOISE), 1).log_prob(x.flatten(1))

    def posterior(self, x: torch.Tensor, samples: int) -> tuple[torch.Tensor, torch.Tensor]:
        q = MultivariateNormal(x.flatten(1) @ self.gain.T, scale_tril=self.q_scale)
        z = q.mean + self.noise(samples, len(x), D) @ self.q_scale.T
        return z, q.log_prob(z)
