"""The variational autoencoder with a mixture of posteriors as its prior."""

__all__ = ["VampVAE"]

import math

import torch
from torch import Tensor, nn

from ..priors.gmm import GMM
from ..training import Player
from .base import Autoencoder, NativePrior, bernoulli_cross_entropy


class VampVAE(Autoencoder):
    r"""A VAE whose prior is p(z) = (1/K) Σ_k q(z | x_k), the mixture of the posteriors at K learned pseudo-inputs x_k.

    Minimizes E_q[−log p(x | z) + β (log q(z | x) − log p(z))] with one sample an image: the divergence from a mixture
    has no closed form. The pseudo-inputs are images, kept in [0, 1] by a sigmoid. The native prior is p(z), a mixture
    of Gaussians with diagonal covariances in raw code space.

    References:
        | VAE with a VampPrior (Tomczak and Welling, 2018), with one layer of codes

    Arguments:
        pseudo_inputs: K.
        beta: β, the weight of the KL divergence; 1 is the VAE.
    """

    def __init__(self, *args, pseudo_inputs: int = 128, beta: float = 1.0, **kwargs):
        super().__init__(*args, stochastic=True, **kwargs)
        self.beta = beta
        # Dark images with noise that tells them apart: the mixture's components must differ to part.
        self.pseudo_logits = nn.Parameter(torch.randn(pseudo_inputs, *self.shape) - 2)

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.validation(batch)

    def players(self) -> dict[str, Player]:
        learned = [*self.encoder.parameters(), *self.decoder.parameters(), self.pseudo_logits]
        return {"reconstruction": Player(learned, self.learning_rate)}

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns the negative ELBO in nats."""
        x = batch[0]
        mean, scale = self.encode(x)
        noise = self.noise(*mean.shape)
        reconstruction = bernoulli_cross_entropy(x, self.decoder(mean + scale * noise))
        return (reconstruction + self.beta * self.kl(mean, scale, noise)).mean()

    def kl(self, mean: Tensor, scale: Tensor, noise: Tensor) -> Tensor:
        """Returns log q(z) − log p(z) in nats, (N,), at z = mean + scale · noise, all (N, D): the KL on average."""
        posterior = -(0.5 * (noise**2 + math.log(2 * math.pi)) + scale.log()).sum(1)
        return posterior - self.log_prior(mean + scale * noise)

    def log_prior(self, z: Tensor) -> Tensor:
        """Returns log p(z) in nats, (N,), of codes (N, D)."""
        mean, scale = self.components()
        error = (z[:, None] - mean) / scale  # (N, K, D)
        parts = -(0.5 * (error**2 + math.log(2 * math.pi)) + scale.log()).sum(2)
        return parts.logsumexp(1) - math.log(len(mean))

    def components(self) -> tuple[Tensor, Tensor]:
        """Returns the means (K, D) and the scales (K, D) of the posteriors at the pseudo-inputs."""
        return self.encode(self.pseudo_logits.sigmoid())

    @torch.no_grad()
    def native(self) -> NativePrior:
        mean, scale = self.components()
        K, D = mean.shape
        prior = GMM(D).to(mean.device)
        prior.weights, prior.means, prior.choleskys = mean.new_full((K,), 1 / K), mean, torch.diag_embed(scale)
        return NativePrior("gmm", {}, prior.state_dict())
