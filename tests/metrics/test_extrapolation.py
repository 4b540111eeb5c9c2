"""The extrapolated Fréchet distance against the known bias of Gaussians."""

import numpy as np
import pytest
import torch

from latentpriors.metrics import extrapolated_frechet, frechet_distance, moments

D, SIZES = 6, [200, 400, 1000, 4000]
MEAN, COV = np.zeros(D), np.eye(D)


def features(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(4000, D))


def test_bias_and_its_removal_on_the_reference_itself() -> None:
    found = [extrapolated_frechet(features(seed), MEAN, COV, SIZES, seed) for seed in range(20)]
    # To second order: D / N of the mean, and (D² + D) / 4 N of the covariance.
    expected = (D + (D**2 + D) / 4) / np.array(SIZES)
    assert np.allclose(np.mean([values for values, _ in found], 0), expected, rtol=0.05, atol=0.001)
    infinity = [at for _, at in found]
    assert abs(np.mean(infinity)) < expected[-1] / 4
    assert min(infinity) < 0  # noise may take it below


def test_a_known_distance_is_found_better_than_at_any_count() -> None:
    mean, cov = np.full(D, 0.1), 1.1**2 * COV  # |m|² = 0.06, and D 0.1² = 0.06
    found = [extrapolated_frechet(features(seed), mean, cov, SIZES, seed) for seed in range(20)]
    values, infinity = np.mean([v for v, _ in found], 0), np.mean([at for _, at in found])
    assert infinity == pytest.approx(0.12, abs=0.004)
    assert abs(infinity - 0.12) < np.abs(values - 0.12).min()
    assert (np.diff(values) < 0).all()


def test_all_rows_give_the_plain_figure_and_points_on_a_line_their_intercept() -> None:
    x = features()
    values, infinity = extrapolated_frechet(x, MEAN, COV, [1000, 4000], 0)
    assert values[1] == pytest.approx(frechet_distance(*moments(x), MEAN, COV))
    # Through two points: a + b / N.
    assert infinity == pytest.approx(values[1] + (values[1] - values[0]) / 3)


def test_order_of_sizes_kind_of_input_and_seed() -> None:
    x = features()
    values, infinity = extrapolated_frechet(x, MEAN, COV, [4000, 1000, 400], 0)
    again = extrapolated_frechet(torch.tensor(x), torch.tensor(MEAN), torch.tensor(COV), [4000, 1000, 400], 0)
    assert again == (values, infinity)
    assert values[0] < values[1] < values[2]
    assert extrapolated_frechet(x, MEAN, COV, [4000, 1000, 400], 1)[1] != infinity


@pytest.mark.parametrize("x", [features(), features().round(), np.sort(features(), 0)], ids=["any", "ties", "sorted"])
def test_figures_do_not_rest_on_the_order_of_rows(x: np.ndarray) -> None:
    shuffled = np.random.default_rng(5).permutation(x)
    found, again = (extrapolated_frechet(rows, MEAN, COV, SIZES, 0) for rows in (x, shuffled))
    assert [*found[0], found[1]] == pytest.approx([*again[0], again[1]], rel=1e-12)
    drawn = [extrapolated_frechet(rows, MEAN, COV, SIZES, 0, exchangeable=True)[1] for rows in (x, shuffled)]
    assert drawn[0] == pytest.approx(drawn[1], abs=0.003)
    assert drawn[0] != drawn[1]


@pytest.mark.parametrize("sizes", [[1000], [1000, 1000], [], [6, 1000], [1000, 4001], [0.5, 100.5], [[100, 200]]])
def test_bad_sizes_are_refused(sizes: list) -> None:
    with pytest.raises(ValueError, match="sizes"):
        extrapolated_frechet(features(), MEAN, COV, sizes, 0)


def test_constant_features_have_a_figure() -> None:
    values, infinity = extrapolated_frechet(np.ones((50, D)), MEAN, COV, [10, 50], 0)
    assert values == pytest.approx([2 * D, 2 * D])
    assert infinity == pytest.approx(2 * D)
