"""Precision, recall, density and coverage against double loops, with ties and duplicates, and planted failures."""

import numpy as np
import pytest
import torch

from latentpriors.metrics import density_coverage, precision_recall


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.array([[np.linalg.norm(x - y) for y in b] for x in a])


def radii(x: np.ndarray, k: int) -> np.ndarray:
    return np.array([sorted(np.delete(row, i))[k - 1] for i, row in enumerate(distances(x, x))])


def expected(real: np.ndarray, fake: np.ndarray, k: int) -> tuple[float, ...]:
    across, of_real, of_fake = distances(real, fake), radii(real, k), radii(fake, k)
    precision = np.mean([any(across[i, j] <= of_real[i] for i in range(len(real))) for j in range(len(fake))])
    recall = np.mean([any(across[i, j] <= of_fake[j] for j in range(len(fake))) for i in range(len(real))])
    inside = np.array([[d < r or d == 0 for d in row] for row, r in zip(across, of_real, strict=True)])
    return precision, recall, inside.sum() / k / len(fake), inside.any(1).mean()


def found(real: np.ndarray, fake: np.ndarray, k: int) -> tuple[float, ...]:
    return *precision_recall(real, fake, k), *density_coverage(real, fake, k)


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize(("n", "m", "D"), [(40, 40, 2), (60, 25, 10), (20, 50, 48)])
def test_agrees_with_double_loops(n: int, m: int, D: int, k: int) -> None:
    random = np.random.default_rng(n)
    real, fake = random.normal(size=(n, D)), 0.2 + 1.1 * random.normal(size=(m, D))
    assert found(real, fake, k) == pytest.approx(expected(real, fake, k))


@pytest.mark.parametrize("origin", [0, 2**20])
@pytest.mark.parametrize("outlier", [0, 2**30])
def test_ties_are_exact(origin: int, outlier: int) -> None:
    """Whole numbers have many equal distances and many duplicates, which a matrix product alone would not see."""
    random = np.random.default_rng(0)
    real, fake = random.integers(-2, 3, size=(2, 60, 3)).astype(float) + origin
    real[0, 0] += outlier
    for k in (1, 2, 3):
        assert found(real, fake, k) == pytest.approx(expected(real, fake, k))


def test_a_set_against_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).normal(size=(300, 20))
    for block in (10, 7000, 10**6):
        monkeypatch.setattr("latentpriors.metrics.neighbours.BLOCK", block)
        assert found(x, x[::-1].copy(), 5) == (1, 1, 1, 1)


def test_equal_distributions_have_the_paper_s_expectations() -> None:
    random, k = np.random.default_rng(0), 5
    found = np.array([density_coverage(*random.normal(size=(2, 1000, 4)), k) for _ in range(5)]).mean(0)
    assert found[0] == pytest.approx(1, abs=0.03)
    missed = np.prod([(1000 - i) / (2000 - i) for i in range(k)])  # lemma 2: the k nearest of 2N − 1 others are real
    assert found[1] == pytest.approx(1 - missed, abs=0.01)


def test_a_mode_dropper_loses_recall_and_coverage_and_noise_loses_precision() -> None:
    random = np.random.default_rng(0)
    centres = 10 * np.eye(4)
    real, fake = (centres[random.integers(4, size=800)] + random.normal(size=(800, 4)) for _ in range(2))
    dropper = centres[random.integers(2, size=800)] + random.normal(size=(800, 4))
    good, dropped, noisy = (found(real, x, 5) for x in (fake, dropper, fake + 5 * random.normal(size=fake.shape)))
    assert min(good) > 0.9
    assert dropped[0] > 0.9
    assert dropped[1] == pytest.approx(0.5, abs=0.07)
    assert dropped[3] == pytest.approx(0.5, abs=0.07)
    assert noisy[0] < 0.5
    assert noisy[2] < 0.5


def test_an_outlier_raises_precision_but_not_density() -> None:
    random = np.random.default_rng(0)
    real, fake = random.normal(size=(500, 8)), random.normal(size=(500, 8)) + 6
    real[0] = 20
    assert precision_recall(real, fake)[0] > 0.99
    assert density_coverage(real, fake)[0] < 0.5


def test_order_and_kind_of_input_do_not_matter() -> None:
    random = np.random.default_rng(0)
    real, fake = random.normal(size=(2, 100, 5)).astype(np.float32)
    again = found(torch.tensor(random.permutation(real)), torch.tensor(random.permutation(fake)), 3)
    assert again == pytest.approx(found(real, fake, 3))


def test_collapse_to_one_point_is_a_figure() -> None:
    real = np.random.default_rng(0).normal(size=(50, 3))
    assert precision_recall(real, np.tile(real[:1], (20, 1))) == (1, 1 / 50)
    assert precision_recall(real, np.full((20, 3), 100.0)) == (0, 0)
    assert density_coverage(real, np.full((20, 3), 100.0)) == (0, 0)


def test_bad_input_is_refused() -> None:
    x = np.random.default_rng(0).normal(size=(10, 2))
    for k in (0, -1, 2.5, True):
        with pytest.raises(ValueError, match="whole number of at least 1"):
            precision_recall(x, x, k)
    for metric in (precision_recall, density_coverage):
        with pytest.raises(ValueError, match="real features have 3 rows, so no neighbour number 3"):
            metric(x[:3], x, 3)
        with pytest.raises(ValueError, match="all the same"):
            metric(np.ones((10, 2)), x, 3)
    with pytest.raises(ValueError, match="fake features have 3 rows"):
        precision_recall(x, x[:3], 3)
    assert density_coverage(x, x[:1], 3)[0] > 0
