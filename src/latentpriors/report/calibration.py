"""Calibration: the page that says how often the ranks of a table would claim what is not so."""

__all__ = ["calibration_page"]

from pathlib import Path

import pandas as pd

from .page import Section, Text, write_page, written
from .plots.calibration import error_curves
from .sheets import Column, Sheet
from .words import percent

COLUMNS = (
    Column("name", "true means, spreads, seeds", "s", "What the simulated tables are like."),
    Column("claim", "column", "s", "Of the table: rank, rank familywise, or p best."),
    Column("familywise", "familywise error", ".3f", "Share of tables with at least one false claim."),
    Column("discovery", "false discoveries", ".3f", "Mean share of the claims of a table that are false."),
    Column("sign", "wrong signs", ".3f", "Mean share of the claims of a table that have the wrong sign."),
    Column("power", "power", ".3f", "Share of the true differences, or of the rows that are not the best, claimed."),
    Column("promised", "at most 0.05", "s", "Which of the two is promised to be, and whether it is but for the noise."),
)

CAPTION = (
    "The error that each column promises to keep at 5% (dotted), by the number of seeds, for true means that are all "
    "alike and alike two by two; with three standard errors of the simulation. Above the line would be a defect."
)


def calibration_page(found: pd.DataFrame, name: str, runs: int, shared: float, out: Path) -> str:
    """Writes report.md, report.html, calibration.csv and the picture; returns the answer as text.

    Arguments:
        found: As `studies.calibration.calibration` returns it.
        name: The table's, for the title.
        runs: How many tables were simulated for each line.
        shared: What the seeds of an autoencoder share, of the variance.
        out: An empty folder.
    """
    found.to_csv(out / "calibration.csv", index=False)
    lines = found.assign(
        name=found.means + ", " + found.spreads + ", " + found.seeds.astype(str),
        promised=found.nominal.map({"discovery": "false discoveries", "familywise": "familywise"})
        + found.holds.map({True: "", False: ": **it is not**"}),
    )
    answer = _answer(found, runs)
    how = (
        f"Tables are drawn with the rows, groups, means and spreads of this one, log FCD from normal distributions; "
        f"the seeds of an autoencoder share {percent(shared)} of their variance, as in the table. Where all true means "
        "are alike every claim is false; alike two by two, each row has a twin. The best row has the lowest true mean; "
        "of several such, it is the first."
    )
    sections = [
        Section("", [Text(answer), *written("errors", error_curves(found), CAPTION, out)]),
        Section("All figures", [Sheet(COLUMNS, lines, explained=True, missing="–")]),
        Section("How it was simulated", [Text(how)]),
    ]
    write_page(f"{name}: how often do its ranks claim what is not so?", sections, out)
    return answer


def _answer(found: pd.DataFrame, runs: int) -> str:
    worst = {claim: part.loc[_error(part).idxmax()] for claim, part in found.groupby("claim", sort=False)}
    parts = [
        f"**{claim}** {percent(row[row.nominal])} ({row.nominal.replace('discovery', 'false discoveries')}; true means "
        f"{row.means}, spreads {row.spreads}, {row.seeds} seeds)"
        for claim, row in worst.items()
    ]
    broken = int((~found.holds).sum())
    verdict = "No error is above the promised 5%" if not broken else f"**{broken} errors are above the promised 5%**"
    seen = found[(found.means == "as observed") & (found.spreads == "as observed")]
    power = [
        f"{percent(part.power.iloc[0])} of the true differences by {claim}"
        for claim, part in seen[seen.seeds == seen.seeds.min()].groupby("claim", sort=False)
        if claim != "best"
    ]
    return (
        f"{verdict} by more than the noise of {runs:,} simulated tables each. The largest: {'; '.join(parts)}. Were "
        f"the means and spreads that were observed the true ones, {seen.seeds.min()} seeds would find "
        f"{' and '.join(power)}."
    )


def _error(found: pd.DataFrame) -> pd.Series:
    """Returns the error that is promised to be small."""
    return found.discovery.where(found.nominal == "discovery", found.familywise)
