"""The points of the sweep over β as rows, and their means over seeds."""

__all__ = ["COLUMNS", "FIGURES", "point_name", "summary"]

import math

import pandas as pd

from ..likelihood.terms import common
from ..metrics import student_interval

# Of a point at the end of its training; which of them it has depends on the method, and on what failed.
FIGURES = (
    "best_step", "squared_error", "nll", "reconstruction", "kl", "entropy", "elbo", "code_scale", "code_scale_least",
    "active_units", "collapse", "mismatch_sliced_wasserstein", "mismatch_floor", "mismatch_accuracy",
    "fcd", "fcd_validation",
)  # fmt: skip

COLUMNS = ("method", "beta", "seed", *FIGURES, "seconds", "cpu_seconds", "failure")


def point_name(method: str, beta: float | None) -> str:
    """Returns METHOD-β, or the method alone where it has no β."""
    return method if beta is None else f"{method}-{beta:g}"


def summary(table: pd.DataFrame) -> dict[str, dict]:
    """Returns for each point its means over seeds, by the name METHOD-β; what no seed has is left out.

    `fcd_low` and `fcd_high` are Student's interval, and `fcd_by_seed` has null for a seed without. Where seeds failed,
    `failures` counts them, `failure` is the first reason, and means are over the others; the verdict is the worst.

    Arguments:
        table: Rows with the `COLUMNS`; beta is NaN for the reference.
    """
    found = {}
    for (method, beta), part in table.groupby(["method", "beta"], sort=False, dropna=False):
        row = {"method": method, "beta": None if math.isnan(beta) else beta, "seeds": len(part)}
        row |= {key: common(part[key].dropna().tolist()) for key in FIGURES if part[key].notna().any()}
        if scores := part.fcd.dropna().tolist():
            _, row["fcd_low"], row["fcd_high"] = student_interval(scores)
        row["fcd_by_seed"] = [None if math.isnan(score) else score for score in part.fcd]
        if failures := part.failure.dropna().tolist():
            row |= {"failures": len(failures), "failure": failures[0]}
        found[point_name(method, row["beta"])] = row
    return found
