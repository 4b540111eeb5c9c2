"""Intervals over independent runs."""

__all__ = ["difference_interval", "student_interval"]

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit


def student_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float | None, float | None]:
    """Returns the mean and Student's t interval for it, (mean, low, high); one value has no interval.

    Raises:
        ValueError: no value, or one that is not finite.
    """
    values = _checked(values)
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
        ValueError: no value, one that is not finite, or pairs of different lengths.
    """
    a, b = _checked(a), _checked(b)
    if paired:
        if len(a) != len(b):
            raise ValueError(f"{len(a)} and {len(b)} values cannot be paired by seed")
        return student_interval(a - b, confidence)
    mean = float(a.mean() - b.mean())
    if min(len(a), len(b)) == 1:
        return mean, None, None
    # Imported here: it takes a second, which only reports should pay.
    from scipy import stats

    interval = stats.ttest_ind(a, b, equal_var=False).confidence_interval(confidence)
    # Without any spread Welch's degrees of freedom are 0 / 0.
    low, high = (mean, mean) if np.isnan(interval.low) else (float(interval.low), float(interval.high))
    return mean, low, high


def _checked(values: Sequence[float]) -> np.ndarray:
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or len(values) == 0 or not np.isfinite(values).all():
        raise ValueError(f"an interval takes one or more finite values in a row, not {values}")
    return values
