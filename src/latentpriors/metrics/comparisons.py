"""Which rows of a table can be told apart, and the ranks that are left to each."""

__all__ = ["compare", "holm", "ranked"]

import itertools
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr

from .arrays import array, fraction, series
from .intervals import ROUNDING, difference_error, difference_interval

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["a", "b", "difference", "low", "high", "p", "p_holm", "paired", "differ", "better"]


def compare(
    figures: Mapping[str, Sequence[float]],
    groups: Mapping[str, Hashable],
    confidence: float = 0.95,
    higher: bool = False,
) -> tuple["pd.DataFrame", dict[str, tuple[int, int]]]:
    """Returns all pairwise comparisons of the rows, and the range of ranks (best, worst) of each row.

    Rows of one group are paired by seed (t test of the differences), others compared by Welch's test; Holm's
    correction over all pairs keeps the chance of even one false difference in the table below 1 − confidence. The best
    rank of a row is 1 + the rows significantly better, the worst the number of rows − those significantly worse.

    A tie means "not told apart", not "equal": under the correction three seeds tell only large differences from noise
    (`detectable_difference` says how large, `seeds_needed` how many seeds would do). Where the spread grows with the
    figure, as it does for FCD, logarithms tell more: the difference is then that of a ratio. A row with one seed has no
    test and ties with every other; its pairs count in the correction all the same, so leave out what does not compete.

    The columns: a, b; difference, the mean of a minus that of b, with its interval low to high (for this pair alone,
    uncorrected; NaN for one seed); p and p_holm; paired; differ, whether p_holm < 1 − confidence; better, the name of
    the better row or None.

    References:
        A Simple Sequentially Rejective Multiple Test Procedure (Holm, 1979)

    Arguments:
        figures: For each row its figure for each seed, (S,); in the same order of seeds within a group.
        groups: For each row what it shares with the rows it is paired with, its autoencoder; None is paired with none.
        confidence: Of the intervals and, for the table as a whole, of the verdicts.
        higher: Whether higher figures are better.

    Raises:
        ValueError: no rows, a row without group, figures that are not finite, a group whose rows differ in seeds, or a
            confidence outside (0, 1).

    Example:
        >>> figures = {"flow": [3.0, 3.1, 2.9], "gmm": [5.0, 5.2, 4.9], "kde": [5.1, 5.0, 5.0]}
        >>> pairs, ranks = compare(figures, dict.fromkeys(figures, "vae"))
        >>> list(zip(pairs.a, pairs.b, pairs.better, strict=True))
        [('flow', 'gmm', 'flow'), ('flow', 'kde', 'flow'), ('gmm', 'kde', None)]
        >>> ranks
        {'flow': (1, 1), 'gmm': (2, 3), 'kde': (2, 3)}
    """
    import pandas as pd

    missing = [name for name in figures if name not in groups]
    if len(figures) == 0 or missing:
        raise ValueError(f"rows without a group: {missing}; name one for each" if missing else "no rows to compare")
    confidence = fraction(confidence, "confidence")
    figures = {name: series(values, f"the figures of {name}") for name, values in figures.items()}
    rows = [_pair(a, b, figures, groups, confidence) for a, b in itertools.combinations(figures, 2)]
    pairs = pd.DataFrame(rows, columns=COLUMNS).astype({"low": float, "high": float, "p": float})
    pairs["p_holm"] = holm(pairs.p)
    pairs["differ"] = pairs.p_holm < 1 - confidence
    first = pairs.difference > 0 if higher else pairs.difference < 0
    pairs["better"] = pairs.a.where(first, pairs.b).astype(object).where(pairs.differ, None)
    return pairs, {name: _range(name, pairs, len(figures)) for name in figures}


def holm(p: ArrayLike) -> np.ndarray:
    """Returns the p values (M,) adjusted by Holm's step-down correction: below alpha where it rejects at alpha.

    Raises:
        ValueError: not a row of numbers from 0 to 1.

    Example:
        >>> holm([0.01, 0.04, 0.03]).round(6).tolist()  # 3 · 0.01, then 2 · 0.03, and 1 · 0.04, but no less than that
        [0.03, 0.06, 0.06]
    """
    p = array(p, "p values")
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"p values are a row of numbers from 0 to 1, not {p}")
    order = p.argsort()
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)).clip(max=1)
    return adjusted


def ranked(ranks: tuple[int, int]) -> str:
    """Returns a range of ranks as text: "1", or "1–3".

    Example:
        >>> ranked((1, 1)), ranked((2, 3))
        ('1', '2–3')
    """
    best, worst = ranks
    return f"{best}" if best == worst else f"{best}–{worst}"


def _pair(a: str, b: str, figures: Mapping, groups: Mapping, confidence: float) -> dict:
    paired = groups[a] is not None and groups[a] == groups[b]
    try:
        difference, low, high = difference_interval(figures[a], figures[b], paired, confidence)
    except ValueError as error:
        raise ValueError(f"{a} and {b} cannot be compared: {error}") from error
    p = _p_value(figures[a], figures[b], paired)
    return {"a": a, "b": b, "difference": difference, "low": low, "high": high, "p": p, "paired": paired}


def _p_value(a: Sequence[float], b: Sequence[float], paired: bool) -> float:
    """Returns the two-sided p value; without spread 1 for equal means and 0 for others, with one seed 1."""
    difference, error, freedom = difference_error(a, b, paired)
    rounding = ROUNDING * max(np.abs(a).max(), np.abs(b).max())
    if freedom == 0 or error <= rounding:
        return float(freedom == 0 or abs(difference) <= rounding)
    return float(2 * stdtr(freedom, -abs(difference) / error))


def _range(name: str, pairs: "pd.DataFrame", rows: int) -> tuple[int, int]:
    told = pairs[pairs.differ & ((pairs.a == name) | (pairs.b == name))]
    worse = int((told.better == name).sum())
    return 1 + len(told) - worse, rows - worse
