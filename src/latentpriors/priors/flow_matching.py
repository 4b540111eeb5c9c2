"""Flow matching."""

__all__ = ["FlowMatching"]

import torch
from torch import Tensor

from ..networks.timed import TimedMLP
from ..ode import SOLVERS, log_likelihood, solve, spread_times
from ..training import Player
from .base import Prior


class FlowMatching(Prior):
    def __init__(
        self,
        dim: int,
        *,
        hidden: int = 256,
        blocks: int = 3,
        steps: int = 20,
        least_noise: float = 0.002,
        learning_rate: float = 2e-3,
        solver: str = "rk4",
        power: float = 1.0,
    ):
        super().__init__(dim)
        self.network = TimedMLP(dim, hidden, blocks)
        self.least_noise, self.steps = least_noise, steps
        self.learning_rate = learning_rate
        self.solver, self.power = solver, power

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.matching_loss(batch[0], spread_times(len(batch[0]), self.generator, batch[0].device))

    def players(self) -> dict[str, Player]:
        return {"model": Player(self.network.parameters(), self.learning_rate)}

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        n = len(batch[0])
        return self.matching_loss(batch[0], (torch.arange(n, device=batch[0].device) + 0.5) / n)

    def matching_loss(self, z: Tensor, t: Tensor) -> Tensor:
        noise = self.noise(*z.shape)
        shrink = 1 - self.least_noise
        s = t[:, None]
        return (self.network((1 - shrink * s) * noise + s * z, t).float() - (z - shrink * noise)).square().mean()

    def field(self, t, z):
        return self.network(z, t)

    def times(self, steps=None):
        # s = time left
        ramp = torch.linspace(0, 1, (steps or self.steps) + 1, dtype=torch.float64)
        return (1 - (1 - ramp) ** self.power).to(self.origin)

    def from_noise(self, noise: Tensor) -> Tensor:
        return solve(self.field, noise, self.times(), self.solver)

    def to_noise(self, z):
        return solve(self.field, z, self.times().flip(0), self.solver)

    def log_prob(self, z):
        return log_likelihood(self.field, z, self.times().flip(0), self.solver)
