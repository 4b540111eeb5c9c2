"""The report of a table, redrawn from what is in git: metrics and previews, nothing else."""

__all__ = ["report"]

from pathlib import Path

import pandas as pd

from .columns import MAIN, column_of
from .page import write_page
from .results import Results, load_results
from .sections.table import main_sheet, sections
from .sheets import plain

LONG = ("fcd_by_seed", "fcd_by_classifier", "fcd_by_count")


def report(cells: dict[str, dict], real: dict[str, dict], shared: Path, dataset: str, out: Path) -> str:
    """Writes report.md, report.html, table.csv, table.tex and the pictures; returns the table as text.

    Arguments:
        cells: The cells of the table as in cells.yaml.
        real: The floor's row as in cells.yaml.
        shared: Of the data set: classifier.json, judge.json and a folder for each table, see `load_results`.
        dataset: Its name, for the titles.
        out: An empty folder.

    Raises:
        StoreError: the file of a listed cell is missing or damaged; a figure or picture that it lacks is left out.
    """
    results = load_results(cells, real, shared, dataset)
    title = f"{dataset}: which prior over the codes makes the best images?"
    _write_table(results, out)
    write_page(title, sections(results, out), out)
    return plain(main_sheet(results))


def _write_table(results: Results, out: Path) -> None:
    """Writes the figures to table.csv, and to table.tex those of the first table."""
    table = results.table
    nested = [key for key in table if key in LONG or table[key].map(lambda value: isinstance(value, list | dict)).any()]
    table.drop(columns=nested).to_csv(out / "table.csv", index=False)
    shown = [[text for text, _ in cells] for _, cells in main_sheet(results).rows]
    titles = [column_of(key).title for key in MAIN]
    (out / "table.tex").write_text(pd.DataFrame(shown, columns=titles).to_latex(index=False, na_rep="--", escape=True))
