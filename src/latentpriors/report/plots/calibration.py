"""The picture of the calibration of ranks: errors by the number of seeds."""

__all__ = ["error_curves"]

import pandas as pd
from matplotlib.figure import Figure

from .style import BLUE, GREY, ORANGE

COLORS = {"equal": BLUE, "as observed": ORANGE}  # of the spreads
STYLES = {"alike": "-", "alike two by two": "--"}  # of the means
SHIFT = 0.08  # between the seeds of lines that would lie on each other


def error_curves(found: pd.DataFrame) -> Figure:
    """Draws a panel for each column of ranks, with a line for each kind of true means and spreads."""
    claims = list(dict.fromkeys(found.claim))
    figure = Figure(figsize=(3.2 * len(claims), 2.8), layout="constrained")
    panels = figure.subplots(1, len(claims), sharey=True, squeeze=False)[0]
    for axes, claim in zip(panels, claims, strict=True):
        mine = found[(found.claim == claim) & found.means.isin(STYLES)]
        for n, ((means, spreads), part) in enumerate(mine.groupby(["means", "spreads"], sort=False)):
            error = part.discovery.where(part.nominal == "discovery", part.familywise)
            axes.errorbar(
                part.seeds + SHIFT * n, error, 3 * part.error, color=COLORS[spreads], ls=STYLES[means], marker="o",
                ms=3, lw=1.2, elinewidth=0.7, label=f"means {means}, spreads {spreads}",
            )  # fmt: skip
        axes.axhline(0.05, color=GREY, ls=":")
        axes.set(title=claim, xlabel="seeds", xticks=sorted(set(mine.seeds)))
        axes.set_ylim(bottom=0)
    panels[0].set_ylabel("error, promised to be 5%")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure
