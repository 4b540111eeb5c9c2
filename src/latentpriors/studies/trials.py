"""The logs of trials: of the equal tuning, what was best and which is taken; of open choices, their errors."""

__all__ = [
    "CHOSEN_ON", "COLUMNS", "WORTH", "best_after", "choice", "finished", "least_error", "load_log", "record",
    "selected_errors",
]  # fmt: skip

import fcntl
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd

from ..store import whole

CHOSEN_ON = "mnist"  # the data set whose trials decide what params.yaml has
WORTH = 0.1  # by which share of its FCD a change must better the default: the chance of a single run is of this size
COLUMNS = ("method", "trial", "settings", "steps", "fcd_validation", "nll_validation", "seconds", "failure")


def load_log(path: Path, columns: tuple[str, ...] = COLUMNS) -> pd.DataFrame:
    """Returns the trials that are logged so far, a row each."""
    return pd.read_csv(path) if path.is_file() else pd.DataFrame(columns=list(columns))


def finished(log: pd.DataFrame, method: str, trial: int, settings: dict, steps: int) -> bool:
    """Whether a trial is logged, by its two first columns, with these settings and steps."""
    same = _of(log, method, trial) & (log.steps == steps) & (log.settings == _text(settings))
    return bool(same.any())


def record(path: Path, row: dict, columns: tuple[str, ...] = COLUMNS) -> None:
    """Writes a trial into the log, in place of an earlier one of its number; safe where several processes do.

    Arguments:
        path: Of the log.
        row: The columns, where gaps may be missing; `settings` as a dictionary.
        columns: Of the log, `settings` among them; the first two, a name and a number, say which trial it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        log, key = load_log(path, columns), list(columns[:2])
        others = log[~_of(log, *(row[name] for name in key))]
        added = pd.DataFrame([row | {"settings": _text(row["settings"])}])
        # As objects: an empty log would otherwise decide the columns' types.
        joined = pd.concat([others.astype(object), added.astype(object)]).reindex(columns=list(columns))
        with whole(path) as part:
            joined.sort_values(key).to_csv(part, index=False)
    finally:
        os.close(lock)


def best_after(log: pd.DataFrame) -> pd.DataFrame:
    """Returns for each method the lowest `fcd_validation` of its first k trials, rows of method, trial (k) and best.

    A trial that failed counts as a trial; before the first that did not there is no best.
    """
    log = log.sort_values(["method", "trial"])
    best = pd.to_numeric(log.fcd_validation).fillna(np.inf).groupby(log.method).cummin()
    return log.assign(best=best.replace(np.inf, np.nan))[["method", "trial", "best"]].reset_index(drop=True)


def choice(log: pd.DataFrame, method: str) -> int:
    """Returns which of a method's trials is taken: the best, if it is worth a change of the default, else the first."""
    found = log[log.method == method].set_index("trial").fcd_validation.astype(float)
    default = found.get(1, np.nan)
    return 1 if found.isna().all() or found.min() >= (1 - WORTH) * default else int(found.idxmin())


def selected_errors(log: pd.DataFrame) -> pd.DataFrame:
    """Returns the error of each run of an open choice by who chooses its epoch: choice, draw, kept, few and all.

    `kept` chooses none (the moving average of all weights); `few` the last of the epochs with the least error on the
    few validation images; `all` that with the least on the very images of which the error is, which nobody can have.
    """
    rows = []
    for row in log[log.failure.isna()].itertuples():
        errors, few = np.array(json.loads(row.errors)), np.array(json.loads(row.few_errors))
        chosen = errors[np.flatnonzero(few == few.min())[-1]]
        rows.append({"choice": row.choice, "draw": row.draw, "kept": row.error, "few": chosen, "all": errors.min()})
    return pd.DataFrame(rows, columns=["choice", "draw", "kept", "few", "all"])


def least_error(log: pd.DataFrame) -> str:
    """Returns the open choice whose runs have the lowest mean error, of the weights that are kept.

    Raises:
        ValueError: no choice has an error of each of its logged runs.
    """
    means = log.error.astype(float).groupby(log.choice).agg(lambda errors: errors.mean(skipna=False))
    if means.isna().all():
        raise ValueError("no choice is logged yet, of which the best could be taken; run all of them first")
    return str(means.idxmin())


def _of(log: pd.DataFrame, name: str, number: int) -> pd.Series:
    """Returns which rows are of a trial."""
    first, second = log.columns[:2]
    return (log[first] == name) & (log[second] == number)


def _text(settings: dict) -> str:
    return json.dumps(settings, sort_keys=True)
