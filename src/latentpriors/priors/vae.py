"""A variational autoencoder on codes: with a VAE's codes, the two-stage VAE."""

__all__ = ["SecondStageVAE"]

import math

import torch
from torch import Tensor, nn

from ..networks import MLP
from ..training import Player
from .base import Prior

LEAST_SCALE = 1e-3  # of γ: a constant dimension alone would let the likelihood of the codes grow without end
# γ at the start. From 1, the codes' own scale, there is nothing yet that the decoder could say better than the noise:
# on plain densities the posterior collapses at once, and what is left is a Gaussian.
FIRST_SCALE = 0.3


class SecondStageVAE(Prior):
    r"""p(z) = ∫ N(z; g(u), γ² I) N(u; 0, I) du with a Gaussian posterior q(u | z), u as wide as the codes.

    Maximizes the ELBO E_q[log N(z; g(u), γ² I)] − KL(q(u | z) || N(0, I)) over g, q and the one number γ. The
    argument for a second stage is that the first one's codes fill all of their space, so that u needs D dimensions.
    A sample is g(u) with the observation's noise of scale γ, as in the paper: without it, it would not be a sample of
    the model whose bound is maximized. The bound is no density, so `log_prob` is not there; the negative ELBO is what
    the best weights are chosen by.

    References:
        | Diagnosing and Enhancing VAE Models (Dai and Wipf, 2019)

    Arguments:
        hidden: The widths of the hidden layers of encoder and decoder.
        learning_rate: Of Adam.
    """

    def __init__(
        self,
        dim: int,
        *,
        hidden: tuple[int, ...] = (256, 256),
        learning_rate: float = 4e-3,
    ):
        super().__init__(dim)
        self.encoder = MLP(dim, 2 * dim, list(hidden), nn.SiLU)
        self.decoder = MLP(dim, dim, list(hidden), nn.SiLU)
        self.log_gamma = nn.Parameter(torch.tensor(math.log(FIRST_SCALE)))
        self.learning_rate = learning_rate

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.validation(batch)

    def players(self) -> dict[str, Player]:
        return {"model": Player(self.parameters(), self.learning_rate)}

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns the negative ELBO in nats."""
        return -self.elbo(batch[0], self.noise(*batch[0].shape)).mean()

    def elbo(self, z: Tensor, noise: Tensor) -> Tensor:
        """Returns the bound on the log-density in nats, (N,), of codes (N, D), from one u each made of noise (N, D)."""
        mean, log_scale = self.encoder(z).float().chunk(2, dim=1)
        log_scale = log_scale.clamp(-10, 5)
        u = mean + log_scale.exp() * noise
        kl = (0.5 * (mean**2 + (2 * log_scale).exp() - 1) - log_scale).sum(1)
        gamma = self.gamma()
        error = (z - self.decoder(u).float()) / gamma
        return -(0.5 * (error**2 + math.log(2 * math.pi)) + gamma.log()).sum(1) - kl

    def gamma(self) -> Tensor:
        """Returns the standard deviation of the observations."""
        return self.log_gamma.exp().clamp(min=LEAST_SCALE)

    def draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        mean = self.decoder(self.normal(n, generator))
        return mean + self.gamma() * self.normal(n, generator)
