"""The kernel distance: an unbiased squared maximum mean discrepancy of features."""

__all__ = ["kernel_distance"]

import numpy as np
from numpy.typing import ArrayLike

from .arrays import pair

BLOCK = 500_000  # entries of the kernel matrix in memory at once: 4 MB, which the processor's cache holds


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

    Example:
        >>> round(kernel_distance([[0], [0]], [[1], [1]]), 6)  # 1 real, 2³ fake, 1 across: 1 + 8 − 2
        7.0
    """
    real, fake = pair(real, fake, ("real features", "fake features"), least=2)
    across = _total(real, fake) / len(real) / len(fake)
    return float(_mean_within(real) + _mean_within(fake) - 2 * across)


def _mean_within(x: np.ndarray) -> float:
    """The mean of k over ordered pairs of different rows."""
    themselves = (((x**2).mean(1) + 1) ** 3).sum()
    return (_total(x, x, symmetric=True) - themselves) / len(x) / (len(x) - 1)


def _total(x: np.ndarray, y: np.ndarray, symmetric: bool = False) -> float:
    """The sum of k over all pairs; of a symmetric matrix only the blocks on and above the diagonal are computed."""
    left = np.column_stack([x / x.shape[1], np.ones(len(x))])
    right = np.column_stack([y, np.ones(len(y))]).T
    # Memory taken once: fresh memory for each block would cost more time than the products.
    size, total = max(1, BLOCK // len(y)), 0.0
    memory = np.empty((2, size * len(y)))
    for start in range(0, len(x), size):
        part, others = left[start : start + size], right[:, start:] if symmetric else right
        n, width = len(part), others.shape[1]
        base, cube = (flat[: n * width].reshape(n, width) for flat in memory)
        np.matmul(part, others, out=base)
        np.multiply(base, base, out=cube)
        cube *= base
        total += 2 * cube.sum() - cube[:, :n].sum() if symmetric else cube.sum()
    return float(total)
