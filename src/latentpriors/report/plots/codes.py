"""The pictures of codes and of what was logged while they were learned."""

__all__ = ["codes_and_samples", "curves", "densities", "latent_maps", "targets_and_codes"]

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .style import GREY, ORANGE, SHADES, panels

# How far the ends of curves of a panel may lie apart: so many times the least of their ranges, or twice the least end.
APART = 6
WIDEST = 7  # panels beside each other
_PAPER = {"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.7}


def latent_maps(maps: dict[str, pd.DataFrame]) -> Figure:
    """Draws the t-SNE of each autoencoder's codes, with columns x, y and label, colored by class."""
    figure, spots = panels(len(maps), 3, 3.3, 3.5)
    for axes, (name, points) in zip(spots, maps.items(), strict=True):
        axes.scatter(points.x, points.y, c=points.label, cmap="tab10", s=3, lw=0)
        for label, own in points.groupby("label"):
            x, y = _densest(own[["x", "y"]].to_numpy())
            axes.text(x, y, str(label), weight="bold", ha="center", va="center", bbox=_PAPER)
        axes.set(title=name, xticks=[], yticks=[], frame_on=False)
    return figure


def targets_and_codes(planes: dict[str, pd.DataFrame]) -> Figure:
    """Draws codes by class over draws of their target, a panel for each: columns x, y and label, −1 of the draws."""
    figure, spots = panels(len(planes), 3, 3.1, 3.2)
    for axes, (name, points) in zip(spots, planes.items(), strict=True):
        drawn, codes = points[points.label < 0], points[points.label >= 0]
        axes.scatter(drawn.x, drawn.y, s=4, lw=0, color=GREY, alpha=0.35)
        axes.scatter(codes.x, codes.y, c=codes.label, cmap="tab10", s=5, lw=0)
        for label, own in codes.groupby("label"):
            x, y = _densest(own[["x", "y"]].to_numpy())
            axes.text(x, y, str(label), weight="bold", ha="center", va="center", bbox=_PAPER)
        reach = 1.25 * drawn[["x", "y"]].abs().to_numpy().max()
        axes.set(title=name, xticks=[], yticks=[], xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    return figure


def _densest(points: np.ndarray) -> np.ndarray:
    """Returns the one of some points (N, 2) that has a fifth of them nearest: a class in lumps has its mean nowhere."""
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    return points[np.quantile(distances, 0.2, axis=1).argmin()]


def codes_and_samples(planes: dict[tuple[str, str], pd.DataFrame]) -> Figure:
    """Draws held-out codes under prior samples, for each (autoencoder, prior): a row and a column."""
    figure, grid = _grid(planes, 2.05, 2.1)
    for (row, column), points in planes.items():
        axes = grid[row, column]
        for source, color in (("held-out codes", GREY), ("prior samples", ORANGE)):
            part = points[points.source == source]
            axes.scatter(part.x, part.y, s=2, lw=0, alpha=0.55, color=color)
        real = points[points.source == "held-out codes"]
        reach = 1.25 * max(real.x.abs().max(), real.y.abs().max())
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach))
    marks = [Line2D([], [], ls="", marker="o", ms=4, color=c) for c in (GREY, ORANGE)]
    figure.legend(marks, ["held-out codes", "prior samples"], loc="outside lower center", ncols=2, frameon=False)
    return figure


def densities(planes: dict[tuple[str, str], pd.DataFrame]) -> Figure:
    """Draws the density of the codes along their first principal axis, held-out ones against each prior's."""
    figure, grid = _grid(planes, 2.05, 1.5)
    for (row, column), points in planes.items():
        real, drawn = (points.x[points.source == s].to_numpy() for s in ("held-out codes", "prior samples"))
        bins = np.linspace(1.3 * real.min(), 1.3 * real.max(), 41)
        grid[row, column].hist(real, bins, density=True, color=GREY, alpha=0.45)
        grid[row, column].hist(drawn, bins, density=True, histtype="step", color=ORANGE, lw=1.4)
    return figure


def curves(tables: dict[str, pd.DataFrame]) -> Figure:
    """Draws what was logged of each training over its steps: columns step, seed, figure and value.

    Figures of very different sizes, such as a reconstruction and a critic's loss, have panels of their own.
    """
    parts = {
        (name, *figures): table[table.figure.isin(figures)]
        for name, table in tables.items()
        for figures in _alike(table)
    }
    several = {name for name in tables if sum(key[0] == name for key in parts) > 1}
    figure, spots = panels(len(parts), 3, 3.3, 2.2)
    for axes, ((name, *figures), table) in zip(spots, parts.items(), strict=True):
        colors = dict(zip(figures, SHADES, strict=False))
        for (label, seed), part in table.groupby(["figure", "seed"]):
            axes.plot(part.step, part.value, color=colors[label], lw=1, label=label if seed == 0 else None)
        later = table[table.step > table.step.min()]
        if len(later):
            low, high = later.value.min(), max(_reach(part.value) for _, part in later.groupby("figure"))
            margin = 0.1 * (high - low) or 1
            axes.set_ylim(low - margin, high + margin)
        axes.set_title(f"{name}: {', '.join(figures)}" if name in several else name, fontsize=9)
        axes.legend(fontsize=7, frameon=False)
    figure.supxlabel("gradient steps (of a gmm: components; of kde: trials)", fontsize=8)
    figure.supylabel("loss or figure of the method", fontsize=8)
    return figure


def _alike(table: pd.DataFrame) -> list[list[str]]:
    """Returns the figures of a training in groups that can share an axis: all ends are near to each other."""
    ends = table[table.step == table.step.max()].groupby("figure").value.mean()
    spans = table[table.step > table.step.quantile(0.2)].groupby("figure").value.agg(lambda v: v.max() - v.min())
    groups = []
    for name in ends.sort_values().index:
        last = [*(groups[-1] if groups else []), name]
        reach = max(APART * spans[last].min(), 2 * ends[last].abs().min())
        groups = [*groups[:-1], last] if groups and ends[name] - ends[last[0]] <= reach else [*groups, [name]]
    return groups


def _grid(planes: dict[tuple[str, str], pd.DataFrame], width: float, height: float) -> tuple[Figure, dict]:
    """Returns a figure and its axes by (row, column) name: a grid, or where that would be mostly empty, in order."""
    rows, columns = (list(dict.fromkeys(key[i] for key in planes)) for i in (0, 1))
    sparse = len(columns) > WIDEST and len(planes) < 0.7 * len(rows) * len(columns)
    keys = list(planes) if sparse else [(row, column) for row in rows for column in columns]
    figure, spots = panels(len(keys), WIDEST if sparse else len(columns), width, height, 0.3)
    grid = dict(zip(keys, spots, strict=True))
    for (row, column), axes in grid.items():
        axes.set(xticks=[], yticks=[])
        title = f"{row}-{column}" if sparse else column if row == rows[0] else ""
        axes.set_title(title, fontsize=9)
        axes.set_ylabel(row if not sparse and column == columns[0] else "")
    for axes in {*spots} - {grid[key] for key in planes}:
        axes.set_axis_off()
    return figure, grid


def _reach(values: pd.Series) -> float:
    """Returns how high an axis goes: the first points are far off, and a flow that overfits can end anywhere."""
    low, middle, high = values.quantile([0.1, 0.5, 0.9])
    return min(high, middle + 5 * (middle - low))
