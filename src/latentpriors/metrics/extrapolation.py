"""The Fréchet distance without the bias of the sample count."""

__all__ = ["extrapolated_frechet"]

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .arrays import checked, count
from .frechet import frechet_distance, moments


def extrapolated_frechet(
    features: ArrayLike, mean: ArrayLike, cov: ArrayLike, sizes: Sequence[int], seed: int, exchangeable: bool = False
) -> tuple[list[float], float]:
    """Returns the Fréchet distance at several sample counts, and at infinitely many samples.

    At a count N the figure is the mean over N_max // N random subsets that share no row. Its bias falls as 1 / N, so
    a line in 1 / N is fitted through the figures, and its intercept is the figure at infinity, which noise can make
    slightly negative. The bias of the reference's own count stays in it.

    References:
        | Effectively Unbiased FID and Inception Score and where to find them (Chong and Forsyth, 2020)

    Arguments:
        features: Of the samples, with shape (N_max, D).
        mean, cov: The reference's moments, with shapes (D,) and (D, D).
        sizes: At least two different counts, more than D (better ten times D) and at most N_max.
        seed: Of the subsets.
        exchangeable: Whether the rows come in an order of chance already, as draws from a prior do. Others are sorted
            by value first, so that nothing rests on their order, which may be that of file names.

    Raises:
        ValueError: such sizes are not given, the seed is negative, or what `moments` and `frechet_distance` refuse.

    Example:
        >>> samples, sizes = np.random.default_rng(0).normal(size=(20_000, 4)), [50, 100]
        >>> values, limit = extrapolated_frechet(samples, np.zeros(4), np.eye(4), sizes, seed=0)
        >>> [round(size * value) for size, value in zip(sizes, values, strict=True)]  # a bias of (4 + 4 · 5 / 4) / N
        [9, 9]
        >>> abs(limit) < 0.01  # the samples are of the reference itself
        True
    """
    x, sizes = checked(features, "features", 2), np.asarray(sizes)
    if sizes.ndim != 1 or not np.issubdtype(sizes.dtype, np.integer) or len(np.unique(sizes)) < 2:
        raise ValueError(f"sizes are {sizes.tolist()}; at least two different counts are needed to fit a line")
    if sizes.min() <= x.shape[1] or sizes.max() > len(x):
        raise ValueError(
            f"sizes are {sizes.tolist()}; they must exceed the {x.shape[1]} dimensions, up to {len(x)} rows"
        )
    if not exchangeable:
        x = x[np.lexsort(x.T)]
    random = np.random.default_rng(count(seed, "seed", 0))
    values = [_mean_distance(random.permutation(x), size, mean, cov) for size in sizes]
    return values, float(np.polyfit(1 / sizes, values, 1)[1])


def _mean_distance(x: np.ndarray, size: int, mean: ArrayLike, cov: ArrayLike) -> float:
    starts = range(0, len(x) - size + 1, size)
    return float(np.mean([frechet_distance(*moments(x[start : start + size]), mean, cov) for start in starts]))
