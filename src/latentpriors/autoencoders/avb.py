"""Adversarial variational Bayes: a VAE whose posterior may have any form, since a critic learns its divergence."""

__all__ = ["AVB"]

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from ..networks import MLP, build_encoder
from ..training import Budget, Player, evaluate
from .base import Autoencoder, bernoulli_cross_entropy

LEAST = 1e-6  # of the posterior's variance


class AVB(Autoencoder):
    r"""Minimizes E_q[−log p(x | z) + T(x, z)], where the critic T has learned log q(z | x) − log p(z).

    A code is z = b(x) + Σ_i a_i(x) v_i(ε_i), ε_i ~ N(0, I), with m networks v_i of the noise alone, which are
    standardized: b is the mean of q(z | x) and the square root of Σ a_i² its scale, which `encode` returns, and what is
    between and beyond is free. T minimizes E_q[softplus(−T(x, z))] + E_p[softplus(T(x, z))], p(z) = N(0, I).

    With adaptive contrast T has a smaller task: r(z | x), the Gaussian with q's mean and scale, stands between. T sees
    z in units of r, against N(0, I), and learns log q(z | x) − log r(z | x); log r(z | x) − log p(z) is known.

    q has no density, so that bounds on log p(x) have r in its place. `elbo_estimate`, on validation images, takes T for
    the log ratio that it should be: where T lags behind, the estimate is above the ELBO.

    References:
        | Adversarial Variational Bayes (Mescheder et al., 2017): algorithms 1 and 2, and the form of z

    Arguments:
        terms: m.
        noise_hidden: The widths of the hidden layers of v.
        adaptive_contrast: Whether r stands between.
        critic_turns: The critic's steps for each of the others.
        critic_hidden: The widths of the hidden layers of T, which sees z beside as many features of x as the first has.
        critic_learning_rate: Of the critic.
    """

    ema = 0.05

    def __init__(
        self,
        *args,
        terms: int = 8,
        noise_hidden: tuple[int, ...] = (32,),
        adaptive_contrast: bool = True,
        critic_turns: int = 2,
        critic_hidden: tuple[int, ...] = (256, 256),
        critic_learning_rate: float = 1e-3,
        network: str = "conv",
        channels: tuple[int, ...] = (16, 32),
        hidden: int = 256,
        **kwargs,
    ):
        networks = {"network": network, "channels": channels, "hidden": hidden}
        super().__init__(*args, stochastic=True, **networks, **kwargs)
        D, trunk = self.latent, (list(channels), hidden)
        self.encoder = build_encoder(network, self.shape, D * (1 + terms), *trunk)
        self.from_noise = nn.ModuleList(MLP(D, D, list(noise_hidden), nn.SiLU) for _ in range(terms))
        self.standardize = nn.BatchNorm1d(D * terms, affine=False)
        self.features = build_encoder(network, self.shape, critic_hidden[0], *trunk)
        self.critic = MLP(critic_hidden[0] + D, 1, list(critic_hidden), nn.SiLU)
        self.turns = ("critic",) * critic_turns + ("reconstruction",)
        self.adaptive_contrast, self.critic_learning_rate = adaptive_contrast, critic_learning_rate

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        x = batch[0]
        if turn == "reconstruction":
            return self.negative_elbo(x).mean()
        with torch.no_grad():
            z, mean, scale = self.draw(x)
            fake = (z - mean) / scale if self.adaptive_contrast else z
        return (softplus(-self.log_ratio(x, fake)) + softplus(self.log_ratio(x, self.noise(*z.shape)))).mean()

    def players(self) -> dict[str, Player]:
        learned, critic = (
            [weight for part in parts for weight in part.parameters()]
            for parts in ((self.encoder, self.decoder, self.from_noise), (self.features, self.critic))
        )
        return {
            "critic": Player(critic, self.critic_learning_rate, betas=(0.5, 0.9)),
            "reconstruction": Player(learned, self.learning_rate),
        }

    def fit(self, data: tuple[Tensor, ...], validation: tuple[Tensor, ...], budget: Budget) -> dict[str, float]:
        found = super().fit(data, validation, budget)
        if not validation:
            return found
        return found | {"elbo_estimate": -float(evaluate(self.negative_elbo, validation[:1]).double().mean())}

    def negative_elbo(self, x: Tensor) -> Tensor:
        """Returns −log p(x | z) and what the critic says is log q(z | x) − log p(z), in nats, (N,), summed, at a z."""
        z, mean, scale = self.draw(x)
        reconstruction = bernoulli_cross_entropy(x, self.decoder(z))
        if not self.adaptive_contrast:
            return reconstruction + self.log_ratio(x, z)
        unit = (z - mean) / scale
        known = (0.5 * (z**2 - unit**2) - scale.log()).sum(1)  # log r(z | x) − log p(z)
        return reconstruction + self.log_ratio(x, unit) + known

    def log_ratio(self, x: Tensor, z: Tensor) -> Tensor:
        """Returns T(x, z), (N,); with adaptive contrast z is in units of r(z | x)."""
        return self.critic(torch.cat([self.features(x), z.to(x)], 1))[:, 0].float()

    def draw(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns a code of each image, and mean and scale of q(z | x), each (N, D)."""
        mean, weights = self._posterior(x)
        drawn = torch.cat([part(self.noise(*mean.shape)) for part in self.from_noise], 1)
        terms = self.standardize(drawn.float()).unflatten(1, weights.shape[1:])
        return mean + (weights * terms).sum(1), mean, self._scale(weights)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Returns mean and scale of q(z | x), (N, D) each: those of r(z | x)."""
        mean, weights = self._posterior(x)
        return mean, self._scale(weights)

    def codes(self, x: Tensor) -> Tensor:
        """Returns samples of q(z | x), (N, D)."""
        return self.draw(x)[0]

    def _posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Returns b(x), (N, D), and a(x), (N, m, D), which starts where the scale is about 1."""
        outputs = self.encoder(x).float().unflatten(1, (-1, self.latent))
        return outputs[:, 0], outputs[:, 1:] + (outputs.shape[1] - 1) ** -0.5

    @staticmethod
    def _scale(weights: Tensor) -> Tensor:
        return (weights.square().sum(1) + LEAST).sqrt()
