"""How sure a table is, in words and figures: neighbours, and the bias of the sample count."""

__all__ = ["bias", "neighbours", "neighbours_in_words", "significance"]

from pathlib import Path

import numpy as np
import pandas as pd

from ...metrics import seeds_needed
from ..page import Picture, Text, written
from ..plots.table import bias_lines
from ..results import Results, log_figures
from ..sheets import Column, Sheet
from ..words import apart, interval, listed, seeded

# Two neighbours of the table, and what would tell them apart.
NEIGHBOURS = (
    Column("pair", "pair", "s", ""),
    Column("ratio", "FCD ratio", ".2f", "FCD of the worse over the better, geometric means over seeds."),
    Column("span", "95% interval", "s", "Of the ratio, for this pair alone."),
    Column("p", "p alone", ".3f", "Of the t test of log FCD with moderated variances."),
    Column("p_fdr", "p, FDR", ".3f", "After Benjamini's and Hochberg's correction over all pairs of competing cells."),
    Column("p_holm", "p, Holm", ".3f", "After Holm's."),
    Column("alone", "seeds, alone", ".0f",
           "Seeds of each cell that would tell the two apart with a power of 80%; empty: more than 1,000, or unknown."),
    Column("holm", "seeds, Holm", ".0f", "The same at the first step of Holm's correction."),
    Column("samples", "samples", ",.0f",
           "Samples from which on the bias of their count contributes less than a tenth of the difference in FCD."),
)  # fmt: skip

CAPTION = (
    "FCD (dots) against one over the number of samples, for the best cells, and its straight line to infinitely many "
    "(orange ring). A steep line is a figure that owes much to its count; the scales differ between panels."
)

MORE, MOST = 2, 10  # seeds that a row gets at a time, and has at most
PLENTY = 1000  # seeds: more than this are not counted
NEGLIGIBLE = 0.1  # of the difference of two neighbours: how much the bias of the count may contribute to it

NO_EXTRAPOLATION = (
    "**Samples.** There is no extrapolation of FCD to infinitely many samples for this table: it takes two counts "
    "of at least ten times the number of logits."
)


def significance(results: Results, out: Path) -> list[Text | Sheet | Picture]:
    """Returns what tells neighbours apart and what the sample count adds: in words, as a table and as a picture."""
    near, shown = neighbours(results), results.shown
    return [
        Text(neighbours_in_words(near, len(results.pairs), results.competing.seeds)), *_near(near),
        *map(Text, wanting(results)),
        *map(Text, bias(results)), *written("bias", bias_lines(shown[~shown.yardstick]), CAPTION, out),
    ]  # fmt: skip


def neighbours(results: Results) -> pd.DataFrame:
    """Returns for each two neighbours by log FCD what tells them apart, and how many seeds and samples would.

    Of the top rows alone, those that may be the best and the one after them: for the others, more seeds pay nobody.
    The columns: better, worse; ratio of FCD, worse over better, with low and high; p, p_fdr and p_holm; alone and holm,
    the seeds that would tell them apart with a power of 0.8, alone and at the first step of Holm's correction (NaN:
    more than 1,000, or unknown); samples, the count at which the bias contributes less than a tenth of their
    difference.
    """
    rows, logs = results.competing, log_figures(results.competing)
    rows = rows.loc[[rows.index[rows.cell == name][0] for name in sorted(logs, key=lambda name: logs[name].mean())]]
    rows = rows.head(1 + int((~apart(rows.p_best)).sum()))
    found = []
    for (_, a), (_, b) in zip(list(rows.iterrows())[:-1], list(rows.iterrows())[1:], strict=True):
        pair = results.pair(a.cell, b.cell)
        needed = [
            seeds_needed(logs[a.cell], logs[b.cell], pair.paired, tests=t, most=PLENTY) for t in (1, len(results.pairs))
        ]
        tests = (pair.p, pair.p_fdr, pair.p_holm)
        found.append((a.cell, b.cell, *results.ratio(b.cell, a.cell), *tests, *needed, _samples(a, b)))
    names = ["better", "worse", "ratio", "low", "high", "p", "p_fdr", "p_holm", "alone", "holm", "samples"]
    table = pd.DataFrame(found, columns=names)
    return table.astype(dict.fromkeys(names[2:], float))


def wanting(results: Results) -> list[str]:
    """Returns which rows get more seeds next, by the rule of the README; nothing where that would tell nothing."""
    rows = results.competing
    top = rows[~apart(rows.p_best)]
    if len(top) < 2 or top.seeds.max() == 1:
        return []
    some = list(top.cell[top.seeds < MOST])
    if not some:
        return [f"**More seeds** go to none: all that may be the best have {MOST}."]
    return [
        f"**More seeds** go next to {listed(some)}: compared with the best as one family, none of them can be left out "
        f"(p, best). {MORE} more each, until {MOST} (`more_seeds` in cells.yaml)."
    ]


def neighbours_in_words(table: pd.DataFrame, pairs: int, counts: pd.Series) -> str:
    """Returns how many seeds would tell neighbours apart; `counts` are those that the competing cells have."""
    if table.empty:
        return "One cell alone has no neighbour to be told from."
    seeds, one = seeded(counts), counts.max() == 1
    told, corrected = int(apart(table.p).sum()), int(apart(table.p_fdr).sum())
    text = (
        f"**Seeds.** A tie means not told apart, not equal. Of {len(table)} pairs of neighbours among the cells that "
        f"may be the best, and the one after them, {seeds} {'tells' if one else 'tell'} {told} apart "
        f"where each pair is looked at alone, and {corrected} at a false discovery rate of 5% over all {pairs} pairs. "
    )
    if one:
        return f"{text}One seed shows no spread, so it cannot say how many would do."
    return (
        f"{text}With the differences and spreads of log FCD seen, a power of 80% would take {_range(table.alone)} for "
        f"a pair alone, and {_range(table.holm)} at the first step of Holm's correction. From so few seeds these are "
        "orders of magnitude, too small where chance made a difference large."
    )


def bias(results: Results) -> list[str]:
    """Returns what the sample count adds to FCD, and a warning where there are too few samples."""
    rows = results.competing
    n = int(rows.n_samples.iloc[0]) if pd.notna(rows.n_samples.iloc[0]) else 0
    known = rows[rows.fcd_infinity.notna()]
    lines = [_excess(known, n, bool((results.table.fcd_infinity < 0).any())) if len(known) else NO_EXTRAPOLATION]
    if rows.fcd_penultimate.isna().all():
        lines.append(
            f"**Warning: {n:,} samples are fewer than ten times the dimension of the penultimate layer.** No FCD of "
            "that layer is given, rather than a wrong one; the other figures on its features are as rough as that "
            "count."
        )
    return lines


def _near(table: pd.DataFrame) -> list[Sheet]:
    if table.empty:
        return []
    spans = [interval(row.low, row.high) for row in table.itertuples()]
    return [Sheet(NEIGHBOURS, table.assign(pair=table.better + " < " + table.worse, span=spans), explained=True)]


def _excess(rows: pd.DataFrame, n: int, negative: bool) -> str:
    excess = rows.fcd - rows.fcd_infinity
    counts = next((sorted(map(int, c)) for c in rows.fcd_by_count if isinstance(c, dict)), [])
    span = interval(counts[0], counts[-1], ",") if counts else None
    rough = ": two points, so a rough figure" if len(counts) == 2 else ""
    return (
        f"**Samples.** FCD from a finite count is biased upwards, about in proportion to 1/N. At {n:,} samples, "
        f"FCD is {_signed(excess.median())} above its value at infinity in the median of the cells "
        f"({interval(_signed(excess.min()), _signed(excess.max()), 's')}; {(excess / rows.fcd).median():.1%} of FCD)"
        + (f", extrapolated from {len(counts)} counts from {span}{rough}" if span else "")
        + (". Extrapolated values below 0 show how rough this is." if negative else ".")
        + " All cells have the same count, so neighbours share most of it; the table says from how many samples "
        "on it contributes less than a tenth of their difference."
    )


def _samples(a: pd.Series, b: pd.Series) -> float:
    """Returns from how many samples on the biases, in proportion to 1/N, differ by less than a tenth of the gap."""
    extra = (a.fcd - a.fcd_infinity) - (b.fcd - b.fcd_infinity)
    gap = abs(a.fcd_infinity - b.fcd_infinity)
    return float(np.ceil(a.n_samples * abs(extra) / (NEGLIGIBLE * gap))) if gap > 0 else np.nan


def _range(needed: pd.Series) -> str:
    known, beyond = needed.dropna(), int(needed.isna().sum())
    if known.empty:
        return f"more than {PLENTY:,} seeds"
    text = f"{interval(known.min(), known.max(), '.0f')} seeds (median {needed.fillna(PLENTY).median():.0f})"
    return text + (f", and more than {PLENTY:,} for {beyond} of the pairs" if beyond else "")


def _signed(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"
