"""VAE/GAN: a variational autoencoder whose likelihood is of what a critic of its images sees."""

__all__ = ["VAEGAN"]

import torch
from torch import Tensor
from torch.nn.functional import softplus

from ..training import Budget, Player, evaluate
from ._image_critic import ImageCritic
from .base import Autoencoder
from .vae import kl_divergence


class VAEGAN(Autoencoder):
    r"""A VAE with −log p(x | z) = |F_l(x) − F_l(x̂)|² / 2 s², where F_l is layer l of a critic that tells images from x̂.

    Three players: the encoder minimizes that plus KL(q(z | x) || N(0, I)), the decoder γ times that plus the critic's
    opposite, E[softplus(−c(x̂))] over reconstructions and over samples from the prior, and the critic
    E[softplus(−c(x))] plus the mean of E[softplus(c(x̂))] over both. The critic does not move for F_l. A likelihood of
    features says nothing of pixels in nats, so there is none. The native prior is N(0, I).

    References:
        | Autoencoding beyond pixels using a learned similarity metric (Larsen et al., 2015), algorithm 1

    Arguments:
        feature_layer: l; 0, the image, makes the encoder's loss that of a VAE with Gaussian pixels of scale s.
        scale: s.
        style_weight: γ: content against style, above which the decoder cares for features more than for the critic.
        beta: The weight of the KL divergence.
        critic_learning_rate: Of the critic.

    Raises:
        ValueError: the critic has no such layer.
    """

    turns = ("encoder", "decoder", "critic")
    ema = 0.05
    pixels = None

    def __init__(
        self,
        *args,
        feature_layer: int = 1,
        scale: float = 0.3,
        style_weight: float = 0.1,
        beta: float = 1.0,
        critic_learning_rate: float = 1e-3,
        network: str = "conv",
        channels: tuple[int, ...] = (16, 32),
        hidden: int = 256,
        **kwargs,
    ):
        networks = {"network": network, "channels": channels, "hidden": hidden}
        super().__init__(*args, stochastic=True, **networks, **kwargs)
        self.critic = ImageCritic(shape=self.shape, **networks)
        self.critic.check(feature_layer)
        self.feature_layer, self.scale, self.style_weight, self.beta = feature_layer, scale, style_weight, beta
        self.critic_learning_rate = critic_learning_rate

    def fit(self, data: tuple[Tensor, ...], validation: tuple[Tensor, ...], budget: Budget) -> dict[str, float]:
        """Trains as `Autoencoder.fit`; `critic_accuracy` is that on validation images and samples of the prior."""
        found = super().fit(data, validation, budget)
        if not validation:
            return found
        drawn = evaluate(self.decode, (self.noise(len(validation[0]), self.latent),))
        return found | {"critic_accuracy": self.critic.accuracy(validation[0], drawn)}

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        x = batch[0]
        if turn == "encoder":
            mean, scale = self.encode(x)
            decoded = self.decode(mean + scale * self.noise(*mean.shape))
            return (self.content(x, decoded) + self.beta * kl_divergence(mean, scale)).mean()
        with torch.no_grad():
            codes = self.codes(x)
        codes = torch.cat([codes, self.noise(*codes.shape)])
        if turn == "decoder":
            decoded = self.decode(codes)
            content = self.content(x, decoded[: len(x)]).mean()
            return self.style_weight * content + softplus(-self.critic(decoded)).mean()
        with torch.no_grad():
            fake = self.decode(codes)
        return softplus(-self.critic(x)).mean() + softplus(self.critic(fake)).mean()

    def players(self) -> dict[str, Player]:
        betas = (0.5, 0.9)
        return {
            "encoder": Player(self.encoder.parameters(), self.learning_rate),
            "decoder": Player(self.decoder.parameters(), self.learning_rate, betas=betas),
            "critic": Player(self.critic.parameters(), self.critic_learning_rate, betas=betas),
        }

    def content(self, x: Tensor, decoded: Tensor) -> Tensor:
        """Returns |F_l(x) − F_l(x̂)|² / 2 s², (N,), of images and what is decoded, (N, C, H, W) each."""
        real, found = (self.critic.features(images, self.feature_layer).float() for images in (x, decoded))
        return 0.5 * ((real - found) / self.scale).square().sum(1)
