"""Classes from few labels: what a network with a head for the class learns from images that have none."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from latentpriors.studies.few_labels import errors_of_codes
from latentpriors.studies.heads import HeadsAAE, check_labels, draw_labels, head_figures, heads_grid
from latentpriors.training import Budget, train

SETTINGS = {"network": "mlp", "channels": [], "hidden": 32, "learning_rate": 5e-3, "critic_hidden": [64, 64]}
LABELS = torch.arange(60) % 3


def patches(seed: int, n: int) -> tuple[Tensor, Tensor]:
    """Returns images (N, 1, 4, 4) of four classes, each a row lit more or less brightly in noise, and their labels."""
    random = torch.Generator().manual_seed(seed)
    y, x = torch.arange(n) % 4, 0.3 * torch.rand(n, 1, 4, 4, generator=random)
    x[torch.arange(n), 0, y] += 0.3 + 0.4 * torch.rand(n, 1, generator=random)
    return x, y


def fitted(labelled: tuple[Tensor, Tensor], x: Tensor, steps: int = 1000) -> HeadsAAE:
    torch.manual_seed(0)
    model = HeadsAAE((1, 4, 4), 4, 1, labelled, **SETTINGS)
    train(model, (x,), Budget(steps, 100, torch.Generator().manual_seed(1)))
    return model


def test_draws_are_of_equal_classes_and_differ() -> None:
    draws = [draw_labels(LABELS, 12, 3, seed) for seed in (0, 0, 1)]
    assert all(torch.bincount(LABELS[told]).tolist() == [4, 4, 4] and len(set(told.tolist())) == 12 for told in draws)
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (2, "2 labels of 3 classes: a multiple is needed, equally many of each"),
        (10, "10 labels of 3 classes: a multiple"),
        (63, "class 0 has 20 images, and 21 labels of it are asked for"),
    ],
)
def test_labels_that_cannot_be_drawn(count: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw_labels(LABELS, count, 3, 0)


def test_a_class_without_a_label_and_a_label_without_a_class() -> None:
    with pytest.raises(ValueError, match="3 labels and none of class 1; each of 3 classes needs one"):
        check_labels(torch.tensor([0, 2, 2]), 3)
    with pytest.raises(ValueError, match="labels from 0 to 3: 0 to 2 are the classes"):
        HeadsAAE((1, 4, 4), 3, 1, (torch.zeros(4, 1, 4, 4), torch.arange(4)), **SETTINGS)


def test_few_labels_name_the_classes_and_permuted_ones_rename_them() -> None:
    x, y = patches(0, 800)
    told = draw_labels(y, 16, 4, 0)
    test = patches(1, 400)
    assert head_figures(fitted((x[told], y[told]), x), *test)["error"] < 0.05
    names = torch.tensor([2, 0, 3, 1])
    renamed = fitted((x[told], names[y[told]]), x)
    assert head_figures(renamed, test[0], names[test[1]])["error"] < 0.05
    assert head_figures(renamed, *test)["error"] > 0.9


def test_critics_see_their_own_head_alone_and_reach_the_optimum() -> None:
    """Styles N(1, 1) against N(0, 1), classes drawn from the prior itself: what both critics can tell is known."""
    torch.manual_seed(0)
    model = HeadsAAE((1, 1, 4), 3, 1, **SETTINGS, critic_learning_rate=3e-3)
    model.encoder, model.turns = _Given(), ("critics",)
    random = torch.Generator().manual_seed(0)
    logits = 50 * nn.functional.one_hot(torch.randint(3, (4000,), generator=random), 3)
    x = torch.cat([logits, 1 + torch.randn(4000, 1, generator=random)], 1)[:, None, None]
    found = train(model, (x,), Budget(1500, 500, torch.Generator().manual_seed(1)))
    # 2 log 2 less twice the Jensen-Shannon divergence: nothing for the classes, by quadrature for the styles.
    z = np.linspace(-9, 10, 20001)
    p, q = (np.exp(-((z - mean) ** 2) / 2) / np.sqrt(2 * np.pi) for mean in (0, 1))
    styles = -np.trapezoid(p * np.log(p / (p + q)) + q * np.log(q / (p + q)), z)
    assert found["critics"] == pytest.approx(np.log(4) + styles, abs=0.04)


class _Given(nn.Linear):
    """An encoder that gives what stands in the image; its weights, which no turn moves, are not used."""

    def __init__(self):
        super().__init__(1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)


def test_noise_is_added_in_training_alone() -> None:
    model, x = HeadsAAE((1, 4, 4), 4, 1, noise_scale=0.5, **SETTINGS), torch.zeros(2000, 1, 4, 4)
    model.generator = torch.Generator().manual_seed(0)
    assert model.noisy(x).std() == pytest.approx(0.5, rel=0.02)
    assert torch.equal(*(model.heads(x[:1])[0] for _ in range(2)))


def test_a_head_that_uses_one_class_is_seen() -> None:
    model, (x, y) = HeadsAAE((1, 4, 4), 4, 1, **SETTINGS), patches(0, 100)
    with torch.no_grad():
        model.encoder[-1].weight.zero_()
        model.encoder[-1].bias.copy_(torch.tensor([0.0, 9.0, 0.0, 0.0, 0.0]))
    found = head_figures(model, x, y)
    assert found["classes_used"] == 1
    assert found["error"] == 0.75
    assert found["confidence"] == pytest.approx(1 / (1 + 3 * np.exp(-9)))


def test_the_picture_has_a_column_for_each_class() -> None:
    model = HeadsAAE((1, 4, 4), 3, 2, **SETTINGS)
    grid = heads_grid(model, 2, torch.Generator().manual_seed(0)).unflatten(0, (3, 3))
    with torch.no_grad():
        head = model.decode(model.code(torch.eye(3)[1:2], torch.zeros(1, 2)))[0]
    assert torch.allclose(grid[0, 1].float() / 255, head, atol=0.51 / 255)
    assert not torch.equal(grid[1], grid[2])


def test_labels_spread_along_a_ring_where_neighbours_fail() -> None:
    """Two rings with two labels each: the nearest labelled code is often of the other ring, its chain never is."""
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], 1)
    codes, labels = np.concatenate([ring, 2 * ring]), np.repeat([0, 1], 200)
    found = errors_of_codes(codes, labels, [0, 10, 300, 310], codes, labels)
    assert found["spreading_error"] == 0
    assert found["knn_error"] > 0.2
    blind = errors_of_codes(codes, np.where(np.isin(np.arange(400), [0, 10, 300, 310]), labels, 1 - labels),
                            [0, 10, 300, 310], codes, labels)  # fmt: skip
    assert blind == found  # labels that are not told are not looked at
    with pytest.raises(ValueError, match="a class has one label"):
        errors_of_codes(codes, labels, [0, 10, 300], codes, labels)
