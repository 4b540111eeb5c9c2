"""Fidelity and diversity apart: how much of one set of features lies in the neighbourhoods of the other."""

__all__ = ["density_coverage", "precision_recall"]

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from .arrays import count, pair
from .neighbours import distance, neighbours, squared_blocks

NAMES = ("real features", "fake features")


def precision_recall(real: ArrayLike, fake: ArrayLike, k: int = 3) -> tuple[float, float]:
    """Returns the share of fake rows inside the real manifold, and of real rows inside the fake one.

    A set's manifold is the union of closed balls around its rows, each as large as the distance to the row's k-th
    nearest other row of the set. Both fall with low quality, precision, and with missing variety, recall; a single
    outlier's large ball can raise them.

    References:
        | Improved Precision and Recall Metric for Assessing Generative Models (Kynkäänniemi et al., 2019)

    Arguments:
        real: With shape (N, D), N more than k.
        fake: With shape (M, D), M more than k.

    Raises:
        ValueError: k is no positive whole number or a set has no k-th neighbour, wrong shapes, entries that are not
            finite, different dimensions, or real rows that are all the same.

    Example:
        >>> real, fake = [[0], [1], [10], [11]], [[0], [1]]  # all fake rows are right, but one of two modes is missing
        >>> precision_recall(real, fake, k=1)
        (1.0, 0.5)
    """
    real, fake = _checked(real, fake, k, True)
    return _covered(fake, real, _radii(real, k)), _covered(real, fake, _radii(fake, k))


def density_coverage(real: ArrayLike, fake: ArrayLike, k: int = 5) -> tuple[float, float]:
    """Returns how many real balls a fake row lies in, over k, and the share of real balls that hold a fake row.

    The balls are those of `precision_recall` around real rows, but open, as in the authors' code: a set against
    itself has density 1. Where both sets come from one distribution, density is 1 on average (it can exceed 1) and
    coverage about 1 − 2⁻ᵏ for equal counts. An outlier has little weight in either.

    References:
        | Reliable Fidelity and Diversity Metrics for Generative Models (Naeem et al., 2020)

    Arguments:
        real: With shape (N, D), N more than k.
        fake: With shape (M, D).

    Raises:
        ValueError: as `precision_recall`.

    Example:
        >>> real, fake = [[0], [1], [10], [11]], [[0], [1]]  # each fake row in one open ball, two of four balls empty
        >>> density_coverage(real, fake, k=1)
        (1.0, 0.5)
    """
    real, fake = _checked(real, fake, k, False)
    hits, held = 0, np.zeros(len(real), dtype=bool)
    for inside in _inside(fake, real, _radii(real, k), closed=False):
        hits += np.count_nonzero(inside)
        held |= inside.any(0)
    return float(hits / k / len(fake)), float(held.mean())


def _checked(real: ArrayLike, fake: ArrayLike, k: int, both: bool) -> tuple[np.ndarray, np.ndarray]:
    k = count(k, "k")
    real, fake = pair(real, fake, NAMES)
    for name, x, fewest in zip(NAMES, (real, fake), (k + 1, k + 1 if both else 1), strict=True):
        if len(x) < fewest:
            raise ValueError(f"{name} have {len(x)} rows, so no neighbour number {k}: give more rows or a smaller k")
    if (real == real[0]).all():
        raise ValueError("the real features are all the same: there is no manifold to compare with")
    return real, fake


def _radii(x: np.ndarray, k: int) -> np.ndarray:
    return neighbours(x, x, k, itself=np.arange(len(x)))[0][:, -1]


def _covered(points: np.ndarray, centres: np.ndarray, radii: np.ndarray) -> float:
    covered = sum(np.count_nonzero(inside.any(1)) for inside in _inside(points, centres, radii, closed=True))
    return float(covered / len(points))


def _inside(points: np.ndarray, centres: np.ndarray, radii: np.ndarray, closed: bool) -> Iterator[np.ndarray]:
    """Yields for blocks of points which balls they lie in, (n, M); a ball holds its centre in any case.

    Where rounding could decide, at equal distances and identical points, the distances are taken again, exactly.
    """
    squared_radii = radii**2
    for rows, squared, rounding in squared_blocks(points, centres):
        squared -= squared_radii
        inside = squared < 0
        doubtful = np.abs(squared, out=squared) <= rounding
        for i in np.flatnonzero(doubtful.any(1)):
            j = np.flatnonzero(doubtful[i])
            exact = distance(points[rows][i], centres[j])
            inside[i, j] = (exact <= radii[j]) if closed else (exact < radii[j]) | (exact == 0)
        yield inside
