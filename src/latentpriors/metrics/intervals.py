"""Intervals over independent runs."""

__all__ = ["difference_error", "difference_interval", "student_interval"]

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

from .arrays import fraction, series

# Figures of the same value, computed in another order, differ by less than this share of it.
ROUNDING = 1e-12


def student_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float | None, float | None]:
    """Returns the mean and Student's t interval for it, (mean, low, high); one value has no interval.

    Raises:
        ValueError: no value, one that is not finite, or a confidence outside (0, 1).

    Example:
        >>> [round(value, 3) for value in student_interval([1, 2, 3])]  # 2 ± 4.303 · 1 / √3
        [2.0, -0.484, 4.484]
        >>> student_interval([2])
        (2.0, None, None)
    """
    values, confidence = series(values, "values"), fraction(confidence, "confidence")
    mean = float(values.mean())
    if len(values) == 1:
        return mean, None, None
    half = stdtrit(len(values) - 1, 0.5 + confidence / 2) * values.std(ddof=1) / np.sqrt(len(values))
    return mean, mean - float(half), mean + float(half)


def difference_interval(
    a: Sequence[float], b: Sequence[float], paired: bool, confidence: float = 0.95
) -> tuple[float, float | None, float | None]:
    """Returns the mean of a minus that of b and an interval for it: paired by seed, or Welch's.

    Raises:
        ValueError: no value, one that is not finite, pairs of different lengths, or a confidence outside (0, 1).

    Example:
        >>> a, b = [1, 5], [0, 4]  # the seeds differ by much, the rows always by 1
        >>> [round(value, 3) for value in difference_interval(a, b, paired=True)]
        [1.0, 1.0, 1.0]
        >>> [round(value, 3) for value in difference_interval(a, b, paired=False)]  # 1 ± 4.303 · √8
        [1.0, -11.17, 13.17]
    """
    confidence = fraction(confidence, "confidence")
    mean, error, freedom = difference_error(a, b, paired)
    if freedom == 0:
        return mean, None, None
    half = float(stdtrit(freedom, 0.5 + confidence / 2)) * error
    return mean, mean - half, mean + half


def difference_error(a: Sequence[float], b: Sequence[float], paired: bool) -> tuple[float, float, float]:
    """Returns the mean of a minus that of b, its standard error and degrees of freedom: paired by seed, or Welch's.

    One value shows no spread: the error is infinite, with 0 degrees of freedom.

    References:
        | The Generalization of "Student's" Problem when Several Different Population Variances are Involved
          (Welch, 1947)

    Raises:
        ValueError: no value, one that is not finite, or pairs of different lengths.
    """
    a, b = series(a, "values a"), series(b, "values b")
    if paired and len(a) != len(b):
        raise ValueError(f"{len(a)} and {len(b)} values cannot be paired by seed")
    samples = [a - b] if paired else [a, b]
    mean = float((a - b).mean() if paired else a.mean() - b.mean())
    if min(len(a), len(b)) == 1:
        return mean, float("inf"), 0.0
    errors = np.array([x.std(ddof=1) / np.sqrt(len(x)) for x in samples])
    error = float(np.hypot.reduce(errors))
    # In shares of the whole, so that no power of a small spread vanishes; without any spread all are alike.
    shares = (errors / error) ** 2 if error > 0 else np.full(len(samples), 1 / len(samples))
    freedom = 1 / sum(share**2 / (len(x) - 1) for share, x in zip(shares, samples, strict=True))
    return mean, error, float(freedom)
