"""A diffusion model of codes: a denoiser for every level of noise, and the ODE that it defines."""

__all__ = ["Diffusion"]

import math

import torch
from torch import Tensor

from ..networks.timed import TimedMLP
from ..ode import SOLVERS, log_likelihood, solve, spread_times
from ..training import Player
from .base import Prior

SOLVER = "heun"


class Diffusion(Prior):
    def __init__(
        self,
        dim: int,
        *,
        hidden: int = 256,
        blocks: int = 3,
        noise_median: float = 0.5,
        noise_spread: float = 1.2,
        steps: int = 32,
        least_noise: float = 0.002,
        most_noise: float = 80.0,
        learning_rate: float = 2e-3,
        rho: float = 7.0,
        solver: str = "heun",
        clock: str = "angle",
    ):
        super().__init__(dim)
        self.network = TimedMLP(dim, hidden, blocks)
        self.noise_median, self.noise_spread = noise_median, noise_spread
        self.least_noise, self.most_noise, self.steps = least_noise, most_noise, steps
        self.learning_rate = learning_rate
        self.rho, self.solver, self.clock = rho, solver, clock

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.denoising_loss(batch[0], spread_times(len(batch[0]), self.generator, batch[0].device))

    def players(self) -> dict[str, Player]:
        return {"model": Player(self.network.parameters(), self.learning_rate)}

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        n = len(batch[0])
        return self.denoising_loss(batch[0], (torch.arange(n, device=batch[0].device) + 0.5) / n)

    def denoising_loss(self, z: Tensor, level: Tensor) -> Tensor:
        sigma = self.noise_median * (self.noise_spread * torch.special.ndtri(level)).exp()
        angle = sigma.clamp(self.least_noise, self.most_noise).atan()
        c, s = angle.cos()[:, None], angle.sin()[:, None]
        noise = self.noise(*z.shape)
        return (self.raw_output(c * z + s * noise, angle) - (s * z - c * noise)).square().mean()

    def raw_output(self, y, angle):
        if self.clock == "angle":
            t = angle * (2 / math.pi)
        else:
            lo, hi = math.log(self.least_noise), math.log(self.most_noise)
            t = (angle.tan().log() - lo) / (hi - lo)
        return self.network(y, t).float()

    def field(self, angle, y):
        return -self.raw_output(y, angle)

    def times(self, steps=None):
        steps = steps or self.steps
        low, high = self.least_noise ** (1 / self.rho), self.most_noise ** (1 / self.rho)
        ramp = torch.linspace(low, high, steps + 1, dtype=torch.float64)
        return (ramp**self.rho).atan().to(self.origin)

    def from_noise(self, noise: Tensor) -> Tensor:
        y = solve(self.field, noise, self.times().flip(0), self.solver)
        return y / self.times()[0].cos()

    def to_noise(self, z):
        return solve(self.field, z * self.times()[0].cos(), self.times(), self.solver)

    def log_prob(self, z):
        c = self.times()[0].cos()
        return log_likelihood(self.field, z * c, self.times(), self.solver) + self.dim * c.log()
