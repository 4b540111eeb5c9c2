"""An energy-based model of codes, sampled by short-run Langevin dynamics."""

__all__ = ["EBM"]

import torch
from torch import Tensor, nn

from ..networks import MLP
from ..training import Player
from .base import Prior

FARTHEST = 1e3  # standard deviations: a chain that has gone so far will not come back
LAST = 0.1  # of the first step's size: the last one's


class EBM(Prior):
    r"""p(z) ∝ exp(f(z)) N(z; 0, I) with a network f, sampled by K steps of Langevin dynamics from N(0, I).

    A step is z ← z + (s² / 2) ∇[f(z) − |z|² / 2] + s e, e ~ N(0, I); s falls linearly to a tenth, so that chains first
    move between modes and then settle in one. Minimizes E[f(chains)] − E[f(codes)] + α E[f(codes)² + f(chains)²]: the
    gradient of the likelihood where the chains had converged; as they are short, what is learned is the sampler that
    they are, and there is no density. The moving average of the weights is kept.

    References:
        | On Learning Non-Convergent Non-Persistent Short-Run MCMC Toward Energy-Based Model (Nijkamp et al., 2019)
        | Learning Latent Space Energy-Based Prior Model (Pang et al., 2020)
        | Implicit Generation and Modeling with Energy-Based Models (Du and Mordatch, 2019), for α

    Arguments:
        hidden: The widths of f's hidden layers.
        langevin_steps: K, in training and in sampling.
        step_size: s of the first step.
        penalty: α, which keeps f from growing without end.
        learning_rate: Of Adam.
    """

    ema = 0.05

    def __init__(
        self,
        dim: int,
        *,
        hidden: tuple[int, ...] = (256, 256),
        langevin_steps: int = 40,
        step_size: float = 0.4,
        penalty: float = 1e-3,
        learning_rate: float = 1e-3,
    ):
        super().__init__(dim)
        self.f = MLP(dim, 1, list(hidden), nn.SiLU)
        self.langevin_steps, self.step_size = langevin_steps, step_size
        self.penalty, self.learning_rate = penalty, learning_rate

    @property
    def evaluations(self) -> int:
        """Of ∇f for each sample."""
        return self.langevin_steps

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        z = batch[0]
        chains = self.langevin(self.noise(*z.shape), self.generator)
        # Not finite, or far away: the loss becomes NaN, on which the training stops.
        chains = chains.where(chains.abs() < FARTHEST, torch.nan)
        real, drawn = self.f(z).float(), self.f(chains).float()
        return drawn.mean() - real.mean() + self.penalty * (real.square().mean() + drawn.square().mean())

    def players(self) -> dict[str, Player]:
        return {"model": Player(self.f.parameters(), self.learning_rate, betas=(0.0, 0.99))}

    def draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        z = self.langevin(self.normal(n, generator), generator)
        if not z.isfinite().all():
            raise ArithmeticError("Langevin chains diverged: fit again with a smaller step_size or learning_rate")
        return z

    @torch.enable_grad()
    def langevin(self, z: Tensor, generator: torch.Generator | None) -> Tensor:
        """Returns where chains that start at z (N, D) are after all steps, detached."""
        for size in torch.linspace(1, LAST, self.langevin_steps).mul(self.step_size).tolist():
            z = z.detach().requires_grad_()
            (slope,) = torch.autograd.grad(self.f(z).float().sum() - 0.5 * z.square().sum(), z)
            z = z + 0.5 * size**2 * slope + size * self.normal(len(z), generator)
        return z.detach()
