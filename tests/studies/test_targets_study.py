"""Targets: grids of quantiles and components, a walk from the inside, and what becomes of codes of a class."""

import pytest
import torch
from scipy.stats import norm

from latentpriors.autoencoders.ae import AE
from latentpriors.networks import Classifier
from latentpriors.studies.targets import STEPS, asked_figures, class_codes, points, target_grids
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


class OfBrightness(Classifier):
    """Sees in an image the class whose tenth of the brightness it has; or, blind, always the last one."""

    def __init__(self, blind: bool):
        super().__init__((1, 4, 4), 10, channels=(2,), strides=(1,), hidden=2)
        self.blind = blind

    def activations(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        seen = torch.full((len(x),), 9) if self.blind else (10 * x.mean((1, 2, 3))).long().clamp(0, 9)
        return torch.nn.functional.one_hot(seen, 10).float(), x.flatten(1)


class Painter(AE):
    """Decodes a code to an image as bright as its first number."""

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return z[:, :1, None, None].expand(-1, 1, 4, 4).clamp(0, 1)


def test_codes_of_a_class_are_asked_for_by_neighbours_and_by_decoders() -> None:
    labels = torch.arange(10).repeat(20)
    codes = torch.stack([(labels + 0.5) / 10, torch.zeros(200)], dim=1)
    model = Painter((1, 4, 4), 2, network="mlp", channels=[], hidden=4)
    real = dict.fromkeys(("train", "test"), codes), dict.fromkeys(("train", "test"), labels)
    found = asked_figures(model, (codes, labels), [OfBrightness(blind=False)], [OfBrightness(blind=True)], *real)
    shares = {key: found[key] for key in ("accuracy", "judged", "reconstructed", "judged_reconstructed", "neighbours")}
    assert shares == {
        "accuracy": 1.0, "judged": 0.1, "reconstructed": 1.0, "judged_reconstructed": 0.1, "neighbours": 1.0,
    }  # fmt: skip
    # The decoder shows what is drawn; only its neighbours tell that it lies where another class is.
    moved = {"train": codes.flip(0), "test": codes}, real[1]
    found = asked_figures(model, (codes, labels), [OfBrightness(blind=False)], [OfBrightness(blind=True)], *moved)
    assert (found["accuracy"], found["neighbours"]) == (1.0, 0.0)


def test_points_are_codes_with_their_classes_and_draws() -> None:
    target = make_target("mixture", 2, 10)
    z, y = class_codes(target, 3, torch.Generator().manual_seed(0))
    assert y.tolist() == [*range(10)] * 3
    table = points(z, y, z[:5])
    assert (table.label == -1).sum() == 5
    assert table[table.label >= 0].label.tolist() == y.tolist()
