"""Which rows of a table can be told apart, and the ranks that are left to each."""

__all__ = ["compare", "holm", "letters", "ranked"]

import string
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from .arrays import array, fraction, series
from .intervals import ROUNDING
from .moderation import prior_of_variances

if TYPE_CHECKING:
    import pandas as pd

PAIRED_FROM = 5  # seeds


def compare(
    figures: Mapping[str, Sequence[float]],
    groups: Mapping[str, Hashable],
    confidence: float = 0.95,
    higher: bool = False,
) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """Returns all pairwise comparisons of the rows, and what they leave to each row.

    The test of a pair is a t test with moderated variances: few seeds say little of a row's spread, so the variance of
    each is shrunk towards that of all rows, which counts as much as a lower limit says that rows are alike
    (`prior_of_variances`); the degrees of freedom are the prior's and those of the row with fewer seeds. Rows of one
    group are paired by seed from five seeds on. With fewer, pairs say little of their own spread, and seeds of one
    autoencoder share little; the rule was set before any table had five seeds.

    Two families of claims: at a false discovery rate (Benjamini and Hochberg), of the differences that are claimed a
    share of 1 − confidence is chance; familywise (Holm), the chance of even one false difference in the table is at
    most 1 − confidence. A tie means "not told apart", not "equal". Where the spread grows with the figure, as it does
    for FCD, logarithms tell more: the difference is then that of a ratio. A row with one seed, or with the same figure
    for every seed, has no spread to test by, and ties with every other; its note says so.

    Columns of the pairs: a, b; difference, the mean of a minus that of b, with its interval low to high (for this pair
    alone, uncorrected; NaN without a test); p, p_fdr and p_holm; paired; differ and differ_familywise, whether p_fdr
    and p_holm are below 1 − confidence; better, the name of the better row where they differ, or None.

    Columns of the rows, by name: mean; spread, the standard deviation over seeds (NaN for one); seeds; best and worst
    rank at the false discovery rate, 1 + the rows that are better and the number of rows − those that are worse;
    best_familywise and worst_familywise; letters, where two rows that share one are not told apart; p_best, of the
    claim that it has the best mean, against all others as one family: below 1 − confidence for rows that are none of
    the best, which leaves the best one in with that confidence; note.

    References:
        | Linear Models and Empirical Bayes Methods for Assessing Differential Expression in Microarray Experiments
          (Smyth, 2004)
        | Controlling the False Discovery Rate (Benjamini and Hochberg, 1995)
        | A Simple Sequentially Rejective Multiple Test Procedure (Holm, 1979)
        | Simultaneous Confidence Intervals for All Distances from the "Best" (Hsu, 1981)

    Arguments:
        figures: For each row its figure for each seed, (S,); in the same order of seeds within a group.
        groups: For each row what it shares with the rows it is paired with, its autoencoder; None is paired with none.
        confidence: Of the intervals and of the verdicts.
        higher: Whether higher figures are better.

    Raises:
        ValueError: no rows, a row without group, figures that are not finite, or a confidence outside (0, 1).

    Example:
        >>> figures = {"flow": [3.0, 3.1, 2.9], "gmm": [5.0, 5.2, 4.9], "kde": [5.1, 5.0, 5.0]}
        >>> pairs, rows = compare(figures, dict.fromkeys(figures, "vae"))
        >>> list(zip(pairs.a, pairs.b, pairs.better, strict=True))
        [('flow', 'gmm', 'flow'), ('flow', 'kde', 'flow'), ('gmm', 'kde', None)]
        >>> rows[["best", "worst", "letters"]].T.to_dict("list")
        {'flow': [1, 1, 'a'], 'gmm': [2, 3, 'b'], 'kde': [2, 3, 'b']}
    """
    import pandas as pd
    from scipy.stats import false_discovery_control  # scipy.stats alone takes 0.3 seconds to import

    missing = [name for name in figures if name not in groups]
    if len(figures) == 0 or missing:
        raise ValueError(f"rows without a group: {missing}; name one for each" if missing else "no rows to compare")
    alpha = 1 - fraction(confidence, "confidence")
    figures = {name: series(values, f"the figures of {name}") for name, values in figures.items()}
    names = np.array(list(figures), dtype=object)
    i, j = np.triu_indices(len(names), 1)
    mean = np.array([values.mean() for values in figures.values()])
    difference = mean[i] - mean[j]
    error, freedom, paired = _errors(figures, groups, i, j)
    tested = freedom > 0
    t = np.divide(difference, error, out=np.zeros(len(i)), where=tested)
    p = np.where(tested, 2 * special.stdtr(np.where(tested, freedom, 1), -np.abs(t)), 1.0)
    half = np.where(tested, special.stdtrit(np.where(tested, freedom, 1), 1 - alpha / 2) * error, np.nan)
    p_fdr, p_holm = false_discovery_control(p) if len(p) else p, holm(p)
    first = difference > 0 if higher else difference < 0
    differ = p_fdr < alpha
    better = np.where(differ, np.where(first, names[i], names[j]), None)
    pairs = pd.DataFrame({
        "a": names[i], "b": names[j], "difference": difference, "low": difference - half, "high": difference + half,
        "p": p, "p_fdr": p_fdr, "p_holm": p_holm, "paired": paired, "differ": differ,
        "differ_familywise": p_holm < alpha, "better": pd.Series(better, dtype=object),
    })  # fmt: skip
    ranks = {}
    for ending, told in (("", differ), ("_familywise", pairs.differ_familywise.to_numpy())):
        won = np.bincount(np.where(first, i, j)[told], minlength=len(names))
        lost = np.bincount(np.where(first, j, i)[told], minlength=len(names))
        ranks |= {f"best{ending}": 1 + lost, f"worst{ending}": len(names) - won}
    seeds = np.array([len(values) for values in figures.values()])
    rows = pd.DataFrame({
        "mean": mean, "spread": [v.std(ddof=1) if len(v) > 1 else np.nan for v in figures.values()], "seeds": seeds,
        **ranks, "letters": letters(mean if not higher else -mean, [*zip(i[differ], j[differ], strict=True)]),
        "p_best": _p_best(np.where(first, i, j), np.where(first, j, i), p, len(names)),
        "note": [_note(values) for values in figures.values()],
    }, index=names)  # fmt: skip
    return pairs, rows


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


def letters(order: ArrayLike, differ: Collection[tuple[int, int]]) -> list[str]:
    """Returns the compact letter display: two rows share a letter where, and only where, they are not told apart.

    A letter stands for rows of which no two are told apart and which no further row can join.

    References:
        | An Algorithm for a Letter-Based Representation of All-Pairwise Comparisons (Piepho, 2004)

    Arguments:
        order: A figure for each row (R,); the row with the lowest has an a.
        differ: The pairs of rows, by their numbers, that are told apart.

    Example:
        >>> letters([1.0, 2.0, 3.0], [(0, 2)])
        ['a', 'ab', 'b']
    """
    import networkx as nx

    place = np.argsort(np.argsort(array(order, "figures"), kind="stable"), kind="stable").tolist()
    told = nx.Graph([(place[a], place[b]) for a, b in differ])
    told.add_nodes_from(place)
    groups = sorted(map(sorted, nx.find_cliques(nx.complement(told))))
    return ["".join(_letter(n) for n, group in enumerate(groups) if row in group) for row in place]


def ranked(ranks: tuple[int, int]) -> str:
    """Returns a range of ranks as text: "1", or "1–3".

    Example:
        >>> ranked((1, 1)), ranked((2, 3))
        ('1', '2–3')
    """
    best, worst = ranks
    return f"{best}" if best == worst else f"{best}–{worst}"


def _errors(
    figures: Mapping[str, np.ndarray], groups: Mapping, i: np.ndarray, j: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns the standard error of each pair's difference, its degrees of freedom (0: no test), and whether paired."""
    values, group = list(figures.values()), [groups[name] for name in figures]
    seeds = np.array([len(v) for v in values])
    variance = np.array([0.0 if _note(v) else v.var(ddof=1) for v in values])
    spread = variance > 0
    prior = prior_of_variances(variance[spread], seeds[spread] - 1) if spread.any() else None
    if prior is None:
        return np.full(len(i), np.inf), np.zeros(len(i)), np.zeros(len(i), dtype=bool)
    moderated, _ = prior.moderated(variance, seeds - 1)
    error = np.sqrt(moderated[i] / seeds[i] + moderated[j] / seeds[j])
    freedom = prior.freedom + np.minimum(seeds[i], seeds[j]) - 1
    paired = np.zeros(len(i), dtype=bool)
    for n, (a, b) in enumerate(zip(i, j, strict=True)):
        if seeds[a] == seeds[b] >= PAIRED_FROM and group[a] is not None and group[a] == group[b]:
            own = (values[a] - values[b]).var(ddof=1)
            shrunk = (2 * prior.freedom * prior.variance + (seeds[a] - 1) * own) / freedom[n]
            if shrunk > (ROUNDING * np.abs(values[a]).max()) ** 2:
                error[n], paired[n] = np.sqrt(shrunk / seeds[a]), True
    return error, np.where(spread[i] & spread[j], freedom, 0.0), paired


def _note(values: np.ndarray) -> str:
    """Returns why a row has no test; "" where it has one."""
    if len(values) == 1:
        return "one seed"
    return "no spread" if np.ptp(values) <= ROUNDING * np.abs(values).max() else ""


def _p_best(ahead: np.ndarray, behind: np.ndarray, p: np.ndarray, rows: int) -> np.ndarray:
    """Returns for each row the p value of its being the best: the least one-sided one against it, times rows - 1."""
    found = np.ones(rows)
    np.minimum.at(found, behind, p / 2 * (rows - 1))
    return found.clip(max=1)


def _letter(number: int) -> str:
    """Returns a, b ... z, a2, b2 ..."""
    turn, place = divmod(number, len(string.ascii_lowercase))
    return string.ascii_lowercase[place] + (str(turn + 1) if turn else "")
