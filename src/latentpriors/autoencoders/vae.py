"""The variational autoencoder."""

__all__ = ["VAE"]

from torch import Tensor

from .base import Autoencoder, bernoulli_cross_entropy


class VAE(Autoencoder):
    r"""Minimizes the negative ELBO, E_q[−log p(x | z)] + beta KL(q(z | x) || N(0, I)).

    −log p(x | z) is the Bernoulli cross-entropy; q(z | x) is a Gaussian with diagonal covariance, one sample an
    image. The native prior is N(0, I).

    References:
        | Auto-Encoding Variational Bayes (Kingma and Welling, 2013)

    Arguments:
        beta: The weight of the KL divergence; 1 is the VAE.
    """

    def __init__(self, *args, beta: float = 1.0, **kwargs):
        super().__init__(*args, stochastic=True, **kwargs)
        self.beta = beta

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.validation(batch)

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns the negative ELBO in nats."""
        x = batch[0]
        mean, scale = self.encode(x)
        z = mean + scale * self.noise(*mean.shape)
        return (bernoulli_cross_entropy(x, self.decoder(z)) + self.beta * kl_divergence(mean, scale)).mean()


def kl_divergence(mean: Tensor, scale: Tensor) -> Tensor:
    """Returns KL(N(mean, scale²) || N(0, I)) in nats, (N,), from mean and scale (N, D)."""
    return 0.5 * (mean**2 + scale**2 - 1 - 2 * scale.log()).sum(1)
