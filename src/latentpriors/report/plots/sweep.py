"""The pictures of the sweep over β: where each term ends, and how the codes' scale moves while a model is trained."""

__all__ = ["REGULARIZED", "fluctuation", "scale_curves", "sweep_lines"]

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...studies.swept import SWEPT, UNSWEPT
from .style import BLUE, GREEN, GREY, ORANGE, PURPLE, logarithmic, panels

SHADES = dict(zip(SWEPT, (BLUE, GREEN, PURPLE, ORANGE), strict=True))
PANELS = {
    "reconstruction": "reconstruction (nats)",
    "entropy": "entropy of the posterior (nats)",
    "nll": "NLL of the prior (nats)",
    "fcd": "FCD",
}
REGULARIZED = "glf_regularized"
PEAKS = 0.02  # the share of the values that may leave the top of a panel: they reach millions of nats
FOLLOWED = {"code_scale": "scale of the codes", "nll": "NLL of the prior (nats)"}


def sweep_lines(points: pd.DataFrame) -> Figure:
    """Draws the terms and FCD against β, a line for each method with the range of its seeds, GLF dashed.

    A cross at the bottom of FCD's panel says that a seed has none: it failed.

    Arguments:
        points: Rows of method, beta (NaN for GLF), seed and the figures, NaN where there is none.
    """
    figure, spots = panels(len(PANELS), 2, 3.6, 2.6)
    for axes, (key, title) in zip(spots, PANELS.items(), strict=True):
        for method, color in SHADES.items():
            _line(axes, points[points.method == method], key, color)
        reference = points[points.method == UNSWEPT][key].dropna()
        if len(reference):
            axes.axhspan(reference.min(), reference.max(), color=GREY, alpha=0.2, lw=0)
            axes.axhline(reference.mean(), color=GREY, lw=1.4, ls="--")
        axes.set(title=title, xlabel="β, the weight of the reconstruction")
        for axis in (axes.xaxis, axes.yaxis) if key == "fcd" else (axes.xaxis,):
            logarithmic(axis)
        axes.set_xticks(sorted(points.beta.dropna().unique()))
        axes.grid(alpha=0.2)
    for method, color in SHADES.items():
        axes.plot([], [], "o-", ms=3.5, lw=1.4, color=color, label=method)
    axes.plot([], [], color=GREY, lw=1.4, ls="--", label=f"{UNSWEPT} (no β)")
    figure.legend(loc="outside lower center", ncols=5, frameon=False)
    return figure


def scale_curves(curves: pd.DataFrame) -> Figure:
    """Draws the codes' scale and the prior's NLL over training, of regularized GLF at each β beside GLF, a line a seed.

    Arguments:
        curves: Rows of method, beta (NaN for GLF), step, seed, figure and value.
    """
    betas = sorted(curves.beta[curves.method == REGULARIZED].dropna().unique())
    figure = Figure(figsize=(7.2, 4.2), layout="constrained")  # as wide for any number of βs
    grid = figure.subplots(2, max(len(betas), 1), sharex=True, sharey="row", squeeze=False)
    for row, (key, title) in zip(grid, FOLLOWED.items(), strict=True):
        table = curves[(curves.figure == key) & np.isfinite(curves.value)]
        for axes, beta in zip(row, betas, strict=False):
            for _, part in table[table.method == UNSWEPT].groupby("seed"):
                axes.plot(part.step, part.value, color=GREY, lw=1.1, ls="--")
            for _, part in table[(table.method == REGULARIZED) & (table.beta == beta)].groupby("seed"):
                axes.plot(part.step, part.value, color=SHADES[REGULARIZED], lw=1.1)
            axes.grid(alpha=0.2)
        row[0].set_ylabel(title)
    grid[0, 0].set_yscale("log")
    _crop(grid[1])
    for above, below, beta in zip(*grid, betas, strict=False):
        above.set_title(f"β = {beta:g}")
        below.set_xlabel("gradient steps")
    grid[0, 0].plot([], [], color=GREY, lw=1.2, ls="--", label=f"{UNSWEPT} (the same in each panel)")
    grid[0, 0].plot([], [], color=SHADES[REGULARIZED], lw=1.4, label=REGULARIZED)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def _crop(row: np.ndarray) -> None:
    """Sets the shared limits of panels to what most of their lines need, and writes what rises beyond."""
    lines = [[line.get_ydata() for line in axes.lines] for axes in row]
    values = np.concatenate([values for own in lines for values in own] or [np.zeros(1)])
    low, high = values.min(), np.quantile(values, 1 - PEAKS)
    margin = 0.1 * (high - low) or 1
    row[0].set_ylim(low - margin, high + margin)
    for axes, own in zip(row, lines, strict=True):
        peak = max((values.max() for values in own), default=low)
        if peak > high + margin:
            text = axes.text(
                0.97, 0.97, f"peak {peak:.2g}", transform=axes.transAxes, ha="right", va="top", fontsize="small"
            )
            text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})


def fluctuation(curves: pd.DataFrame) -> pd.DataFrame:
    """Returns how unsteady each point is in the second half of its training, a mean over seeds.

    `code_scale` is the standard deviation of the relative changes from a look to the next, `nll` that of the changes in
    units of the mean |NLL|, and `nll_nats` the same in nats, since the zero of an NLL has no meaning. A steady trend,
    the same factor or so many nats at each look, is none.

    Arguments:
        curves: Rows of method, beta (NaN for GLF), step, seed, figure and value.
    """
    late = curves[curves.step >= curves.groupby(["method", "beta"], dropna=False).step.transform("max") / 2]
    late = late[late.figure.isin(FOLLOWED) & np.isfinite(late.value)].sort_values("step")
    keys = ["method", "beta", "figure", "seed"]
    change = late.groupby(keys, dropna=False).value.diff()
    relative = late.groupby(keys, dropna=False).value.pct_change()
    late = late.assign(change=change, relative=relative, size=late.value.abs())
    found = late.groupby(keys, dropna=False).agg(
        change=("change", "std"), relative=("relative", "std"), size=("size", "mean")
    )
    parts = {name: found.xs(name, level="figure") for name in FOLLOWED}
    table = pd.DataFrame({"code_scale": parts["code_scale"].relative})
    table["nll"] = parts["nll"].change / parts["nll"]["size"]
    table["nll_nats"] = parts["nll"].change
    return table.groupby(level=["method", "beta"], dropna=False).mean().reset_index()


def _line(axes: Axes, points: pd.DataFrame, key: str, color: str) -> None:
    found = points.groupby("beta")[key].agg(["mean", "min", "max"]).dropna()
    if len(found):
        axes.plot(found.index, found["mean"], "o-", ms=3.5, lw=1.4, color=color)
        axes.fill_between(found.index, found["min"], found["max"], color=color, alpha=0.18, lw=0)
    failed = points.beta[points.fcd.isna()].unique() if key == "fcd" else []
    if len(failed):
        axes.plot(failed, np.zeros(len(failed)), "x", color=color, transform=axes.get_xaxis_transform(), clip_on=False)
