"""Flow matching: a velocity that carries noise to codes along straight lines."""

__all__ = ["FlowMatching"]

import torch
from torch import Tensor

from ..networks.ode import SOLVERS, log_likelihood, solve, spread_times, warped
from ..networks.timed import TimedMLP
from ..training import Player
from .base import Prior

SOLVER = "rk4"
LEAST_NOISE = 0.002  # σ_min of Lipman et al., in units of the codes' deviation


class FlowMatching(Prior):
    r"""Noise becomes codes along dx/dt = v(x, t) from t = 0 to t = 1.

    The network v minimizes E |v(x_t, t) − (z − (1 − σ) e)|² over x_t = (1 − (1 − σ) t) e + t z with codes z,
    e ~ N(0, I) and t uniform: conditionally on a code, the path is the optimal transport from N(0, I) to N(z, σ² I).
    The classical Runge-Kutta method solves the ODE, and its divergence gives the density. The weights with the least
    loss on the validation codes are kept.

    References:
        | Flow Matching for Generative Modeling (Lipman et al., 2023)

    Arguments:
        hidden: The width of v.
        blocks: The depth of v.
        steps: Of the solver between noise and codes.
        nodes: At how many times the density takes the divergence.
        learning_rate: Of Adam.
    """

    has_density = has_noise_space = invertible = True

    def __init__(
        self,
        dim: int,
        *,
        hidden: int = 256,
        blocks: int = 3,
        steps: int = 16,
        nodes: int = 16,
        learning_rate: float = 2e-3,
    ):
        super().__init__(dim)
        self.network = TimedMLP(dim, hidden, blocks)
        self.steps, self.nodes, self.learning_rate = steps, nodes, learning_rate

    @property
    def evaluations(self) -> int:
        """Of the network for each sample."""
        return self.steps * SOLVERS[SOLVER][1]

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.matching_loss(batch[0], spread_times(len(batch[0]), self.generator, batch[0].device))

    def players(self) -> dict[str, Player]:
        return {"model": Player(self.network.parameters(), self.learning_rate)}

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns the loss over the same times at every look."""
        n = len(batch[0])
        return self.matching_loss(batch[0], (torch.arange(n, device=batch[0].device) + 0.5) / n)

    def matching_loss(self, z: Tensor, t: Tensor) -> Tensor:
        """Returns the mean squared error of v over codes z (N, D) at times t (N,)."""
        noise, left, t = self.noise(*z.shape), 1 - LEAST_NOISE, t[:, None]
        x = (1 - left * t) * noise + t * z
        return (self.velocity(t[:, 0], x) - (z - left * noise)).square().mean()

    def velocity(self, t: Tensor, x: Tensor) -> Tensor:
        """Returns v(x, t), (N, D), at times t, (N,) or (), and states x (N, D)."""
        return self.network(x, t).float()

    def from_noise(self, noise: Tensor) -> Tensor:
        return solve(self.velocity, noise, warped(1, 0, self.steps, noise).flip(0), SOLVER)

    def to_noise(self, z: Tensor) -> Tensor:
        return solve(self.velocity, z, warped(1, 0, self.steps, z), SOLVER)

    def log_prob(self, z: Tensor) -> Tensor:
        return log_likelihood(self.velocity, z, 1, 0, self.nodes)
