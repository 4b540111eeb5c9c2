"""Latent-space metrics against closed forms and SciPy, and on planted differences."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from scipy.stats import wasserstein_distance

from latentpriors.metrics import class_structure, sliced_wasserstein, two_sample_test


def normal(n: int, D: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, D))


def test_one_dimension_is_the_optimal_assignment() -> None:
    a, b = normal(30, 1, 0), 2 * normal(30, 1, 1)
    cost = (a - b.T) ** 2
    assert sliced_wasserstein(a, b) ** 2 == pytest.approx(cost[linear_sum_assignment(cost)].mean())


@pytest.mark.parametrize(("n", "m"), [(1, 7), (4, 6), (9, 10), (12, 4)])
def test_unequal_counts_are_equal_ones_of_repeated_rows(n: int, m: int) -> None:
    a, b, common = normal(n, 3, 0), normal(m, 3, 1), math.lcm(n, m)
    repeated = np.repeat(a, common // n, axis=0), np.repeat(b, common // m, axis=0)
    assert sliced_wasserstein(a, b) == pytest.approx(sliced_wasserstein(*repeated), rel=1e-12)


def test_ordered_sets_agree_with_scipy() -> None:
    """Where every quantile moves by the same, the distances of first and second order are one."""
    a = normal(50, 1, 0)
    assert sliced_wasserstein(a, a + 0.3) == pytest.approx(wasserstein_distance(a[:, 0], a[:, 0] + 0.3))


def test_closed_forms_in_many_dimensions() -> None:
    x, v = normal(200, 8, 0), np.arange(8.0)
    # θ·v has mean square |v|² / D; the direction's norm does not count.
    assert sliced_wasserstein(x, x + v, projections=4000) == pytest.approx(np.linalg.norm(v) / np.sqrt(8), rel=0.04)
    # Twice as wide moves every projection by its own standard deviation, which is 1 on average.
    assert sliced_wasserstein(normal(20000, 8, 1), 2 * normal(20000, 8, 2)) == pytest.approx(1, rel=0.03)


def test_sliced_order_kind_and_seed() -> None:
    a, b = normal(100, 4, 0), normal(80, 4, 1)
    found = sliced_wasserstein(a, b, seed=3)
    assert sliced_wasserstein(torch.tensor(a[::-1].copy()), b[::-1], seed=3) == pytest.approx(found, rel=1e-12)
    assert sliced_wasserstein(a, b, seed=4) != found
    assert sliced_wasserstein(a, a[::-1]) == pytest.approx(0, abs=1e-12)
    assert sliced_wasserstein(np.ones((4, 2)), np.ones((5, 2))) == 0
    with pytest.raises(ValueError, match="projection"):
        sliced_wasserstein(a, b, projections=0)


def test_two_samples_of_one_distribution_cannot_be_told_apart() -> None:
    found = [two_sample_test(normal(400, 6, 2 * seed), normal(400, 6, 2 * seed + 1), seed) for seed in range(20)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.015)
    assert np.std(found) < 0.04


@pytest.mark.parametrize("scale", [1, 1e-6, 1e6])
def test_two_samples_far_apart_and_half_apart_are_told_apart(scale: float) -> None:
    a, b = scale * normal(500, 3, 0), scale * normal(500, 3, 1)
    assert two_sample_test(a, b + 20 * scale) == 1
    half = np.concatenate([b[:250], b[250:] + 20 * scale])
    # Of b's near half a third of the neighbours are b's, so that most of it is taken for a.
    assert two_sample_test(a, half) == pytest.approx(0.75, abs=0.07)


def test_two_sample_test_sees_what_moments_do_not() -> None:
    random = np.random.default_rng(0)
    ring = random.normal(size=(1000, 2))
    ring *= np.sqrt(2) / np.linalg.norm(ring, axis=1, keepdims=True)
    assert two_sample_test(ring, random.normal(size=(1000, 2))) > 0.8


def test_two_sample_test_of_unequal_counts_and_constants() -> None:
    found = two_sample_test(normal(2000, 4, 0), torch.tensor(normal(300, 4, 1)), seed=1)
    assert found == pytest.approx(0.5, abs=0.08)  # not the 0.87 of naming the larger set
    assert two_sample_test(normal(2000, 4, 0), normal(300, 4, 1), seed=1) == found
    assert two_sample_test(np.ones((50, 2)), np.ones((50, 2))) == pytest.approx(0.5, abs=0.1)
    a = normal(100, 3, 0)
    shuffled = two_sample_test(np.random.default_rng(0).permutation(a), a + 50)
    assert shuffled == 1


def clusters(n: int, distance: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = random.integers(3, size=n)
    return distance * np.eye(3)[labels] + random.normal(size=(n, 3)), labels


def test_class_structure_of_separate_clusters_and_of_none() -> None:
    train, test = clusters(600, 20, 0), clusters(300, 20, 1)
    assert class_structure(*train, *test) == {"knn": 1, "probe": 1, "nmi": pytest.approx(1)}
    noise = class_structure(*clusters(600, 0, 0), *clusters(300, 0, 1))
    assert noise["knn"] == pytest.approx(1 / 3, abs=0.1)
    assert noise["probe"] == pytest.approx(1 / 3, abs=0.1)
    assert noise["nmi"] < 0.05


def test_class_structure_tells_its_three_figures_apart() -> None:
    """Two rings are known to neighbours but to no plane; a narrow direction is known to a probe, not to k-means."""
    random = np.random.default_rng(0)
    angle, labels = random.uniform(0, 2 * np.pi, 1000), random.integers(2, size=1000)
    rings = (1 + 2 * labels)[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    found = class_structure(rings[:700], labels[:700], rings[700:], labels[700:])
    assert found["knn"] > 0.99
    assert found["probe"] < 0.65
    wide = np.stack([labels + random.normal(size=1000) / 10, 100 * random.normal(size=1000)], 1)
    found = class_structure(torch.tensor(wide[:700]), torch.tensor(labels[:700]), wide[700:], labels[700:])
    assert found["probe"] > 0.99
    assert found["nmi"] < 0.05


def test_probe_is_the_best_linear_rule_of_two_gaussians() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(2, size=6000)
    codes = random.normal(size=(6000, 2)) + 2 * labels[:, None] * [1, 0]
    found = class_structure(codes[:4000], labels[:4000], codes[4000:], labels[4000:])
    bayes = (1 + math.erf(1 / math.sqrt(2))) / 2  # of N(0, 1) and N(2, 1)
    assert found["probe"] == pytest.approx(bayes, abs=0.025)


def test_class_structure_refuses_bad_labels() -> None:
    codes, labels = clusters(50, 1, 0)
    for bad in (labels[:-1], labels[:, None], np.full(50, np.nan)):
        with pytest.raises(ValueError, match="labels"):
            class_structure(codes, bad, codes, labels)
        with pytest.raises(ValueError, match="labels"):
            class_structure(codes, labels, codes, bad)
    with pytest.raises(ValueError, match="two classes"):
        class_structure(codes, np.zeros(50), codes, labels)
