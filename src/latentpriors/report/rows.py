"""All that is known of a table's rows, as its page shows it when one is opened."""

__all__ = ["known_rows"]

import pandas as pd

from .columns import cells_sheet
from .results import Results
from .words import interval


def known_rows(results: Results, keys: tuple[str, ...], curves: dict[str, pd.DataFrame]) -> dict:
    """Returns what the page looks rows up in.

    Arguments:
        results: The table's.
        keys: Of the figures.
        curves: For autoencoders and cells the rows of step, seed, figure and value.

    Returns:
        `columns`, a list of (group, title, meaning); and `rows`, for each row by the name that it is shown by: `cell`,
        its name; `texts`, its figures; `pairs`, a list of (other row, ratio of FCD, verdict); `autoencoder`, what is
        known of that; and `curves`, its own and its autoencoder's, lists of (figure, seed, step, value).
    """
    sheet, names = cells_sheet(results.shown, keys, intervals=True), results.names
    said, rows = (results.trained, results.codes, results.likelihood), {}
    for row, (_, cells) in zip(results.table.itertuples(), sheet.rows, strict=True):
        rows[names[row.cell]] = {
            "cell": row.cell,
            "texts": [text for text, _ in cells[1:]],
            "pairs": [] if row.yardstick else _pairs(results, row.cell),
            "autoencoder": _facts(*(found.get(row.autoencoder, {}) for found in said)),
            "curves": {
                title: _lines(curves[name])
                for title, name in (("of the prior", row.cell), (f"of {row.autoencoder}", row.autoencoder))
                if name in curves
            },
        }
    return {"columns": [(c.group, c.title, c.meaning) for c in sheet.columns[1:]], "rows": rows}


def _pairs(results: Results, cell: str) -> list[tuple[str, str, str]]:
    found = []
    for other in results.competing.cell.drop(results.competing.index[results.competing.cell == cell]):
        pair, (ratio, low, high) = results.pair(cell, other), results.ratio(cell, other)
        if not pair.differ:
            said = "not told apart"
        else:
            said = "better" if pair.better == cell else "worse"
            said += ", familywise too" if pair.differ_familywise else ""
        span = interval(low, high)
        found.append((results.names[other], f"{ratio:.2f}" + (f" ({span})" if span else ""), said))
    return found


def _facts(*found: dict) -> list[tuple[str, str]]:
    """Returns the numbers and words of some files' facts by their names."""
    facts = {key: fact for part in found for key, fact in part.items() if isinstance(fact, int | float | str)}
    return [(key.replace("_", " "), _written(fact)) for key, fact in facts.items() if not isinstance(fact, bool)]


def _written(fact: float | str) -> str:
    if isinstance(fact, str):
        return fact
    return f"{fact:,.0f}" if float(fact).is_integer() else f"{fact:.4g}"


def _lines(curves: pd.DataFrame) -> list[tuple[str, int, float, float]]:
    return [(r.figure, int(r.seed), float(r.step), float(f"{r.value:.4g}")) for r in curves.itertuples()]
