"""Rank agreement against SciPy and by hand."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from latentpriors.metrics import compare, kendall_with_ties, rank_agreement


def pairs(levels: list[float]) -> pd.DataFrame:
    """Returns the comparisons of rows at these levels, in which equal levels are tied and others are not."""
    noise = np.random.default_rng(0).normal(scale=1e-3, size=6)
    # In another order of seeds at each level, so that its mean is the same.
    figures = {f"row{i}": level + np.roll(noise, i) for i, level in enumerate(levels)}
    return compare(figures, dict.fromkeys(figures))[0]


@pytest.mark.parametrize("method", ["kendall", "spearman"])
def test_agrees_with_scipy_where_both_have_figures(method: str) -> None:
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.integers(0, 6, (12, 4)).astype(float), columns=["fcd", "kid", "recall", "nll"])
    table.loc[:4, "nll"] = np.nan
    table.loc[8, "kid"] = np.nan
    found = rank_agreement(table, higher=["recall"], method=method)
    for a, b in itertools.combinations(table, 2):
        both = table[[a, b]].dropna()
        expected = (stats.kendalltau if method == "kendall" else stats.spearmanr)(both[a], both[b]).statistic
        assert found.loc[a, b] == found.loc[b, a] == pytest.approx(expected * (-1 if "recall" in (a, b) else 1))
    assert np.diag(found) == pytest.approx(1)


def test_direction_and_ties_by_hand() -> None:
    table = pd.DataFrame({"fcd": [1.0, 2, 3, 4], "precision": [0.9, 0.8, 0.8, 0.1]}, index=list("abcd"))
    # Five pairs agree and one is tied in one ranking: 5 / √(6 · 5).
    assert rank_agreement(table, higher=["precision"]).loc["fcd", "precision"] == pytest.approx(5 / 30**0.5)
    assert rank_agreement(table).loc["fcd", "precision"] == pytest.approx(-5 / 30**0.5)


def test_no_ranking_is_no_number() -> None:
    table = pd.DataFrame({"fcd": [1.0, 2, 3], "nll": [np.nan, np.nan, 4.0], "same": [1, 1, 1], "no": [None] * 3})
    assert rank_agreement(table).loc["fcd", ["nll", "same", "no"]].isna().all()


def test_bad_tables_are_refused() -> None:
    table = pd.DataFrame({"fcd": [1.0, 2.0]})
    for bad, arguments, message in (
        (table, {"higher": ["recall"]}, "recall"),
        (table, {"higher": "fcd"}, "no columns"),
        (table, {"method": "pearson"}, "kendall or spearman"),
        (table.replace(1.0, np.inf), {}, "infinite"),
        (table.astype(object).replace(1.0, "x"), {}, "no numbers"),
        (pd.concat([table, table], axis=1), {}, "name of its own"),
    ):
        with pytest.raises(ValueError, match=message):
            rank_agreement(bad, **arguments)


@pytest.mark.parametrize("seed", range(5))
def test_ties_as_scipy_counts_them(seed: int) -> None:
    levels = np.random.default_rng(seed).integers(0, 4, (2, 8))
    found = kendall_with_ties(pairs(levels[0]), pairs(levels[1]))
    assert found == pytest.approx(stats.kendalltau(*levels).statistic)


def test_order_of_rows_and_direction_do_not_matter() -> None:
    figures = {name: level + np.array([0.0, 0.1, 0.2]) for name, level in zip("abcd", (1, 5, 5, 9), strict=True)}
    groups = dict.fromkeys(figures)
    a = compare(figures, groups)[0]
    backwards = compare({name: figures[name] for name in "dbca"}, groups)[0]
    negated = compare({name: -values for name, values in figures.items()}, groups, higher=True)[0]
    assert kendall_with_ties(a, backwards) == kendall_with_ties(a, negated) == pytest.approx(1)
    assert kendall_with_ties(a, compare(figures, groups, higher=True)[0]) == pytest.approx(-1)


def test_ties_that_are_not_transitive_by_hand() -> None:
    # a = b = c but a < c, against a < b < c: one pair in common, of one and three that are not tied.
    tied = pd.DataFrame(
        {"a": ["a", "a", "b"], "b": ["b", "c", "c"], "differ": [False, True, False], "better": [None, "a", None]}
    )
    assert kendall_with_ties(tied, tied.assign(differ=True, better=["a", "a", "b"])) == pytest.approx(1 / 3**0.5)


def test_nothing_told_apart_and_other_rows() -> None:
    assert math.isnan(kendall_with_ties(pairs([1, 1, 1]), pairs([1, 2, 3])))
    with pytest.raises(ValueError, match="different rows"):
        kendall_with_ties(pairs([1, 2]), pairs([1, 2, 3]))
