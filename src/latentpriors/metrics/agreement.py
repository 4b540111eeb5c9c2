"""How far metrics, or classifiers, agree on the ranking of rows."""

__all__ = ["kendall_with_ties", "rank_agreement"]

from collections.abc import Collection
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def rank_agreement(
    table: "pd.DataFrame", higher: Collection[str] = (), method: Literal["kendall", "spearman"] = "kendall"
) -> "pd.DataFrame":
    """Returns the rank correlation of each two columns (M, M): 1 where they rank the rows alike, −1 where reversed.

    Kendall's tau-b or Spearman's rho. Two columns are compared on the rows where both have a figure; NaN where fewer
    than two such rows are left or a column ranks them all the same.

    References:
        | The Treatment of Ties in Ranking Problems (Kendall, 1945)
        | The Proof and Measurement of Association between Two Things (Spearman, 1904)

    Arguments:
        table: A row for each thing ranked, a column for each metric, with shape (N, M).
        higher: The columns in which higher is better; in the others lower is.

    Raises:
        ValueError: a name in `higher` is no column, columns share a name, or figures are infinite or no numbers.

    Example:
        >>> import pandas as pd
        >>> table = pd.DataFrame({"fcd": [1.0, 2.0, 3.0], "recall": [0.9, 0.5, 0.7]})
        >>> agreement = rank_agreement(table, higher={"recall"})
        >>> round(float(agreement.loc["fcd", "recall"]), 3)  # two pairs of rows alike, one reversed: (2 − 1) / 3
        0.333
    """
    unknown = sorted(set(higher) - set(table.columns))
    if unknown or not table.columns.is_unique:
        raise ValueError(f"{unknown} are no columns; there are {list(table.columns)}, each needs a name of its own")
    if method not in ("kendall", "spearman"):
        raise ValueError(f"the method is kendall or spearman, not {method}")
    figures = table.where(table.notna(), np.nan).infer_objects()  # None stands for no figure too
    if any(dtype.kind not in "biuf" for dtype in figures.dtypes):
        raise ValueError(f"the table has figures that are no numbers: {dict(figures.dtypes.astype(str))}")
    figures = figures.astype(float)
    if np.isinf(figures.to_numpy()).any():
        raise ValueError("the table has infinite figures; use NaN where there is none")
    signs = [-1.0 if name in higher else 1.0 for name in table.columns]
    return (figures * signs).corr(method=method, min_periods=2)


def kendall_with_ties(a: "pd.DataFrame", b: "pd.DataFrame") -> float:
    r"""Returns Kendall's tau-b of two rankings in which rows that cannot be told apart are tied.

    Σ x y / √(Σ x² Σ y²) over the pairs of rows, with x, y the sign of a significant difference, 0 for a tie. Ranges of
    ranks would not do: they can overlap where the rows differ, and "cannot be told apart" need not be transitive, for
    which the coefficient stays defined (Daniels). NaN where one of them tells no pair apart.

    References:
        | The Treatment of Ties in Ranking Problems (Kendall, 1945)
        | The Relation Between Measures of Correlation in the Universe of Sample Permutations (Daniels, 1944)

    Arguments:
        a, b: The comparisons of the same rows under two metrics or classifiers, as `compare` returns them.

    Raises:
        ValueError: they are no comparisons, or not of the same rows.

    Example:
        >>> from latentpriors.metrics import compare
        >>> groups = dict.fromkeys(["flow", "gmm", "kde"])
        >>> ordered, _ = compare({"flow": [1, 1.1], "gmm": [4, 4.1], "kde": [9, 9.1]}, groups)
        >>> tied, _ = compare({"flow": [1, 1.1], "gmm": [4, 4.1], "kde": [4, 4.1]}, groups)
        >>> round(kendall_with_ties(ordered, tied), 3)  # 2 / √(3 · 2): of three pairs one is tied in the second
        0.816
    """
    x, y = _signs(a), _signs(b)
    if x.keys() != y.keys():
        raise ValueError(f"the rankings compare different rows: {sorted(x.keys() ^ y.keys())} are in one only")
    x, y = np.array([x[pair] for pair in x]), np.array([y[pair] for pair in x])
    untied = np.sqrt((x**2).sum() * (y**2).sum())
    return float((x * y).sum() / untied) if untied > 0 else float("nan")


def _signs(pairs: "pd.DataFrame") -> dict[tuple[str, str], float]:
    """Returns for each pair, names in order, 1 where the first is better, −1 where the second is, 0 for a tie."""
    missing = {"a", "b", "differ", "better"} - set(getattr(pairs, "columns", ()))
    if missing:
        raise ValueError(f"the comparisons lack {', '.join(sorted(missing))}; give the table that `compare` returns")
    signs = {}
    for a, b, differ, better in zip(pairs.a, pairs.b, pairs.differ, pairs.better, strict=True):
        first, second = sorted((a, b))
        signs[first, second] = 0.0 if not differ else 1.0 if better == first else -1.0
    return signs
