"""Likelihood models over the weight β of the reconstruction, beside GLF: as pictures, in words and as a table."""

__all__ = ["swept"]

from pathlib import Path

import pandas as pd

from .columns_joint import SWEEP
from .figures_sweep import fluctuation, scale_curves, sweep_lines
from .names import SWEPT, UNSWEPT
from .page import Picture, Text, written
from .results import Results
from .sheets import Sheet

REGULARIZED = "glf_regularized"
VERDICTS = ("none", "partial", "full")  # of a posterior's collapse, from good to bad

CAPTIONS = {
    "sweep": "The terms and FCD over β, the weight of the reconstruction: a line for each model, its band from the "
    "lowest to the highest seed; GLF, which has no β, is dashed. A cross is a point of which a seed has no FCD.",
    "scales": "The scale of the codes and the prior's NLL of validation images while GLF (dashed) and regularized GLF "
    "train, a line for each seed. Without the stop of the gradient the encoder can lower the NLL by narrowing its "
    "codes; where β is too small, nothing keeps it from that.",
}


def swept(results: Results, out: Path) -> list[Text | Sheet | Picture]:
    """Returns how FCD and the terms depend on β, and how the codes' scale moves in training; empty without a sweep."""
    paths = [results.in_homes(f"sweep/{name}.csv") for name in ("points", "curves")]
    if None in paths:
        return []
    points, curves = (pd.read_csv(path) for path in paths)
    rows = _rows(points, fluctuation(curves))
    facts = results.facts("sweep.json")
    text = (
        f"Every model trained anew for each β at {facts['factor']:g} times the steps of the table's autoencoders, so "
        "that its figures are those of this section alone. Its own prior is sampled. The VAE's β is taken as the "
        "weight of its reconstruction too: 10 here is the β-VAE's β of 0.1. "
    )
    return [
        Text(text + _best(rows)), Text(_scales(rows)),
        *written("sweep", sweep_lines(points), CAPTIONS["sweep"], out),
        *written("scales", scale_curves(curves), CAPTIONS["scales"], out),
        Sheet(SWEEP, rows, explained=True, missing="–"),
    ]  # fmt: skip


def _rows(points: pd.DataFrame, unrest: pd.DataFrame) -> pd.DataFrame:
    """Returns a row for each point, means over seeds, with the range of FCD and how unsteady its training was."""
    grouped = points.groupby(["method", "beta"], dropna=False, sort=False)
    rows = grouped.mean(numeric_only=True).drop(columns="seed")
    least, most = grouped.fcd.min(), grouped.fcd.max()
    rows["span"] = [f"{a:.2f} to {b:.2f}" if pd.notna(a) else None for a, b in zip(least, most, strict=True)]
    rows["failures"] = grouped.fcd.apply(lambda scores: scores.isna().sum())
    rows["collapse"] = grouped.collapse.apply(lambda seen: max(seen.dropna(), key=VERDICTS.index, default=None))
    unrest = unrest.rename(columns={"code_scale": "unsteady_scale", "nll_nats": "unsteady_nll"}).drop(columns="nll")
    return rows.reset_index().merge(unrest, on=["method", "beta"], how="left")


def _best(rows: pd.DataFrame) -> str:
    """Says at which β each model has the lowest FCD on the validation split, and its FCD there on the test split."""
    parts = []
    for method in SWEPT:
        own = rows[(rows.method == method) & rows.fcd_validation.notna()]
        if len(own):
            row = own.loc[own.fcd_validation.idxmin()]
            parts.append(f"{method} at {row.beta:g} ({row.fcd:.2f})")
    reference = rows[rows.method == UNSWEPT].fcd
    beside = f"; {UNSWEPT} has {reference.iloc[0]:.2f}" if reference.notna().any() else ""
    return f"**The best β** by FCD to the validation split, with FCD to the test split: {', '.join(parts)}{beside}."


def _scales(rows: pd.DataFrame) -> str:
    """Says how wide the codes of GLF and regularized GLF end, and how much they fluctuate."""
    shown = rows[rows.method.isin([UNSWEPT, REGULARIZED])]
    parts = []
    for row in shown.itertuples():
        name = f"regularized at β = {row.beta:g}" if row.method == REGULARIZED else UNSWEPT
        parts.append(f"{name} {row.code_scale:#.2g} ({row.unsteady_scale:.1%}, {row.unsteady_nll:.2g} nats)")
    failed = int(rows.failures.sum())
    return (
        "**The scale of the codes** of GLF and regularized GLF at the end, and in brackets how much it and the prior's "
        f"NLL still change from one look to the next in the second half of the training: {', '.join(parts)}. "
        f"Seeds without FCD, of all models: {failed}."
    )
