"""The variational autoencoder with Gaussian pixels."""

__all__ = ["GaussianVAE", "gaussian_nll"]

import math

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from ..training import Player
from .base import Autoencoder
from .vae import kl_divergence

LEAST_SCALE = 1e-3  # a quarter of a grey level: pixels that are met exactly would have no bound on their density


class GaussianVAE(Autoencoder):
    r"""Minimizes the negative ELBO, E_q[−log N(x; decode(z), σ² I)] + β KL(q(z | x) || N(0, I)), in nats.

    The pixels' means are in [0, 1] by a sigmoid, and one σ holds for all pixels. Where it is learned, it follows the
    root mean square error of the reconstructions, so that no weight between the two terms is left to choose. This is
    a density of pixels and may be negative in nats: it is not comparable with the Bernoulli cross-entropy of the
    others. The native prior is N(0, I).

    References:
        | Auto-Encoding Variational Bayes (Kingma and Welling, 2013)
        | Simple and Effective VAE Training with Calibrated Decoders (Rybkin et al., 2021), where σ is learned

    Arguments:
        scale: σ, in units of the pixels' range; where it is learned, σ at the start.
        learned: Whether σ is learned.
        beta: β, the weight of the KL divergence; 1 is the VAE.

    Raises:
        ValueError: the scale is not positive.
    """

    pixels = "gaussian"

    def __init__(self, *args, scale: float = 0.1, learned: bool = False, beta: float = 1.0, **kwargs):
        super().__init__(*args, stochastic=True, **kwargs)
        if scale <= 0:
            raise ValueError(f"a scale of {scale} is no standard deviation of pixels; give a positive one")
        self.log_scale = nn.Parameter(torch.tensor(math.log(scale)), requires_grad=learned)
        self.beta = beta

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.validation(batch)

    def players(self) -> dict[str, Player]:
        learned = [p for p in self.parameters() if p.requires_grad]
        return {"reconstruction": Player(learned, self.learning_rate)}

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns the negative ELBO in nats."""
        x = batch[0]
        mean, scale = self.encode(x)
        z = mean + scale * self.noise(*mean.shape)
        return (self.beta * kl_divergence(mean, scale) - self.log_likelihood(x, z)).mean()

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """Returns log p(x | z) in nats, (N,), of images (N, C, H, W) and codes (N, D)."""
        return -gaussian_nll(x, self.decode(z), self.scale())

    def scale(self) -> Tensor:
        """Returns σ, the standard deviation of every pixel."""
        return self.log_scale.exp().clamp(min=LEAST_SCALE)


def gaussian_nll(x: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
    """Returns −log N(x; mean, scale² I) in nats, (N,), of images and means (N, C, H, W), summed over the pixels."""
    return -Normal(mean, scale).log_prob(x).flatten(1).sum(1)
