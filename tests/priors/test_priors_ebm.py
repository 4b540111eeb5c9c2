"""The energy-based prior: its Langevin steps against a known density, and what it learns."""

import pytest
import torch
from torch import nn

from latentpriors.metrics import sliced_wasserstein
from latentpriors.priors.ebm import EBM
from latentpriors.training import Budget, TrainingDiverged


def budget(steps: int, batch_size: int = 256) -> Budget:
    return Budget(steps, batch_size, torch.Generator().manual_seed(0), evaluations=5)


def two_modes(n: int, seed: int) -> torch.Tensor:
    """A third of the codes around (−1, 0) and two thirds around (1, 0)."""
    generator = torch.Generator().manual_seed(seed)
    side = (torch.rand(n, generator=generator) < 2 / 3).float() * 2 - 1
    return torch.stack([side, torch.zeros(n)], 1) + 0.3 * torch.randn(n, 2, generator=generator)


class Quadratic(nn.Module):
    """f(z) = b·z − a |z|² / 2: with the reference, N(b / (1 + a), I / (1 + a))."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return (z @ torch.tensor([2.0, 0.0]) - 1.5 * z.square().sum(1))[:, None]


def test_langevin_steps_reach_a_known_gaussian() -> None:
    prior = EBM(2, langevin_steps=60)
    prior.f = Quadratic()
    drawn = prior.sample(20_000, torch.Generator().manual_seed(0))
    assert drawn.mean(0).tolist() == pytest.approx([0.5, 0], abs=0.02)
    assert drawn.var(0).tolist() == pytest.approx([0.25, 0.25], abs=0.02)


def test_without_energy_the_reference_stays() -> None:
    prior = EBM(3)
    prior.f = nn.Sequential(nn.Linear(3, 1, bias=False))
    nn.init.zeros_(prior.f[0].weight)
    drawn = prior.sample(20_000, torch.Generator().manual_seed(0))
    assert drawn.mean(0).abs().max() < 0.03
    assert (drawn.var(0) - 1).abs().max() < 0.05


def test_learns_two_modes_and_their_shares() -> None:
    prior = EBM(2, hidden=(64, 64))
    untrained = sliced_wasserstein(prior.sample(4000, torch.Generator().manual_seed(0)), two_modes(4000, 1))
    prior.fit(two_modes(4000, 0), two_modes(500, 2), budget(600))
    drawn = prior.sample(4000, torch.Generator().manual_seed(0))
    assert sliced_wasserstein(drawn, two_modes(4000, 1)) < 0.12 < 0.5 * untrained
    assert float((drawn[:, 0] > 0).float().mean()) == pytest.approx(2 / 3, abs=0.08)
    assert float((drawn[:, 0].abs() < 0.3).float().mean()) < 0.08  # next to nothing between the modes


def test_codes_of_one_dimension() -> None:
    prior = EBM(1, hidden=(32, 32))
    codes = 0.5 * torch.randn(3000, 1) + 1
    prior.fit(codes, codes[:100], budget(400))
    drawn = prior.sample(4000, torch.Generator().manual_seed(0))
    assert float(drawn.mean()) == pytest.approx(1, abs=0.1)
    assert float(drawn.std()) == pytest.approx(0.5, abs=0.1)


def test_evaluations_are_counted() -> None:
    prior, calls = EBM(2, hidden=(8,), langevin_steps=7), []
    prior.f.register_forward_hook(lambda *_: calls.append(1))
    prior.sample(5, torch.Generator().manual_seed(0))
    assert len(calls) == prior.evaluations == 7


def test_a_diverging_energy_stops_the_training() -> None:
    prior = EBM(2, hidden=(16,), learning_rate=1e4)
    with pytest.raises(TrainingDiverged):
        prior.fit(two_modes(500, 0), two_modes(100, 1), budget(200))


def test_diverging_chains_are_no_samples() -> None:
    prior = EBM(2, step_size=100.0)
    with pytest.raises(ArithmeticError, match="smaller step_size"):
        prior.sample(10, torch.Generator().manual_seed(0))
