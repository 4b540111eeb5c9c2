"""The pictures of the tuning: the best validation FCD after each trial, and errors after each epoch."""

__all__ = ["best_lines", "error_lines"]

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .style import logarithmic, panels

GAP = 0.055  # between two names, as a share of the axis


def best_lines(tables: dict[str, pd.DataFrame]) -> Figure:
    """Draws the best FCD after k trials, a panel for each data set and a line for each method.

    Arguments:
        tables: For each data set rows of method, trial and best, as `trials.best_after` returns them.

    Raises:
        ValueError: there is no trial to draw.
    """
    tables = {name: table.dropna(subset="best") for name, table in tables.items()}
    tables = {name: table for name, table in tables.items() if len(table)}
    if not tables:
        raise ValueError("no trial is logged; run stages/tune.py")
    methods = sorted({method for table in tables.values() for method in table.method})
    shades = dict(zip(methods, matplotlib.colormaps["tab20"](np.arange(len(methods)) % 20), strict=True))
    figure, spots = panels(len(tables), len(tables), 4.2, 3.4)
    for axes, (name, table) in zip(spots, tables.items(), strict=True):
        for method, part in table.groupby("method"):
            axes.plot(part.trial, part.best, "o-", ms=3, lw=1.4, color=shades[method])
        axes.set(title=name, xlabel="trials", ylabel="best validation FCD (logarithmic)")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        logarithmic(axes.yaxis)
        axes.grid(alpha=0.2)
        last = table.sort_values("trial").groupby("method").last()
        for method, height in _spread(last.best, axes.get_ylim()).items():
            axes.annotate(
                method, (1.02, height), xycoords="axes fraction", va="center", fontsize=7, color=shades[method]
            )
    return figure


def error_lines(errors: dict[str, list[float]]) -> Figure:
    """Draws errors after each epoch, a line for each choice by its name, which stands at the line's end."""
    figure, (axes, *_) = panels(1, 1, 6.5, 3.6)
    shades = dict(zip(errors, matplotlib.colormaps["tab10"](np.arange(len(errors)) % 10), strict=True))
    for name, line in errors.items():
        axes.plot(range(1, len(line) + 1), line, lw=1.2, color=shades[name])
    axes.set(xlabel="epochs", ylabel="error (logarithmic)")
    logarithmic(axes.yaxis)
    axes.grid(alpha=0.2)
    last = pd.Series({name: line[-1] for name, line in errors.items()})
    for name, height in _spread(last, axes.get_ylim()).items():
        axes.annotate(name, (1.02, height), xycoords="axes fraction", va="center", fontsize=7, color=shades[name])
    return figure


def _spread(values: pd.Series, limits: tuple[float, float]) -> dict[str, float]:
    """Returns a height for each name's label, near its value on a logarithmic axis, none on another."""
    low, high = np.log(limits)
    wanted = ((np.log(values) - low) / (high - low)).sort_values()
    found, least = {}, -np.inf
    for name, height in wanted.items():
        least = found[name] = max(height, least + GAP)
    return found
