"""Nearest neighbours against double loops; a planted memorizer is caught and an honest fit is not."""

import numpy as np
import pytest
import torch
from scipy.stats import mannwhitneyu

from latentpriors.metrics import Memorization, memorization, nearest

D = 8


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    """Training and held-out rows of one mixture of Gaussians."""
    random = np.random.default_rng(0)
    return draw(random, 3000), draw(random, 1000)


def draw(random: np.random.Generator, n: int) -> np.ndarray:
    return 3 * np.eye(D)[random.integers(D, size=n)] + random.normal(size=(n, D))


@pytest.mark.parametrize("block", [1, 90, 10**6])
def test_nearest_agrees_with_double_loops(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr("latentpriors.metrics.neighbours.BLOCK", block)
    random = np.random.default_rng(0)
    queries, points = random.normal(size=(37, 5)), random.normal(size=(50, 5))
    all_distances = np.array([[np.linalg.norm(q - p) for p in points] for q in queries])
    distances, indices = nearest(queries, points)
    assert np.array_equal(indices, all_distances.argmin(1))
    assert np.allclose(distances, all_distances.min(1), rtol=1e-14)


def test_nearest_finds_identical_and_almost_identical_points_far_from_the_origin() -> None:
    points = np.random.default_rng(0).normal(size=(500, 20)) + 1e6
    distances, indices = nearest(torch.tensor(points[::-1].copy()), points)
    assert (distances == 0).all()
    assert np.array_equal(indices, np.arange(500)[::-1])
    moved = points.copy()
    moved[:, 0] += 2**-13
    distances, indices = nearest(moved, points)
    assert np.array_equal(indices, np.arange(500))
    assert np.allclose(distances, 2**-13, rtol=1e-5)


def test_agrees_with_definitions_and_scipy() -> None:
    random = np.random.default_rng(0)
    samples, train, held_out = (random.integers(0, 6, size=(n, 2)).astype(float) for n in (30, 20, 25))
    samples[:, 0] += 0.5

    def to_train(x: np.ndarray) -> np.ndarray:
        return np.array([[np.linalg.norm(a - b) for b in train] for a in x])

    far, far_held_out, own = to_train(samples), to_train(held_out), to_train(train) + np.diag(np.full(20, np.inf))
    U = mannwhitneyu(far.min(1), far_held_out.min(1)).statistic
    found = memorization(samples, train, held_out)
    assert found.c_t == pytest.approx((U - 375) / np.sqrt(750 * 56 / 12))
    assert found.copies == np.mean(far.min(1) <= np.quantile(far_held_out.min(1), 0.01))
    # Where two training rows are equally near either may be the nearest: then the share is between two numbers.
    for share, d in ((found.authenticity, far), (found.authenticity_held_out, far_held_out)):
        choices = [[row.min() > own[j].min() for j in np.flatnonzero(row == row.min())] for row in d]
        assert np.mean([all(c) for c in choices]) <= share <= np.mean([any(c) for c in choices])


@pytest.mark.parametrize("jitter", [0, 1e-9, 1e-3, 0.1])
def test_a_memorizer_is_caught(data: tuple[np.ndarray, np.ndarray], jitter: float) -> None:
    random = np.random.default_rng(1)
    samples = data[0][random.integers(3000, size=1000)] + jitter * random.normal(size=(1000, D))
    found = memorization(samples, *data)
    assert found.memorizing
    assert found.c_t < -30
    assert found.authenticity < 0.1
    assert found.copies > 0.9


def test_some_copies_among_bad_samples_are_caught(data: tuple[np.ndarray, np.ndarray]) -> None:
    samples = 3 * np.random.default_rng(1).normal(size=(1000, D))
    assert not memorization(samples, *data).memorizing
    samples[:100] = data[0][:100]
    found = memorization(samples, *data)
    assert found.c_t > 3  # which alone would have missed them
    assert found.memorizing


def test_some_copies_among_honest_samples_are_caught(data: tuple[np.ndarray, np.ndarray]) -> None:
    samples = draw(np.random.default_rng(1), 1000)
    samples[:300] = data[0][:300]
    assert memorization(samples, *data).memorizing


@pytest.mark.parametrize("dim", [2, 8, 16])
def test_who_drops_all_but_the_densest_mode_is_no_memorizer(dim: int) -> None:
    """Ten modes of different widths; only the tightest is drawn, anew."""
    random = np.random.default_rng(0)
    centers, widths = 8 * random.normal(size=(10, dim)), np.linspace(0.3, 1.5, 10)

    def modes(n: int, most: int) -> np.ndarray:
        k = random.integers(most, size=n)
        return centers[k] + widths[k, None] * random.normal(size=(n, dim))

    found = memorization(modes(1000, 1), modes(5000, 10), modes(1000, 10))
    assert found.c_t < -3
    assert not found.memorizing


def test_ties_of_discrete_rows_are_no_copies() -> None:
    rows = [np.random.default_rng(seed).normal(size=(2000, 2)).round(1) for seed in range(3)]
    found = memorization(*rows)
    assert found.copies == pytest.approx(0.01, abs=0.02)
    assert not found.memorizing


def test_honest_fits_are_not_caught(data: tuple[np.ndarray, np.ndarray]) -> None:
    for seed in range(5):
        found = memorization(draw(np.random.default_rng(10 + seed), 1000), *data)
        assert not found.memorizing
        assert abs(found.c_t) < 3.5
        assert found.authenticity == pytest.approx(found.authenticity_held_out, abs=0.07)
        assert found.copies < 0.03
    train, held_out = data
    fitted = np.random.default_rng(1).multivariate_normal(train.mean(0), np.cov(train.T), size=1000)
    assert not memorization(fitted, train, held_out).memorizing


def test_order_does_not_matter_and_constants_have_figures(data: tuple[np.ndarray, np.ndarray]) -> None:
    random = np.random.default_rng(2)
    samples = draw(random, 500)
    shuffled = memorization(random.permutation(samples), *(random.permutation(x) for x in data))
    assert shuffled == pytest.approx(memorization(samples, *data))
    ones = np.ones((20, 3))
    assert memorization(ones, ones, ones) == pytest.approx(
        Memorization(0, 0, 0, 1 / 20)
    )  # one of twenty is a hundredth


def test_equal_training_rows_are_neighbours_of_each_other() -> None:
    train = np.repeat(np.arange(5.0), 2)[:, None]
    assert memorization(train[::2] + 0.25, train, train[::2] + 0.25).authenticity == 1
    assert memorization(train[::2] + 0.25, train[::2], train[::2] + 0.25).authenticity == 0


@pytest.mark.parametrize("share", [0.1, 0.2, 0.4])
def test_many_copies_do_not_hide_among_samples_a_little_off(data: tuple[np.ndarray, np.ndarray], share: float) -> None:
    # Honest samples that are farther off than held-out rows: copies bring C_T back to that of new data, and
    # authenticity down to that of held-out rows.
    train, held_out = data
    random = np.random.default_rng(1)
    samples = draw(random, 1000)
    samples += 0.3 * random.normal(size=samples.shape)
    assert not memorization(samples, train, held_out).memorizing
    count = round(share * len(samples))
    samples[:count] = train[:count]
    assert memorization(samples, train, held_out).memorizing
