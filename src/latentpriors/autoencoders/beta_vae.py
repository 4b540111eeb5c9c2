"""The beta-VAE, with a capacity of its codes that grows over the run."""

__all__ = ["BetaVAE"]

from torch import Tensor

from .base import Autoencoder, bernoulli_cross_entropy
from .vae import kl_divergence


class BetaVAE(Autoencoder):
    r"""Minimizes E_q[−log p(x | z)] + β |KL(q(z | x) || N(0, I)) − C|, the KL as the mean over the batch.

    −log p(x | z) is the Bernoulli cross-entropy. C rises linearly from 0 to `capacity` nats over the run. Without
    capacity this is the β-VAE, as a KL is never negative, and with β = 1 the VAE. The best weights are chosen with the
    last C throughout, so that the figure means the same at every step. The native prior is N(0, I).

    References:
        | beta-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework (Higgins et al., 2017)
        | Understanding disentangling in β-VAE (Burgess et al., 2018), whose γ is β here

    Arguments:
        beta: β, the weight of the KL divergence, or of its distance from C.
        capacity: The last C in nats; 0 is the β-VAE.
    """

    progress = 0.0  # the share of the run that is over

    def __init__(self, *args, beta: float = 1.0, capacity: float = 0.0, **kwargs):
        super().__init__(*args, stochastic=True, **kwargs)
        self.beta, self.capacity = beta, capacity

    def schedule(self, progress: float) -> float:
        self.progress = progress  # the loop tells it here, before each turn
        return super().schedule(progress)

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self._loss(batch[0], self.progress * self.capacity)

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns the loss in nats with all of the capacity."""
        return self._loss(batch[0], self.capacity)

    def _loss(self, x: Tensor, capacity: float) -> Tensor:
        mean, scale = self.encode(x)
        reconstruction = bernoulli_cross_entropy(x, self.decoder(mean + scale * self.noise(*mean.shape)))
        return reconstruction.mean() + self.beta * (kl_divergence(mean, scale).mean() - capacity).abs()
