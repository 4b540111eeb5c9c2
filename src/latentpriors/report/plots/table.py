"""The pictures of a table's figures: intervals, the bias of the count, cost and agreement."""

__all__ = ["agreement_map", "bias_lines", "forest", "on_front", "pareto", "spent"]

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from .style import BLUE, GREY, ORANGE, PALE, SHADES, logarithmic, panels

LEAST_SECONDS = 0.1  # a prior without a fit is drawn here: zero has no place on a logarithmic axis
SHOWN = 8  # cells whose extrapolation is drawn


def forest(table: pd.DataFrame) -> Figure:
    """Draws FCD with its interval for each row, on a logarithmic axis, the rows in the table's order.

    Arguments:
        table: With the columns cell, fcd, fcd_low, fcd_high, yardstick, letters and tied (with the best cell).
    """
    figure = Figure(figsize=(6.2, 0.29 * len(table) + 0.8), layout="constrained")
    axes = figure.subplots()
    least = table.fcd.min() / 3
    for y, row in enumerate(table.itertuples()):
        color = GREY if row.yardstick else BLUE if row.tied else PALE
        if pd.notna(row.fcd_low):
            # Student's interval of three seeds may reach below 0, which a logarithmic axis cannot show.
            axes.plot([max(row.fcd_low, least), row.fcd_high], [y, y], color=color, lw=2.5, alpha=0.55)
        axes.plot(row.fcd, y, "D" if row.yardstick else "o", color=color, ms=5)
        if isinstance(row.letters, str):
            axes.annotate(row.letters, (1.01, y), xycoords=("axes fraction", "data"), va="center", fontsize=7)
        axes.annotate(f"{row.fcd:.2f}", (row.fcd, y), (0, 4), textcoords="offset points", ha="center", fontsize=7)
    axes.set(yticks=range(len(table)), yticklabels=table.cell, xlabel="FCD (logarithmic; lower is better)")
    logarithmic(axes.xaxis)
    axes.set_ylim(len(table) - 0.4, -0.8)
    axes.grid(axis="x", which="both", alpha=0.2)
    axes.tick_params(axis="y", length=0)
    return figure


def bias_lines(table: pd.DataFrame) -> Figure | None:
    """Draws FCD against 1/N with its extrapolation to infinity for the first cells; None where there is none.

    Arguments:
        table: With the columns cell, fcd_by_count and fcd_infinity.
    """
    table = table[table.fcd_by_count.map(lambda counts: isinstance(counts, dict)) & table.fcd_infinity.notna()][:SHOWN]
    if table.empty:
        return None
    figure, spots = panels(len(table), 4, 2.4, 1.9, 0.2)
    for axes, row in zip(spots, table.itertuples(), strict=True):
        counts = np.array(sorted(map(int, row.fcd_by_count)))
        inverse, values = 1 / counts, np.array([row.fcd_by_count[str(count)] for count in counts])
        slope = (inverse * (values - row.fcd_infinity)).sum() / (inverse**2).sum()
        ends = np.array([0, inverse.max()])
        axes.plot(ends, row.fcd_infinity + slope * ends, color=GREY, lw=1, ls="--")
        axes.plot(inverse, values, "o", color=BLUE, ms=4)
        axes.plot(0, row.fcd_infinity, "o", mfc="white", mec=ORANGE, mew=1.5, ms=5.5, clip_on=False, zorder=5)
        axes.set_title(row.cell, fontsize=9)
        # The largest count is too near to infinity for a label of its own.
        axes.set_xticks([0, 1 / min(counts)], ["∞", f"{min(counts):,}"], fontsize=7)
        axes.tick_params(axis="y", labelsize=7)
        axes.margins(y=0.2)
    figure.supxlabel("number of samples (axis: 1/N)", fontsize=8)
    return figure


def spent(table: pd.DataFrame) -> pd.Series:
    """Returns the seconds of each prior's fit as a logarithmic axis can show them.

    Arguments:
        table: With the columns fit_seconds and parameters; without parameters nothing was fitted, and what the clock
            says is overhead.
    """
    return table.fit_seconds.where(table.parameters != 0, 0.0).clip(lower=LEAST_SECONDS)


def on_front(cost: pd.Series, fcd: pd.Series) -> pd.Series:
    """Returns which cells no cheaper one beats."""
    ordered = pd.DataFrame({"cost": cost, "fcd": fcd}).sort_values(["cost", "fcd"])
    return (ordered.fcd < ordered.fcd.cummin().shift(fill_value=np.inf)).reindex(cost.index)


def pareto(table: pd.DataFrame) -> Figure:
    """Draws FCD against the seconds of a prior's fit, and the front of cells that no cheaper one beats.

    A name that would lie on another is left out, those of the front last.

    Arguments:
        table: With the columns autoencoder, prior, fit_seconds, parameters and fcd.
    """
    table = table.assign(fit_seconds=spent(table)).dropna(subset="fit_seconds")
    table["front"] = on_front(table.fit_seconds, table.fcd)
    figure = Figure(figsize=(7, 4.4), layout="constrained")
    axes = figure.subplots()
    front = table[table.front].sort_values("fit_seconds")
    if len(front):
        edge = table.fit_seconds.max() * 1.5
        axes.step(
            [*front.fit_seconds, edge], [*front.fcd, front.fcd.iloc[-1]], where="post", color=GREY, lw=1.2, ls="--"
        )
    shades = dict(zip(table.autoencoder.unique(), SHADES, strict=False))
    for row in table.itertuples():
        axes.plot(row.fit_seconds, row.fcd, "o", color=shades.get(row.autoencoder, GREY), ms=7 if row.front else 5)
    marks = [Line2D([], [], ls="", marker="o", color=color) for color in shades.values()]
    axes.legend(marks, list(shades), frameon=False, title="autoencoder")
    axes.set_xlabel("seconds of the prior's fit, one seed (logarithmic)")
    axes.set_ylabel("FCD (logarithmic; lower is better)")
    logarithmic(axes.xaxis)
    logarithmic(axes.yaxis)
    axes.margins(x=0.12)
    axes.grid(which="major", alpha=0.2)
    _name(axes, table.sort_values(["front", "fcd"], ascending=[False, True]), shades)
    return figure


def _name(axes: Axes, table: pd.DataFrame, shades: dict[str, str]) -> None:
    """Writes the prior's name beside each point, the table's first rows first, where there is room for it."""
    figure = axes.figure
    figure.canvas = FigureCanvasAgg(figure)
    figure.draw_without_rendering()  # so that the axes have their places
    points = axes.transData.transform(table[["fit_seconds", "fcd"]].to_numpy())
    taken = [axes.get_legend().get_window_extent(), *(Bbox.from_bounds(x - 4, y - 4, 8, 8) for x, y in points)]
    for row in table.itertuples():
        for offset, side in (((6, 3), "left"), ((6, -9), "left"), ((-6, 3), "right"), ((-6, -9), "right")):
            text = axes.annotate(
                row.prior, (row.fit_seconds, row.fcd), offset, textcoords="offset points", fontsize=8, ha=side,
                color=shades.get(row.autoencoder, GREY),
            )  # fmt: skip
            box = text.get_window_extent()
            inside = axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1
            if inside and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
            text.remove()


def agreement_map(taus: pd.DataFrame) -> Figure:
    """Draws Kendall's tau of each two columns as a heat map, a square table (M, M) with names."""
    M = len(taus)
    figure = Figure(figsize=(0.44 * M + 1.8, 0.36 * M + 1.4), layout="constrained")
    axes = figure.subplots()
    values = taus.to_numpy()
    axes.imshow(values, cmap="RdBu", vmin=-1, vmax=1, aspect="auto")
    for (i, j), value in np.ndenumerate(values):
        if np.isfinite(value):
            tint = "white" if abs(value) > 0.7 else "black"
            axes.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=7, color=tint)
    axes.set_xticks(range(M), taus.columns, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(M), taus.index)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure
