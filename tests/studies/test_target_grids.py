"""Grids along targets: quantiles in their order, components along their axes, a walk from the inside."""

import pytest
import torch
from scipy.stats import norm

from latentpriors.studies.targets import STEPS, class_codes, points, target_grids
from latentpriors.targets import make_target


def test_the_grid_of_a_gaussian_has_its_quantiles_as_a_plot_has_them() -> None:
    grid = target_grids(make_target("normal", 2, 10), "normal").reshape(STEPS, STEPS, 2)
    quantiles = norm.ppf([(i + 0.5) / STEPS for i in range(STEPS)])
    assert grid[0, :, 0].tolist() == pytest.approx(quantiles.tolist(), abs=1e-5)  # x grows along a row
    assert grid[:, 0, 1].tolist() == pytest.approx(quantiles[::-1].tolist(), abs=1e-5)  # and y upwards
    assert (grid[3, :, 1] == grid[3, 0, 1]).all()


def test_the_grids_of_a_mixture_are_about_its_first_components_and_as_wide() -> None:
    target = make_target("mixture", 2, 10)
    grids = target_grids(target, "mixture").reshape(3, STEPS**2, 2)
    for grid, mean, cholesky in zip(grids, target.means, target.choleskys, strict=False):
        assert grid.mean(0).tolist() == pytest.approx(mean.tolist(), abs=1e-4)
        found = torch.cov(grid.T)
        assert (found / (cholesky @ cholesky.mT)).diagonal().tolist() == pytest.approx([0.95, 0.95], abs=0.06)
        assert torch.linalg.eigh(found)[1].abs().flatten().tolist() == pytest.approx(
            torch.linalg.eigh(cholesky @ cholesky.mT)[1].abs().flatten().tolist(), abs=0.02
        )


def test_the_walk_goes_outwards_along_the_roll() -> None:
    walk = target_grids(make_target("roll", 2, 10), "roll")
    assert len(walk) % STEPS == 0
    assert (walk.norm(dim=1).diff() >= -1e-6).all()


def test_points_are_codes_with_their_classes_and_draws() -> None:
    target = make_target("mixture", 2, 10)
    z, y = class_codes(target, 3, torch.Generator().manual_seed(0))
    assert y.tolist() == [*range(10)] * 3
    table = points(z, y, z[:5])
    assert (table.label == -1).sum() == 5
    assert table[table.label >= 0].label.tolist() == y.tolist()
