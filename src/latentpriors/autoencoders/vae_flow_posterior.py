"""The variational autoencoder with a flow in its posterior."""

__all__ = ["VAEFlowPosterior"]

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from ..metrics.bounds import elbo_terms, gaussian_samples
from ..networks.couplings import couplings
from ..training import Player
from .base import Autoencoder, bernoulli_cross_entropy


class VAEFlowPosterior(Autoencoder):
    r"""Minimizes E_q[−β log p(x | z) − log p(z) + log q(z | x)] with p(z) = N(0, I) and a flow in q(z | x).

    A code is z = f(u; h(x)) with u ~ N(mean(x), scale(x)²) and affine couplings f that also see h(x), the mean and the
    logarithm of the scale, so that log q(z | x) = log N(u; mean, scale²) − log |det ∂f/∂u|. One sample an image; no
    term has a closed form. f starts as the identity: before the first step it is the VAE. The native prior is N(0, I).

    References:
        | Variational Inference with Normalizing Flows (Rezende and Mohamed, 2015)
        | Improving Variational Inference with Inverse Autoregressive Flow (Kingma et al., 2016), the context

    Arguments:
        beta: β, the weight of the reconstruction; 1 is the negative ELBO.
        transforms: The number of couplings.
        flow_hidden: The widths of the hidden layers of each coupling's network.

    Raises:
        ValueError: codes have one dimension.
    """

    def __init__(
        self, *args, beta: float = 1.0, transforms: int = 4, flow_hidden: tuple[int, ...] = (128, 128), **kwargs
    ):
        super().__init__(*args, stochastic=True, **kwargs)
        if self.latent < 2:
            raise ValueError("a coupling flow splits its dimensions in two, so codes need at least two; take vae")
        self.beta, D = beta, self.latent
        self.flow = couplings(D, transforms, 2 * D, hidden_features=list(flow_hidden)).transform
        for coupling in self.flow.transforms:
            nn.init.zeros_(coupling.hyper[-1].weight)
            nn.init.zeros_(coupling.hyper[-1].bias)

    def encode(self, x: Tensor) -> tuple[Tensor, None]:
        """Returns f(mean(x); h(x)), (N, D), the code without noise; q(z | x) has no scale: see `posterior`."""
        mean, scale = super().encode(x)
        return self.flow(_context(mean, scale))(mean), None

    def codes(self, x: Tensor) -> Tensor:
        return self.posterior(x, 1)[0][0]

    def posterior(self, x: Tensor, samples: int) -> tuple[Tensor, Tensor]:
        """Returns codes (S, N, D) and their log q(z | x) in nats, (S, N)."""
        mean, scale = super().encode(x)
        u, log_q = gaussian_samples(mean, scale, self.noise(samples, *mean.shape))
        z, log_det = self.flow(_context(mean, scale)).call_and_ladj(u)
        return z.float(), log_q - log_det

    def log_prior(self, z: Tensor) -> Tensor:
        """Returns log p(z) in nats, (N,), of codes (N, D)."""
        return Normal(0.0, 1.0).log_prob(z).sum(1)

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.validation(batch)

    def players(self) -> dict[str, Player]:
        return {"reconstruction": Player(self.parameters(), self.learning_rate)}

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns β · reconstruction + KL in nats."""
        terms = self.terms(batch)
        return (self.beta * terms["reconstruction"] + terms["kl"]).mean()

    def terms(self, batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """Returns `reconstruction`, `kl`, `nll` and `entropy` (see `elbo_terms`) with one sample an image."""
        (z,), (log_q,) = self.posterior(batch[0], 1)
        return elbo_terms(bernoulli_cross_entropy(batch[0], self.decoder(z)), -log_q, -self.log_prior(z))


def _context(mean: Tensor, scale: Tensor) -> Tensor:
    """What the couplings see of an image, (N, 2D)."""
    return torch.cat([mean, scale.log()], 1)
