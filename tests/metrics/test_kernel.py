"""The kernel distance against double loops, scikit-learn, and what an unbiased estimate must do."""

import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import polynomial_kernel

from latentpriors.metrics import kernel, kernel_distance


def sets(n: int, m: int, D: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.normal(size=(n, D)), 0.5 + 2 * random.normal(size=(m, D))


def test_agrees_with_the_sum_over_pairs() -> None:
    x, y = sets(7, 5, 3)

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return (sum(a[i] * b[i] for i in range(3)) / 3 + 1) ** 3

    within = [[k(a, b) for i, a in enumerate(z) for j, b in enumerate(z) if i != j] for z in (x, y)]
    across = [k(a, b) for a in x for b in y]
    expected = np.mean(within[0]) + np.mean(within[1]) - 2 * np.mean(across)
    assert kernel_distance(x, y) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("n", "m", "D"), [(2, 2, 1), (300, 200, 48), (131, 260, 10)])
@pytest.mark.parametrize("block", [1, 1000, 10**6])
def test_agrees_with_scikit_learn_in_blocks_of_any_size(
    monkeypatch: pytest.MonkeyPatch, n: int, m: int, D: int, block: int
) -> None:
    monkeypatch.setattr(f"{kernel_distance.__module__}.BLOCK", block)
    x, y = sets(n, m, D)
    xx, yy, xy = (polynomial_kernel(a, b, degree=3, gamma=1 / D, coef0=1) for a, b in ((x, x), (y, y), (x, y)))
    expected = (xx.sum() - np.trace(xx)) / n / (n - 1) + (yy.sum() - np.trace(yy)) / m / (m - 1) - 2 * xy.mean()
    assert kernel.kernel_distance(x, y) == pytest.approx(expected, rel=1e-10)


def test_is_unbiased_at_small_counts() -> None:
    random = np.random.default_rng(0)
    found = [kernel_distance(*random.normal(size=(2, 10, 4))) for _ in range(2000)]
    assert min(found) < 0
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(len(found))


def test_population_value_of_a_shift_in_one_dimension() -> None:
    # Of N(0, 1) and N(t, 1): 3 E² + 3 (E x²)² + (E x³)² differences, from the binomial expansion of the kernel.
    t, random = 0.7, np.random.default_rng(0)
    x, y = random.normal(size=(2, 5000, 1))
    expected = 3 * t**2 + 3 * (t**2) ** 2 + (t**3 + 3 * t) ** 2
    assert kernel_distance(x, y + t) == pytest.approx(expected, rel=0.1)


def test_order_and_kind_of_input_do_not_matter() -> None:
    x, y = (z.astype(np.float32) for z in sets(50, 60, 6))
    expected, random = kernel_distance(x, y), np.random.default_rng(1)
    assert kernel_distance(random.permutation(x), random.permutation(y)) == pytest.approx(expected, rel=1e-10)
    assert kernel_distance(torch.tensor(x, requires_grad=True), torch.tensor(y)) == expected
    assert kernel_distance(y, x) == pytest.approx(expected, rel=1e-10)


def test_constant_and_huge_features_stay_finite() -> None:
    assert kernel_distance(np.ones((5, 2)), np.ones((4, 2))) == pytest.approx(0, abs=1e-12)
    assert kernel_distance(np.zeros((5, 2)), np.ones((4, 2))) == pytest.approx(7)
    assert np.isfinite(kernel_distance(np.full((500, 2), 1e40), np.full((400, 2), -1e40)))
