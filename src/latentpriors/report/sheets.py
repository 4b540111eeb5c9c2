"""A table as a reader sees it: which figures, how they are written, and what they sort by."""

__all__ = ["Column", "Sheet", "plain", "texts"]

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from .words import interval


class Column(NamedTuple):
    """A figure of a table, with one sentence on what it says."""

    key: str
    title: str
    pattern: str
    meaning: str
    group: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table that sorts: for each column a row of values, numbers or text; the first column names the rows.

    Arguments:
        columns: What is shown of `table`.
        table: With a column for each key; "low" and "high" beside a key "interval" sort it.
        muted: For each row whether it is set back, as yardsticks are.
        grouped: Whether the groups of the columns are shown, and in markdown each becomes a table of its own.
        explained: Whether the meaning of each column follows.
        missing: What stands where there is no figure.
        intervals: Whether half of a figure's interval, of "KEY_low" and "KEY_high", follows it.
        align: How all columns but the first stand in markdown.
    """

    columns: tuple[Column, ...]
    table: pd.DataFrame
    muted: tuple[bool, ...] = ()
    grouped: bool = False
    explained: bool = False
    missing: str = ""
    align: str = "right"
    intervals: bool = False
    kind = "sheet"

    @property
    def rows(self) -> list[tuple[bool, list[tuple[str, object]]]]:
        """For each row whether it is muted, and for each of its cells the text and the value that it sorts by."""
        muted = self.muted or (False,) * len(self.table)
        cells = [[_cell(row, column, self) for column in self.columns] for _, row in self.table.iterrows()]
        return list(zip(muted, cells, strict=True))

    @property
    def groups(self) -> list[tuple[str, int]]:
        """The groups in order, with the number of their columns."""
        return [(name, len(list(part))) for name, part in itertools.groupby(self.columns[1:], lambda c: c.group)]


def texts(table: pd.DataFrame) -> Sheet:
    """Returns a sheet of a table whose cells are texts already, under its own titles."""
    return Sheet(tuple(Column(title, title, "s", "") for title in table), table, align="left")


def plain(sheet: Sheet, columns: tuple[Column, ...] | None = None) -> str:
    """Returns a table, or some columns of it, as text."""
    columns = columns or sheet.columns
    shown = [[_cell(row, column, sheet)[0] for column in columns] for _, row in sheet.table.iterrows()]
    table = pd.DataFrame(shown, columns=range(len(columns)))
    align = ["left", *[sheet.align] * (len(columns) - 1)]
    return table.to_markdown(
        index=False, disable_numparse=True, colalign=align, headers=[column.title for column in columns]
    )


def _cell(row: pd.Series, column: Column, sheet: Sheet) -> tuple[str, object]:
    """Returns the text of a figure, and what it sorts by: a number, a text, or nothing."""
    value = row.get(column.key)
    if column.key == "interval":
        low, high = row.get("fcd_low"), row.get("fcd_high")
        return ("", "") if pd.isna(low) else (interval(low, high), float(low))
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return sheet.missing, ""
    if column.key in ("rank", "rank_familywise"):
        best, _, worst = str(value).partition("–")
        return str(value), int(best) + int(worst or best) / 1e4
    text, low = format(value, column.pattern), row.get(f"{column.key}_low")
    if sheet.intervals and column.key != "fcd" and not pd.isna(low):  # which has a column of its own for it
        text += f" ± {row[f'{column.key}_high'] / 2 - low / 2:{column.pattern}}"
    return text, value if isinstance(value, str) else float(value)
