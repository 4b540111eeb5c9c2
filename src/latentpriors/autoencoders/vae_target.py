"""The variational autoencoder with a target of another form as its prior."""

__all__ = ["VAETarget"]

import math

import torch
from torch import Tensor

from ..targets import make_target
from .base import Autoencoder, NativePrior, bernoulli_cross_entropy


class VAETarget(Autoencoder):
    r"""Minimizes E_q[−log p(x | z) + β (log q(z | x) − log p(z))], one sample an image, with a fixed prior p(z).

    The divergence from a mixture has no closed form; `VAE` is the one for N(0, I). The native prior is p(z).

    References:
        | Adversarial Autoencoders (Makhzani et al., 2015), figure 2, which compares the two on these priors

    Arguments:
        target: "mixture" or "roll", see `targets.make_target`.
        classes: The mixture's components.
        beta: β, the weight of the KL divergence.

    Raises:
        ValueError: the target has not as many dimensions as the codes.
    """

    def __init__(self, *args, target: str = "normal", classes: int = 10, beta: float = 1.0, **kwargs):
        super().__init__(*args, stochastic=True, **kwargs)
        self.target, self.kind, self.beta = make_target(target, self.latent, classes), target, beta

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.validation(batch)

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns the negative ELBO in nats, its divergence weighted by β."""
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
        return self.target.log_prob(z)

    @torch.no_grad()
    def native(self) -> NativePrior | None:
        return NativePrior("gmm", {}, self.target.state()) if self.kind != "normal" else None
