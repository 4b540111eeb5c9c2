"""The kernel distance: an unbiased squared maximum mean discrepancy of features."""

__all__ = ["kernel_distance"]

import numpy as np
from numpy.typing import ArrayLike

from .arrays import pair

BLOCK = 250_000  # entries of the kernel matrix in memory at once


def kernel_distance(real: ArrayLike, fake: ArrayLike) -> float:
    r"""Returns the mean of k over pairs of different real rows, plus that of fake rows, minus twice that across.

    k(x, y) = (x·y / D + 1)³, and all rows are used, not subsets of them. The figure is unbiased: its expectation is
    0 where both sets come from one distribution, so that it can be slightly negative, and it does not fall with the
    number of rows as the Fréchet distance does.

    References:
        | A Kernel Two-Sample Test (Gretton et al., 2012)
        | Demystifying MMD GANs (Bińkowski et al., 2018)

    Arguments:
        real: With shape (N, D), N of at least 2.
        fake: With shape (M, D), M of at least 2.

    Raises:
        ValueError: wrong shapes, too few rows, entries that are not finite, or different dimensions.
    """
    real, fake = pair(real, fake, ("real features", "fake features"), least=2)
    across = sum(_total(part, fake) for part in _parts(real, len(fake))) / len(real) / len(fake)
    return float(_mean_within(real) + _mean_within(fake) - 2 * across)


def _mean_within(x: np.ndarray) -> float:
    """The mean over ordered pairs of different rows; as k is symmetric, later rows count twice."""
    total, start = 0.0, 0
    for part in _parts(x, len(x)):
        end = start + len(part)
        total += _total(part, x[start:end]) + 2 * _total(part, x[end:])
        start = end
    themselves = (((x**2).mean(1) + 1) ** 3).sum()
    return (total - themselves) / len(x) / (len(x) - 1)


def _parts(x: np.ndarray, width: int) -> list[np.ndarray]:
    size = max(1, BLOCK // width)
    return [x[start : start + size] for start in range(0, len(x), size)]


def _total(x: np.ndarray, y: np.ndarray) -> float:
    kernel = (x / x.shape[1]) @ y.T
    kernel += 1
    return float((kernel * kernel).ravel() @ kernel.ravel())
