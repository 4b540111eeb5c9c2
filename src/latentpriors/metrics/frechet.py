"""The Fréchet distance between Gaussian fits of features."""

__all__ = ["frechet_distance", "moments"]

import numpy as np
from numpy.typing import ArrayLike

from .arrays import array

# Covariances computed in float32 are asymmetric and indefinite by about this much of their largest entry.
ROUNDING = 1e-5


def frechet_distance(mean1: ArrayLike, cov1: ArrayLike, mean2: ArrayLike, cov2: ArrayLike) -> float:
    r"""Returns |m1 − m2|² + tr(S1) + tr(S2) − 2 tr((S1 S2)^1/2), the squared Wasserstein-2 distance of two Gaussians.

    The last trace is the sum of the singular values of A1ᵀ A2 with S = A Aᵀ, from symmetric eigenvalues, in float64:
    unlike the matrix square root of S1 S2 it stays accurate where covariances are rank-deficient.

    References:
        | The distance between two random vectors with given dispersion matrices (Olkin and Pukelsheim, 1982)
        | GANs Trained by a Two Time-Scale Update Rule (Heusel et al., 2017)

    Arguments:
        mean1, mean2: Arrays or tensors with shape (D,).
        cov1, cov2: Symmetric positive semi-definite, with shape (D, D); a number where D is 1.

    Raises:
        ValueError: shapes do not fit, an entry is no finite number, or a covariance is not symmetric or not positive
            semi-definite.

    Example:
        >>> round(frechet_distance(0, 1, 3, 1), 6)  # moved by 3: 3²
        9.0
        >>> round(frechet_distance(0, 1, 3, 4), 6)  # of twice the standard deviation as well: 3² + (2 − 1)²
        10.0
    """
    mean1, cov1 = _checked(mean1, cov1, "1")
    mean2, cov2 = _checked(mean2, cov2, "2")
    if mean1.shape != mean2.shape:
        raise ValueError(f"the Gaussians have {len(mean1)} and {len(mean2)} dimensions")
    # In units of the largest entry, so that no square overflows or vanishes before the end.
    shift = mean1 - mean2
    unit = max(np.sqrt(np.abs(cov1).max()), np.sqrt(np.abs(cov2).max()), np.abs(shift).max()) or 1.0
    root1, root2 = _root(cov1 / unit / unit, "1"), _root(cov2 / unit / unit, "2")
    traces = (root1**2).sum() + (root2**2).sum()
    overlap = np.linalg.svd(root1.T @ root2, compute_uv=False).sum()
    distance = ((shift / unit) ** 2).sum() + max(traces - 2 * overlap, 0.0)
    return float(distance) * float(unit) * float(unit)


def moments(features: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Returns the mean (D,) and the unbiased covariance (D, D) of features (N, D), in float64.

    Raises:
        ValueError: fewer than two rows, or an entry that is no finite number.

    Example:
        >>> mean, cov = moments([[0, 0], [2, 4]])
        >>> mean.tolist(), cov.tolist()
        ([1.0, 2.0], [[2.0, 4.0], [4.0, 8.0]])
    """
    x = array(features, "features")
    if x.ndim != 2 or len(x) < 2 or x.shape[1] < 1:
        raise ValueError(f"features have shape {x.shape}; (N, D) with N of at least 2 is needed")
    if not np.isfinite(x).all():
        raise ValueError("features are not finite")
    return x.mean(0), np.cov(x, rowvar=False).reshape(x.shape[1], x.shape[1])


def _checked(mean: ArrayLike, cov: ArrayLike, which: str) -> tuple[np.ndarray, np.ndarray]:
    mean, cov = array(mean, f"mean{which}"), array(cov, f"cov{which}")
    if mean.shape in ((), (1,)) and cov.shape == ():
        mean, cov = mean.reshape(1), cov.reshape(1, 1)  # np.cov of one feature is a number
    if mean.ndim != 1 or len(mean) == 0 or cov.shape != (len(mean), len(mean)):
        raise ValueError(f"mean{which} has shape {mean.shape} and cov{which} {cov.shape}; (D,) and (D, D) are needed")
    if not (np.isfinite(mean).all() and np.isfinite(cov).all()):
        raise ValueError(f"mean{which} or cov{which} is not finite")
    if np.abs(cov - cov.T).max() > ROUNDING * np.abs(cov).max():
        raise ValueError(f"cov{which} is not symmetric")
    return mean, (cov + cov.T) / 2


def _root(cov: np.ndarray, which: str) -> np.ndarray:
    """Returns A with A Aᵀ = cov."""
    values, vectors = np.linalg.eigh(cov)
    if values[0] < -ROUNDING * max(values[-1], -values[0]):
        raise ValueError(f"cov{which} is not positive semi-definite: its least eigenvalue is {values[0]:.3g}")
    return vectors * np.sqrt(values.clip(min=0))
