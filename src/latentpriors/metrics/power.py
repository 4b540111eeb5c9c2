"""How many seeds a comparison takes, and what a number of seeds can show."""

__all__ = ["detectable_difference", "seeds_needed"]

from collections.abc import Sequence

import numpy as np
from scipy.special import nctdtr, nctdtrinc, stdtrit

from .arrays import count, fraction, series
from .intervals import ROUNDING, difference_error

# In standard deviations: two or three seeds show it, and the noncentral t has no value far beyond.
LARGEST = 1e4


def seeds_needed(
    a: Sequence[float],
    b: Sequence[float],
    paired: bool,
    power: float = 0.8,
    confidence: float = 0.95,
    tests: int = 1,
    most: int = 1000,
) -> int | None:
    """Returns how many seeds of each row would tell the two apart with this power; None: more than `most`, or unknown.

    The difference and the spread are taken to be those seen (one seed shows no spread: unknown), so from few seeds
    this is an order of magnitude, too small where chance made the difference large.

    References:
        Statistical Power Analysis for the Behavioral Sciences (Cohen, 1988)

    Arguments:
        a, b: The figures by seed, (S,).
        paired: By seed, or else by Welch's test.
        power: The chance that the test finds the difference, with the right sign.
        confidence: Of the test.
        tests: Among how many pairs of a table; the first and hardest step of Holm's correction over them.
        most: Where to give up.

    Raises:
        ValueError: no value, one that is not finite, pairs of different lengths, `tests` or `most` below one, or a
            power or confidence outside (0, 1).

    Example:
        >>> a, b = [0, 1, 2], [0.5, 1.5, 2.5]  # apart by half a standard deviation, for which Cohen's table has 64
        >>> seeds_needed(a, b, paired=False)
        64
        >>> seeds_needed(a, b, paired=True)  # by seed the difference is always the same
        2
    """
    a, b, most = series(a, "values a"), series(b, "values b"), count(most, "most")
    level = _level(power, confidence, tests)
    difference, error, freedom = difference_error(a, b, paired)
    if freedom == 0 or abs(difference) <= ROUNDING * max(np.abs(a).max(), np.abs(b).max()):
        return None
    if error == 0:
        effect, freedom = LARGEST, 1.0
    else:
        stds = np.array([np.subtract(a, b).std(ddof=1)] if paired else [np.std(a, ddof=1), np.std(b, ddof=1)])
        effect = min(abs(difference) / np.hypot.reduce(stds), LARGEST)
        # Welch's degrees of freedom for n seeds of each row, over n − 1.
        freedom = 1 / ((stds / np.hypot.reduce(stds)) ** 4).sum()
    return next((n for n in range(2, most + 1) if _power(effect, n, freedom * (n - 1), level) >= power), None)


def detectable_difference(
    seeds: int, paired: bool, power: float = 0.8, confidence: float = 0.95, tests: int = 1
) -> float:
    """Returns the smallest difference that so many seeds of each row show with this power, in standard deviations.

    The unit is the standard deviation over seeds: paired, of the differences by seed; else of either row (taken as
    equal). One seed shows none: infinity.

    Arguments:
        seeds: Of each row.
        paired, power, confidence, tests: As in `seeds_needed`.

    Raises:
        ValueError: a power or confidence outside (0, 1), or fewer than one seed or test.

    Example:
        >>> round(detectable_difference(64, paired=False), 2)  # Cohen's table: 64 show half a deviation
        0.5
        >>> detectable_difference(1, paired=False)
        inf
    """
    level, samples = _level(power, confidence, tests), 1 if paired else 2
    if count(seeds, "seeds") == 1:
        return float("inf")
    freedom = samples * (seeds - 1)
    # A test errs in the right direction more often than with the least of powers: there no difference is needed.
    return max(0.0, float(nctdtrinc(freedom, 1 - power, stdtrit(freedom, level)) * np.sqrt(samples / seeds)))


def _power(effect: float, n: int, freedom: float, level: float) -> float:
    """Returns the chance that n seeds give a t statistic above its critical value."""
    return 1 - nctdtr(freedom, effect * np.sqrt(n), stdtrit(freedom, level))


def _level(power: float, confidence: float, tests: int) -> float:
    """Returns the quantile at which the hardest test decides.

    Raises:
        ValueError: one of them will not do.
    """
    fraction(power, "power")
    return 1 - (1 - fraction(confidence, "confidence")) / (2 * count(tests, "tests"))
