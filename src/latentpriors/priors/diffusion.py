"""A diffusion model of codes: a denoiser for every level of noise, and the ODE that it defines."""

__all__ = ["Diffusion"]

import math

import torch
from torch import Tensor

from ..networks.ode import SOLVERS, log_likelihood, solve, spread_times, warped
from ..networks.timed import TimedMLP
from ..training import Player
from .base import Prior

SOLVER = "heun"
END = math.pi / 2  # the angle of pure noise
LEAST_NOISE, MOST_NOISE = 0.002, 80.0  # σ_min and σ_max of Karras et al., in units of the codes' deviation


class Diffusion(Prior):
    r"""Noise becomes codes along dx/dσ = (x − D(x; σ)) / σ, where D is a denoiser: D(z + σ e; σ) ≈ z, e ~ N(0, I).

    D(x; σ) = x / (1 + σ²) + σ / √(1 + σ²) F(x / √(1 + σ²); σ) with a network F: the preconditioning of Karras et al.
    for codes of unit variance, with which the loss (1 + σ²) / σ² |D − z|² is the plain error of F. With σ = tan τ and
    y = cos(τ) x the same ODE reads dy/dτ = −F(y; τ), from codes at τ = 0 to noise at τ = π/2: nothing is stiff in it,
    and for normal codes F = 0. Heun's method solves it, and its divergence gives the density. The weights with the
    least loss on the validation codes are kept.

    References:
        | Score-Based Generative Modeling through Stochastic Differential Equations (Song et al., 2021), for the density
        | Elucidating the Design Space of Diffusion-Based Generative Models (Karras et al., 2022)
        | Progressive Distillation for Fast Sampling of Diffusion Models (Salimans and Ho, 2022), for the angle τ

    Arguments:
        hidden: The width of F.
        blocks: The depth of F.
        noise_median, noise_spread: Of σ in training, which is log-normal: its median, and the deviation of its log.
        steps: Of the solver between noise and codes.
        nodes: At how many angles the density takes the divergence.
        learning_rate: Of Adam.
    """

    has_density = has_noise_space = invertible = True

    def __init__(
        self,
        dim: int,
        *,
        hidden: int = 256,
        blocks: int = 3,
        noise_median: float = 0.5,
        noise_spread: float = 1.2,
        steps: int = 32,
        nodes: int = 16,
        learning_rate: float = 2e-3,
    ):
        super().__init__(dim)
        self.network = TimedMLP(dim, hidden, blocks)
        self.noise_median, self.noise_spread, self.learning_rate = noise_median, noise_spread, learning_rate
        self.steps, self.nodes = steps, nodes

    @property
    def evaluations(self) -> int:
        """Of the network for each sample."""
        return self.steps * SOLVERS[SOLVER][1]

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.denoising_loss(batch[0], spread_times(len(batch[0]), self.generator, batch[0].device))

    def players(self) -> dict[str, Player]:
        return {"model": Player(self.network.parameters(), self.learning_rate)}

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns the loss over the same levels of noise at every look."""
        n = len(batch[0])
        return self.denoising_loss(batch[0], (torch.arange(n, device=batch[0].device) + 0.5) / n)

    def denoising_loss(self, z: Tensor, level: Tensor) -> Tensor:
        """Returns the mean of (1 + σ²) / σ² (D − z)² over codes z (N, D) at levels (N,), quantiles of σ in (0, 1)."""
        angle, noise = self.sigma(level).atan(), self.noise(*z.shape)
        c, s = angle.cos()[:, None], angle.sin()[:, None]
        # Where D = z, F is s z − c e; so no small σ ever divides.
        return (self.velocity(angle, c * z + s * noise) + (s * z - c * noise)).square().mean()

    def sigma(self, level: Tensor) -> Tensor:
        """Returns the quantiles of the training's σ at levels (N,) in [0, 1)."""
        quantile = self.noise_median * (self.noise_spread * torch.special.ndtri(level)).exp()
        return quantile.clamp(LEAST_NOISE, MOST_NOISE)

    def denoise(self, x: Tensor, sigma: Tensor) -> Tensor:
        """Returns D(x; σ), (N, D), of noisy codes x (N, D) and σ (N,)."""
        angle = sigma.atan()
        c, s = angle.cos()[:, None], angle.sin()[:, None]
        return c**2 * x - s * self.velocity(angle, c * x)

    def velocity(self, angle: Tensor, y: Tensor) -> Tensor:
        """Returns dy/dτ = −F, (N, D), at angles τ, (N,) or (), and states y (N, D)."""
        return -self.network(y, angle * (1 / END)).float()

    def from_noise(self, noise: Tensor) -> Tensor:
        return solve(self.velocity, noise, warped(0, END, self.steps, noise).flip(0), SOLVER)

    def to_noise(self, z: Tensor) -> Tensor:
        return solve(self.velocity, z, warped(0, END, self.steps, z), SOLVER)

    def log_prob(self, z: Tensor) -> Tensor:
        return log_likelihood(self.velocity, z, 0, END, self.nodes)
