"""The Fréchet distance against closed forms and SciPy, and on hostile input."""

import math

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from latentpriors.metrics import frechet_distance, moments


def gaussian(D: int, rank: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    root = random.normal(size=(D, rank))
    return random.normal(size=D), root @ root.T


def close(found: float, expected: float, a: tuple, b: tuple) -> bool:
    scale = ((a[0] - b[0]) ** 2).sum() + np.trace(a[1]) + np.trace(b[1])
    return abs(found - expected) <= 1e-6 * scale


@pytest.mark.parametrize("D", [1, 2, 10, 64])
def test_agrees_with_scipy(D: int) -> None:
    a, b = gaussian(D, 2 * D, 0), gaussian(D, 2 * D, 1)
    expected = ((a[0] - b[0]) ** 2).sum() + np.trace(a[1] + b[1] - 2 * sqrtm(a[1] @ b[1]).real)
    assert close(frechet_distance(*a, *b), expected, a, b)


def test_commuting_covariances_have_a_closed_form() -> None:
    variances = np.array([0.0, 1e-12, 1.0, 4.0]), np.array([9.0, 1e-10, 0.0, 1.0])
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    covs = [rotation @ np.diag(v) @ rotation.T for v in variances]
    expected = ((np.sqrt(variances[0]) - np.sqrt(variances[1])) ** 2).sum()
    assert frechet_distance(np.zeros(4), covs[0], np.zeros(4), covs[1]) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("scale", [1e-150, 1e-30, 1.0, 1e30, 1e140])
@pytest.mark.parametrize("rank", [1, 3, 20])
def test_scaled_and_rank_deficient(scale: float, rank: int) -> None:
    mean, cov = gaussian(10, rank, 0)
    expected = np.trace(cov)  # of N(0, S) and N(0, 4 S)
    found = frechet_distance(mean * scale, cov * scale**2, mean * scale, 4 * cov * scale**2)
    assert found == pytest.approx(expected * scale**2, rel=1e-9)


def test_identical_input_is_zero_and_orthogonal_supports_add_up() -> None:
    mean, cov = gaussian(30, 5, 0)
    assert abs(frechet_distance(mean, cov, mean, cov)) <= 1e-9 * np.trace(cov)
    assert frechet_distance([0, 0], np.diag([3.0, 0]), [0, 0], np.diag([0, 5.0])) == pytest.approx(8)
    assert frechet_distance([0, 0], np.zeros((2, 2)), [3, 4], np.zeros((2, 2))) == pytest.approx(25)


def test_far_means_and_one_dimension() -> None:
    assert frechet_distance([1e8], [[1.0]], [-1e8], [[1.0]]) == pytest.approx(4e16)
    assert frechet_distance(np.zeros(1), np.cov([1.0, 3.0]), np.zeros(1), 8.0) == pytest.approx(2)
    assert frechet_distance([0.0], [[4.0]], [1.0], [[9.0]]) == pytest.approx(2)


def test_takes_tensors_and_never_returns_nan() -> None:
    x = torch.randn(50, 6)
    mean, cov = x.mean(0), torch.cov(x.T)
    assert frechet_distance(mean, cov, mean.numpy(), cov.numpy()) == pytest.approx(0, abs=1e-6)
    for size in (1e-160, 1e-200, 1e150):
        assert not math.isnan(frechet_distance([size, 0], size * np.eye(2), [0, size], np.zeros((2, 2))))


@pytest.mark.parametrize(
    ("mean", "cov"),
    [
        (np.zeros(3), np.eye(2)),
        (np.zeros((2, 1)), np.eye(2)),
        (np.zeros(2), np.ones((2, 3))),
        (np.zeros(2), np.array([[1.0, 0.5], [0.2, 1.0]])),
        (np.array([0.0, np.nan]), np.eye(2)),
        (np.zeros(2), np.diag([1.0, np.inf])),
        (np.zeros(2), np.diag([1.0, -1.0])),
        (np.zeros(0), np.zeros((0, 0))),
    ],
)
def test_bad_input_is_refused(mean: np.ndarray, cov: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"mean|cov"):
        frechet_distance(mean, cov, np.zeros(2), np.eye(2))
    with pytest.raises(ValueError, match=r"mean|cov"):
        frechet_distance(np.zeros(2), np.eye(2), mean, cov)


def test_dimensions_must_agree() -> None:
    with pytest.raises(ValueError, match="2 and 3 dimensions"):
        frechet_distance(np.zeros(2), np.eye(2), np.zeros(3), np.eye(3))


def test_moments() -> None:
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    mean, cov = moments(x)
    assert np.allclose(mean, x.astype(np.float64).mean(0))
    assert np.allclose(cov, np.cov(x.astype(np.float64).T))
    assert moments(x[:, :1])[1].shape == (1, 1)
    for bad in (x[:1], x[0], np.full((5, 2), np.nan)):
        with pytest.raises(ValueError, match="features"):
            moments(bad)
