"""A restricted Boltzmann machine with Gaussian visible and binary hidden units."""

__all__ = ["RBM"]

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from ..training import Player, TrainingDiverged
from .base import Prior

LEAST_SCALE = 0.01  # of σ: a constant dimension would otherwise let it shrink for ever
# σ at the start: from 1, the codes' own scale, the visible units alone already say what a Gaussian can, and on plain
# densities no hidden unit ever learns more.
FIRST_SCALE = 0.15
FARTHEST = 100.0  # in standard deviations of the codes: no chain of a machine that fits them gets there


class RBM(Prior):
    r"""p(z, h) ∝ exp(−Σ_i (z_i − b_i)² / 2σ_i² + Σ_j c_j h_j + Σ_ij z_i W_ij h_j / σ_i²) with h in {0, 1}^H.

    Both conditionals are independent: h_j = 1 with probability sigmoid(c + Wᵀ(z / σ²))_j, and z is N(b + W h, σ²). So
    p(z) is a mixture of 2^H Gaussians, whose weights cannot be summed. The likelihood's gradient is that of the free
    energy of the codes minus that of samples of the machine; these are chains that go on from one step to the next,
    by block Gibbs sampling (persistent contrastive divergence). No figure that can be computed says how good the fit
    is, so the moving average of the weights is kept. The chains belong to the training: they are no part of the state.

    A sample is the end of a chain of its own that starts at N(0, I), the codes' mean and variances.

    References:
        | Training Restricted Boltzmann Machines using Approximations to the Likelihood Gradient (Tieleman, 2008)
        | Improved Learning of Gaussian-Bernoulli Restricted Boltzmann Machines (Cho et al., 2011), for the energy and
          the learned σ

    Arguments:
        hidden: H, the number of hidden units.
        chains: The number of persistent chains.
        gibbs_turns: The steps of the chains for each gradient step.
        gibbs_steps: The steps of a chain that makes a sample.
        learning_rate: Of Adam.
    """

    ema = 0.05

    def __init__(
        self,
        dim: int,
        *,
        hidden: int = 256,
        chains: int = 512,
        gibbs_turns: int = 2,
        gibbs_steps: int = 200,
        learning_rate: float = 5e-3,
    ):
        super().__init__(dim)
        self.weight = nn.Parameter(0.1 * torch.randn(dim, hidden) / dim**0.5)
        self.visible = nn.Parameter(torch.zeros(dim))
        self.hidden = nn.Parameter(torch.zeros(hidden))
        self.log_scale = nn.Parameter(torch.full((dim,), math.log(FIRST_SCALE)))
        # Not persistent: the moving average is one of weights, and chains are no weights.
        self.register_buffer("chains", torch.empty(0, dim), persistent=False)
        self.count, self.gibbs_turns, self.gibbs_steps = chains, gibbs_turns, gibbs_steps
        self.learning_rate = learning_rate

    @property
    def evaluations(self) -> int:
        """The Gibbs steps for a sample, each of which passes through the weights once each way."""
        return self.gibbs_steps

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        if len(self.chains) == 0:
            self.chains = self.normal(self.count, self.generator)
        self.chains = self.gibbs(self.chains, self.gibbs_turns, self.generator)
        loss = self.free_energy(batch[0]).mean() - self.free_energy(self.chains).mean()
        # As a NaN, which the loop finds: a look at the chains at each step would make a GPU wait.
        return torch.where(self.chains.abs().max() < FARTHEST, loss, torch.nan)

    def players(self) -> dict[str, Player]:
        return {"model": Player(self.parameters(), self.learning_rate)}

    def free_energy(self, z: Tensor) -> Tensor:
        """Returns −log p(z) in nats but for a constant, (N,), of codes (N, D)."""
        quadratic = 0.5 * ((z - self.visible) / self.scale()).square().sum(1)
        return quadratic - softplus(self.activation(z).float()).sum(1)

    def activation(self, z: Tensor) -> Tensor:
        """Returns the log-odds (N, H) of the hidden units given codes (N, D)."""
        return self.hidden + (z / self.scale() ** 2) @ self.weight

    def scale(self) -> Tensor:
        """Returns σ with shape (D,)."""
        return self.log_scale.exp().clamp(min=LEAST_SCALE)

    @torch.no_grad()
    def gibbs(self, z: Tensor, steps: int, generator: torch.Generator | None) -> Tensor:
        """Returns codes (N, D) after so many steps of the chains: the hidden units given them, then they anew."""
        for _ in range(steps):
            odds = self.activation(z).float()
            # Not torch.bernoulli: what it raises for a NaN says nothing, and kills a GPU's context.
            h = torch.rand(odds.shape, generator=generator, device=z.device) < odds.sigmoid()
            z = (self.visible + h.float() @ self.weight.T).float() + self.scale() * self.normal(len(z), generator)
        return z

    def draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        """Returns n samples (n, D), the ends of n chains; raises TrainingDiverged where one leaves all codes behind."""
        z = self.gibbs(self.normal(n, generator), self.gibbs_steps, generator)
        if n and not z.abs().max() < FARTHEST:
            raise TrainingDiverged(
                f"a Gibbs chain of the RBM is more than {FARTHEST:g} standard deviations from all codes: "
                "try a lower learning rate or more gibbs_turns in priors.rbm, and look for NaN among the codes"
            )
        return z
