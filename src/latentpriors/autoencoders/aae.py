"""The adversarial autoencoder."""

__all__ = ["AAE"]

import torch
from torch import Tensor
from torch.nn.functional import softplus

from ..networks import MLP
from ..training import Player
from .base import Autoencoder, bernoulli_cross_entropy


class AAE(Autoencoder):
    r"""Alternates reconstruction with a game in which the encoder makes its codes look like N(0, I).

    The critic minimizes E[softplus(−c(z))] over z ~ N(0, I) plus E[softplus(c(encode(x)))]; the encoder minimizes
    E[softplus(−c(encode(x)))], the non-saturating form. The encoder is deterministic. The native prior is N(0, I).

    References:
        | Adversarial Autoencoders (Makhzani et al., 2015)

    Arguments:
        critic_hidden: The widths of the critic's hidden layers.
        critic_learning_rate: Of the critic.
        encoder_learning_rate: Of the encoder in its turn against the critic.
    """

    turns = ("reconstruction", "critic", "encoder")
    ema = 0.05

    def __init__(
        self,
        *args,
        critic_hidden: tuple[int, ...] = (256, 256),
        critic_learning_rate: float = 1e-3,
        encoder_learning_rate: float = 1e-3,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.critic = MLP(self.latent, 1, list(critic_hidden), torch.nn.SiLU)
        self.critic_learning_rate, self.encoder_learning_rate = critic_learning_rate, encoder_learning_rate

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        x = batch[0]
        if turn == "reconstruction":
            return bernoulli_cross_entropy(x, self.decoder(self.codes(x))).mean()
        if turn == "critic":
            with torch.no_grad():
                fake = self.codes(x)
            return (softplus(-self.critic(self.noise(*fake.shape))) + softplus(self.critic(fake))).mean()
        return softplus(-self.critic(self.codes(x))).mean()

    def players(self) -> dict[str, Player]:
        # The low first momentum is what keeps the critic's answer current: the encoder moves under it.
        return super().players() | {
            "critic": Player(self.critic.parameters(), self.critic_learning_rate, betas=(0.5, 0.9)),
            "encoder": Player(self.encoder.parameters(), self.encoder_learning_rate, betas=(0.5, 0.9)),
        }
