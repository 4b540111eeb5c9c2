"""A supervised autoencoder on images whose class and style are known: what code, critic and decoder have of each."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor

from latentpriors.studies.styles import StyleAAE, style_grid
from latentpriors.training import Budget, train

SETTINGS = {"network": "mlp", "channels": [], "hidden": 32, "learning_rate": 5e-3, "critic_hidden": [64, 64]}


def bars(seed: int, n: int = 600) -> tuple[Tensor, Tensor, Tensor]:
    """Returns images (N, 1, 4, 4) with their class, which row is lit, and their style, how brightly, from 0.2 to 1."""
    random = torch.Generator().manual_seed(seed)
    y, style = torch.randint(4, (n,), generator=random), 0.2 + 0.8 * torch.rand(n, generator=random)
    x = torch.zeros(n, 1, 4, 4)
    x[torch.arange(n), 0, y] = style[:, None]
    return x, y, style


def fitted(x: Tensor, y: Tensor, told: bool, style: int = 1) -> StyleAAE:
    torch.manual_seed(0)
    model = StyleAAE((1, 4, 4), 4, style, told, **SETTINGS)
    train(model, (x, y), Budget(2000, 100, torch.Generator().manual_seed(1)))
    return model


class Identity(torch.nn.Linear):
    """An encoder of images of one pixel that gives the pixel; its weight, which no turn moves, is not used."""

    def __init__(self):
        super().__init__(1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)


def read(codes: Tensor, y: Tensor) -> float:
    half = len(y) // 2
    return KNeighborsClassifier().fit(codes[:half], y[:half]).score(codes[half:], y[half:])


@torch.no_grad()
def shown(model: StyleAAE) -> np.ndarray:
    """Returns which row is brightest where a class is asked for with styles from N(0, I), and the class."""
    y = torch.arange(4).repeat(100)
    z = torch.randn(400, model.style, generator=torch.Generator().manual_seed(2))
    rows = model.decode(model.joined(z, y)).mean(3)[:, 0]
    return np.stack([rows.argmax(1).numpy(), y.numpy()])


def test_the_code_keeps_the_style_and_the_label_brings_the_class() -> None:
    x, y, style = bars(0)
    model = fitted(x, y, told=True)
    with torch.no_grad():
        codes = model.encoder(x)
    assert read(codes, y) < 0.6  # chance is 0.25; with labels that say nothing it is above 0.8, see below
    within = [abs(spearmanr(codes[y == label, 0], style[y == label]).statistic) for label in range(4)]
    assert min(within) > 0.9
    seen, asked = shown(model)
    assert (seen == asked).mean() > 0.95


def test_permuted_labels_bring_no_class() -> None:
    x, y, _ = bars(0)
    model = fitted(x, y[torch.randperm(600, generator=torch.Generator().manual_seed(3))], told=True)
    seen, asked = shown(model)
    assert abs((seen == asked).mean() - 0.25) < 0.1
    with torch.no_grad():
        assert read(model.encoder(x), y) > 0.8  # the code has to say which row is lit


def test_only_a_critic_that_is_told_sees_classes_apart() -> None:
    """Codes of two classes that are N(0, 1) together and its halves apart: blind, D = 1/2; told, D = 1/3 or 1."""
    y = torch.arange(2).repeat(2000)
    z = torch.randn(4000, 1, generator=torch.Generator().manual_seed(0)).abs() * (2 * y[:, None] - 1.0)
    for told, optimum in ((False, np.log(4)), (True, np.log(1.5) + 0.5 * np.log(3))):
        torch.manual_seed(0)
        model = StyleAAE((1, 1, 1), 2, 1, told, **SETTINGS, critic_learning_rate=3e-3)
        model.encoder, model.turns = Identity(), ("critic",)
        found = train(model, (z[:, :, None, None], y), Budget(1500, 500, torch.Generator().manual_seed(1)))
        assert found["critic"] == pytest.approx(optimum, abs=0.04)


def test_a_row_of_the_grid_is_one_style() -> None:
    x, y, _ = bars(0, 100)
    model = fitted(x, y, told=False)
    grid = style_grid(model, x[:3], 3, torch.Generator().manual_seed(0)).unflatten(0, (6, 5))
    assert torch.equal(grid[:3, 0], (x[:3] * 255).round().byte())
    assert not grid[3:, 0].any()
    with torch.no_grad():
        z = model.encoder(x[1:2])
        again = model.decode(model.joined(z, torch.tensor([2])))
    assert torch.allclose(grid[1, 3].float() / 255, again[0], atol=0.51 / 255)
