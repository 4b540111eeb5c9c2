"""Calibration of the ranks: how often their claims are false, and what they find, where the truth is known."""

__all__ = ["CLAIMS", "MEANS", "NOMINAL", "SEEDS", "SPREADS", "Layout", "calibration", "layout_of"]

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..metrics import compare

SEEDS = (3, 5, 10)
# What the rows' true means are: all alike, so that every claim is false; alike two by two; as observed.
MEANS = ("alike", "alike two by two", "as observed")
SPREADS = ("equal", "as observed")
CLAIMS = ("rank", "rank, familywise", "best")  # the columns of a table
NOMINAL = 0.05
NOISE = 3  # standard errors of a simulated rate that are put down to chance


@dataclass(frozen=True)
class Layout:
    """What a table is like: a mean and a spread for each row (R,), and what the seeds of a group share.

    Arguments:
        mean: Of log FCD.
        spread: Standard deviation over seeds.
        group: Of each row, whose rows are paired by seed.
        shared: The share of the variance that the seeds of a group have in common.
    """

    mean: np.ndarray
    spread: np.ndarray
    group: Sequence[Hashable]
    shared: float

    def draw(self, mean: np.ndarray, spread: np.ndarray, seeds: int, random: np.random.Generator) -> np.ndarray:
        """Returns figures of a simulated table, (R, seeds)."""
        names, place = np.unique(self.group, return_inverse=True)
        own, common = (random.normal(size=(n, seeds)) for n in (len(mean), len(names)))
        parts = np.sqrt(1 - self.shared) * own + np.sqrt(self.shared) * common[place]
        return mean[:, None] + spread[:, None] * parts


def layout_of(figures: Mapping[str, Sequence[float]], groups: Mapping[str, Hashable]) -> Layout:
    """Returns the layout of a table; rows without spread are left out, since nothing can be drawn like them.

    Raises:
        ValueError: fewer than two rows have a spread.
    """
    rows = [name for name, values in figures.items() if np.std(values) > 0]
    if len(rows) < 2:
        raise ValueError("fewer than two rows have more than one seed: there is nothing to simulate")
    mean = np.array([np.mean(figures[name]) for name in rows])
    spread = np.array([np.std(figures[name], ddof=1) for name in rows])
    order = mean.argsort()
    rows = [rows[i] for i in order]
    return Layout(mean[order], spread[order], [str(groups[name]) for name in rows], _shared(figures, groups, rows))


def calibration(layout: Layout, runs: int, seed: int = 0) -> pd.DataFrame:
    """Returns what each column of ranks does in simulated tables of a layout.

    Columns: means, spreads, seeds and claim (of MEANS, SPREADS, SEEDS and CLAIMS); familywise, the share of tables with
    a false claim; discovery, the mean share of the claims in a table that are false; sign, the same of those with the
    wrong sign; power, the share of true differences that are claimed (NaN where there are none); nominal, which of the
    first two is promised to be at most 0.05 (for the best, familywise: that the best row is taken for none), with its
    standard error; holds, whether it is, but for three standard errors.
    """
    random, found = np.random.default_rng(seed), []
    for means, spreads, seeds in itertools.product(MEANS, SPREADS, SEEDS):
        mean, spread = _means(layout.mean, means), _spreads(layout.spread, spreads)
        tables = [_claims(layout, mean, spread, seeds, random) for _ in range(runs)]
        for claim, counts in zip(CLAIMS, np.swapaxes(tables, 0, 1), strict=True):
            found.append({"means": means, "spreads": spreads, "seeds": seeds, "claim": claim} | _rates(claim, counts))
    return pd.DataFrame(found)


def _claims(layout: Layout, mean: np.ndarray, spread: np.ndarray, seeds: int, random: np.random.Generator) -> list:
    """Returns for each of CLAIMS how many there were, were false, and had the wrong sign, and how many were due."""
    drawn = layout.draw(mean, spread, seeds, random)
    pairs, rows = compare(dict(enumerate(drawn)), dict(enumerate(layout.group)))
    truth = mean[pairs.a.to_numpy(int)] - mean[pairs.b.to_numpy(int)]
    wrong = truth * pairs.difference < 0
    told = [pairs.differ, pairs.differ_familywise]
    found = [[t.sum(), (t & (wrong | (truth == 0))).sum(), (t & wrong).sum(), (truth != 0).sum()] for t in told]
    # Of rows that are equally good the first is the best one: each is left in as often as promised, not all of them.
    out, others = rows.p_best.to_numpy() < NOMINAL, mean > mean.min()
    return [*found, [(out & others).sum() + out[0], out[0], 0, others.sum()]]


def _rates(claim: str, counts: np.ndarray) -> dict:
    claimed, false, wrong, due = counts.T
    shares = false / np.maximum(claimed, 1)
    rates = {
        "familywise": (false > 0).mean(),
        "discovery": shares.mean(),
        "sign": (wrong / np.maximum(claimed, 1)).mean(),
    }
    nominal = "discovery" if claim == "rank" else "familywise"
    each = shares if nominal == "discovery" else false > 0
    # Not below what it is at the nominal rate: where no claim was false, the simulation is not without noise.
    error = max(each.std(), np.sqrt(NOMINAL * (1 - NOMINAL))) / np.sqrt(len(counts))
    power = (claimed - false).sum() / due.sum() if due.sum() else np.nan
    return rates | {
        "power": power, "nominal": nominal, "error": error, "holds": bool(rates[nominal] <= NOMINAL + NOISE * error),
    }  # fmt: skip


def _means(observed: np.ndarray, kind: str) -> np.ndarray:
    if kind == "alike":
        return np.zeros_like(observed)
    return observed if kind == "as observed" else observed[np.arange(len(observed)) // 2 * 2]


def _spreads(observed: np.ndarray, kind: str) -> np.ndarray:
    return observed if kind == "as observed" else np.full_like(observed, np.sqrt((observed**2).mean()))


def _shared(figures: Mapping, groups: Mapping, rows: list[str]) -> float:
    """Returns the mean correlation over seeds between rows of one group, 0 where there is none."""
    found = [
        np.corrcoef(figures[a], figures[b])[0, 1]
        for a, b in itertools.combinations(rows, 2)
        if groups[a] is not None and groups[a] == groups[b] and len(figures[a]) == len(figures[b])
    ]
    return float(np.clip(np.mean(found), 0, 1)) if found else 0.0
