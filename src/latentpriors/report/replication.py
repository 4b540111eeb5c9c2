"""The replication ledger: published figures beside ours, with what the intervals allow to conclude."""

__all__ = ["judge", "judge_claims", "markdown", "read_ledger"]

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from ..metrics import difference_interval, student_interval
from .claims import claims_sections, judge_claims
from .evidence import item_of, runs_of
from .ledger import read_ledger
from .page import Section, Text, twin
from .sheets import texts
from .words import interval

VERDICTS = ("replicated", "not replicated", "undecided", "not comparable")
NOT_RUN = "not run yet"  # why there is no verdict, of models that are to come

READING = """\
Each row is a figure that was published, what came out here, and a verdict. Ours is the mean over independent seeds, \
each with its own autoencoder, prior and noise, with a 95% interval by Student's t (two autoencoders: Welch's; not \
adjusted for the number of rows). **Replicated**: the whole interval is where the rule wants it. **Not replicated**: \
the whole interval is elsewhere. **Undecided**: it reaches into both, and these seeds cannot tell. **Not comparable**: \
the two figures are not of the same quantity, or ours is missing, and the row says why. A difference is the first \
figure minus the second; a ratio is the geometric mean over seeds; real data, the floor, counts as a constant in both. \
A published figure without an interval is taken as it is printed: no verdict says how lucky its one run was."""


def judge(ledger: dict, cells: dict, folder: Path) -> pd.DataFrame:
    """Returns a row for each entry of a ledger: id, source, claim, unit, theirs, ours, interval, seeds, rule, verdict.

    Arguments:
        ledger: As `read_ledger` returns it.
        cells: The content of cells.yaml, which says where a key's metrics are and on which autoencoder it stands.
        folder: The metrics' folder: DATASET/TABLE/KEY.json, and of a model autoencoders/AUTOENCODER.json there or
            likelihood/AUTOENCODER.json; a key may also be a file of it. Where the unit is %, it has shares.

    Raises:
        ValueError: a key is not in cells.yaml, or its metrics file or the metric in it is missing.
    """
    return pd.DataFrame([_row(entry, cells, Path(folder)) for entry in ledger["entries"]])


def markdown(ledger: dict, rows: pd.DataFrame, claims: pd.DataFrame) -> str:
    """Returns the page: the claims and whom we side with, then how many figures have which verdict, and the figures.

    Arguments:
        ledger: As `read_ledger` returns it.
        rows: As `judge` returns them.
        claims: As `judge_claims` returns them.
    """
    counts = Counter(rows.verdict)
    found = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
    waiting = int((rows.rule == NOT_RUN).sum())
    later = f" ({waiting} of these because they are not run yet)" if waiting else ""
    sections = claims_sections(claims)
    sections += [Section("Figures", [Text(READING), Text(f"Of {len(rows)} figures: {found}{later}.")])]
    for name, source in ledger["sources"].items():
        shown = rows[rows.source == name].drop(columns=["id", "source"])
        shown = shown.rename(columns={"interval": "95% interval", "rule": "rule, or why there is no verdict"})
        sections.append(Section(source["title"], [Text(source["about"]), *([texts(shown)] if len(shown) else [])]))
    return twin("Published figures and ours", sections, Path())


def _row(entry: dict, cells: dict, folder: Path) -> dict:
    row = {key: entry[key] for key in ("id", "source", "claim", "unit")} | {"theirs": _theirs(entry)}
    row |= {"ours": "", "interval": "", "seeds": "", "rule": entry.get("why"), "verdict": "not comparable"}
    if entry["ours"] is None:
        return row
    keys = [entry["ours"]] if isinstance(entry["ours"], str) else entry["ours"]
    try:
        runs = [runs_of(key, entry["metric"], cells, folder) for key in keys]
        if entry["unit"] == "%":
            runs = [[100 * share for share in run] for run in runs]
        (mean, low, high), seeds = _estimate(entry["rule"], keys, runs, cells)
    except ValueError as error:
        raise ValueError(f"{entry['id']}: {error}") from error
    row |= {"ours": f"{mean:.2f}", "seeds": seeds, "interval": interval(low, high) or ""}
    if entry["rule"] == "order":
        row["ours"] = f"{np.mean(runs[0]):.2f} and {np.mean(runs[1]):.2f}, difference {mean:+.2f}"
    if entry["rule"] != "not comparable":
        row |= {"rule": _rule(entry), "verdict": _verdict(entry, low, high)}
    return row


def _estimate(rule: str, keys: list[str], runs: list[list[float]], cells: dict) -> tuple[tuple, str]:
    """Returns (mean, low, high), and of how many seeds."""
    fixed = [key in cells["real"] and len(run) == 1 for key, run in zip(keys, runs, strict=True)]
    if len(runs) == 1:
        return student_interval(runs[0]), "" if fixed[0] else str(len(runs[0]))
    first, second = (item_of(key, cells) for key in keys)
    paired = all(first.get(part) == second.get(part) for part in ("dataset", "autoencoder"))
    if paired:  # by the seeds that both have
        runs = [run[: min(map(len, runs))] for run in runs]
    seeds = f"{len(runs[0])} pairs" if paired else f"{len(runs[0])} and {len(runs[1])}"
    if any(fixed):  # one set of real images for every seed
        n = max(map(len, runs))
        runs, paired, seeds = [run * n if one else run for run, one in zip(runs, fixed, strict=True)], True, str(n)
    a, b = runs
    if rule == "order":
        return difference_interval(a, b, paired), seeds
    if min(*a, *b) <= 0:
        raise ValueError(f"figures of {' and '.join(keys)} are not all greater than 0 and have no ratio")
    interval = difference_interval(np.log(a), np.log(b), paired)
    return tuple(None if value is None else float(np.exp(value)) for value in interval), seeds


def _verdict(entry: dict, low: float | None, high: float | None) -> str:
    if low is None:  # one seed
        return "undecided"
    if entry["rule"] == "order":
        least, most = -np.inf, 0.0
    else:
        published = entry["published"]
        figure = published[0] / published[1] if entry["rule"] == "ratio" else published
        least, most = sorted((figure / entry["within"], figure * entry["within"]))  # figures may be negative
    if least < low and high < most:
        return "replicated"
    return "not replicated" if high < least or low > most else "undecided"


def _theirs(entry: dict) -> str:
    published = entry["published"]
    if entry["rule"] == "order":
        return f"{published[0]} < {published[1]}"
    if entry["rule"] == "ratio":
        return f"{published[0]} / {published[1]} = {published[0] / published[1]:.2f}"
    return "" if published is None else str(published)


def _rule(entry: dict) -> str:
    return "difference below 0" if entry["rule"] == "order" else f"within a factor of {entry['within']:g}"
