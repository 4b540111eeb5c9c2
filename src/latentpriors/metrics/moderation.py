"""Variances of few seeds, moderated by those of all rows."""

__all__ = ["VariancePrior", "prior_of_variances"]

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from .arrays import fraction, series

FREEDOMS = np.geomspace(0.1, 300, 100)  # the prior's, of which the lowest that is believable is taken
NEWTON = 20  # steps
# Of a lower limit for the prior's degrees of freedom: the estimate itself errs too often where rows differ in spread,
# which `studies.calibration` shows.
CONFIDENCE = 0.95


@dataclass(frozen=True)
class VariancePrior:
    """What the rows of a table say of a row's variance: `freedom` degrees of freedom at `variance`.

    Without a freedom a row's own seeds are all that is known.
    """

    freedom: float
    variance: float

    def moderated(self, variance: float, freedom: float) -> tuple[float, float]:
        """Returns a variance with so many degrees of freedom, shrunk towards the prior's, and its degrees of freedom.

        Example:
            >>> VariancePrior(2.0, 1.0).moderated(4.0, 2.0)
            (2.5, 4.0)
        """
        total = self.freedom + freedom
        return (self.freedom * self.variance + freedom * variance) / total, total


def prior_of_variances(
    variances: Sequence[float], freedoms: Sequence[float], confidence: float = CONFIDENCE
) -> VariancePrior:
    """Returns the prior of variances, at a lower confidence limit for its degrees of freedom.

    A variance s² with v degrees of freedom is s0² · F(v, d0) where the true ones are scaled inverse chi² with d0
    degrees of freedom at s0². The limit is that of the restricted likelihood of d0 (log s0² is integrated out by
    Laplace's approximation), its s0² the likeliest at the limit; 0 where no d0 can be excluded, as of one row.

    References:
        | Linear Models and Empirical Bayes Methods for Assessing Differential Expression in Microarray Experiments
          (Smyth, 2004)

    Arguments:
        variances: Of rows, above 0, of shape (R,).
        freedoms: Of each, (R,).
        confidence: Of the lower limit; up to 0.5 it is the estimate of the largest likelihood.

    Raises:
        ValueError: a variance that is not above 0, or a confidence outside (0, 1).

    Example:
        >>> alike = prior_of_variances([1.0, 0.9, 1.1, 1.0, 1.2, 0.8, 1.0, 0.9] * 3, [2] * 24)
        >>> alike.freedom > 10, round(alike.variance)
        (True, 1)
        >>> prior_of_variances([1.0], [2])
        VariancePrior(freedom=0.0, variance=0.0)
    """
    variances, freedoms = series(variances, "variances"), series(freedoms, "degrees of freedom")
    confidence = fraction(confidence, "confidence")
    if variances.shape != freedoms.shape or not (variances > 0).all() or not (freedoms > 0).all():
        raise ValueError(f"variances {variances} and degrees of freedom {freedoms}: one of each is needed, all above 0")
    logs = np.log(variances)
    centers, likelihoods = _profile(logs, freedoms)
    drop = 0.5 * special.chdtri(1, min(1.0, 2 * (1 - confidence)))  # of a one-sided limit
    lowest = int((likelihoods >= likelihoods.max() - drop).argmax())
    if lowest == 0:
        return VariancePrior(0.0, 0.0)
    return VariancePrior(float(FREEDOMS[lowest]), float(np.exp(centers[lowest])))


def _profile(logs: np.ndarray, freedoms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns for each of FREEDOMS the likeliest log s0², and its restricted log likelihood."""
    d0, v = FREEDOMS[:, None], freedoms
    centers = np.full((len(FREEDOMS), 1), logs.mean())
    for _ in range(NEWTON):  # it is concave
        p = special.expit(logs - centers + np.log(v / d0))
        slope, curvature = ((v + d0) * p - v).sum(1, keepdims=True), ((v + d0) * p * (1 - p)).sum(1, keepdims=True)
        centers = centers + (slope / curvature).clip(-1, 1)
    ratio = logs - centers + np.log(v / d0)
    density = v / 2 * ratio - (v + d0) / 2 * np.logaddexp(0, ratio) - special.betaln(v / 2, d0 / 2)  # of log F
    return centers[:, 0], density.sum(1) - 0.5 * np.log(curvature[:, 0])
