"""A generative adversarial network on codes, with the loss that does not saturate."""

__all__ = ["GAN"]

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot, softplus

from ..networks import MLP
from ..training import Budget, Player
from .base import Prior


class GAN(Prior):
    r"""A generator g and a critic c on codes, updated in turn.

    The critic minimizes E[softplus(−c(z))] + E[softplus(c(g(e)))] and the generator E[softplus(−c(g(e)))], e ~ N(0, I).
    g(e) is e plus a network of e, so that it starts near N(0, I). The moving average of the weights is kept. With
    classes both are told one, and samples are of all equally often: so it is trained along with an autoencoder that has
    labels, and not fitted to codes alone.

    References:
        | Generative Adversarial Nets (Goodfellow et al., 2014)
        | Conditional Generative Adversarial Nets (Mirza and Osindero, 2014), for the classes

    Arguments:
        hidden: The widths of the hidden layers of generator and critic.
        classes: K; 0: nobody is told any.
        standardized: Whether g(e) has mean zero and variance one in each dimension, by batch normalization.
        learning_rate: Of the generator.
        critic_learning_rate: Of the critic.
    """

    ema = 0.05
    turns = ("critic", "generator")

    def __init__(
        self,
        dim: int,
        *,
        hidden: tuple[int, ...] = (128, 128, 128),
        classes: int = 0,
        standardized: bool = False,
        learning_rate: float = 1e-3,
        critic_learning_rate: float = 1e-3,
    ):
        super().__init__(dim)
        self.generator_network = MLP(dim + classes, dim, list(hidden), nn.SiLU)
        self.standardize = nn.BatchNorm1d(dim, affine=False) if standardized else nn.Identity()
        self.critic = MLP(dim + classes, 1, list(hidden), nn.SiLU)
        self.classes, self.has_noise_space = classes, not classes
        self.learning_rate, self.critic_learning_rate = learning_rate, critic_learning_rate

    def fit(self, codes: Tensor, validation: Tensor, budget: Budget) -> dict[str, float]:
        """Fits it to training codes (N, D).

        Raises:
            ValueError: it has classes, which codes alone do not tell.
        """
        if self.classes:
            raise ValueError(f"classes is {self.classes}: codes come without theirs; set it to 0")
        return super().fit(codes, validation, budget)

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        z = batch[0]
        if turn == "generator":
            return softplus(-self.judged(self.generate(self.noise(*z.shape)))).mean()
        with torch.no_grad():
            fake = self.generate(self.noise(*z.shape))
        return (softplus(-self.judged(z)) + softplus(self.judged(fake))).mean()

    def players(self) -> dict[str, Player]:
        return {
            "critic": Player(self.critic.parameters(), self.critic_learning_rate, betas=(0.5, 0.9)),
            "generator": Player(self.generator_network.parameters(), self.learning_rate, betas=(0.5, 0.9)),
        }

    def generate(self, noise: Tensor, y: Tensor | None = None) -> Tensor:
        """Returns the codes (N, D) of noise (N, D) and, where it has classes, these (N,)."""
        return self.standardize(noise + self.generator_network(self._told(noise, y)))

    def judged(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """Returns the critic's logits (N, 1) that codes (N, D), of classes (N,) where it has some, are no samples."""
        return self.critic(self._told(z, y))

    def from_noise(self, noise: Tensor) -> Tensor:
        if self.classes:
            return super().from_noise(noise)
        return self.generate(noise)

    def draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        if not self.classes:
            return super().draw(n, generator)
        y = torch.randint(self.classes, (n,), generator=generator, device=self.origin.device)
        return self.generate(self.normal(n, generator), y)

    def _told(self, z: Tensor, y: Tensor | None) -> Tensor:
        return torch.cat([z, one_hot(y.long(), self.classes).to(z)], 1) if self.classes else z
