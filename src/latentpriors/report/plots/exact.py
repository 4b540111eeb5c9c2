"""The pictures of the exact answers: distances to known densities, samples on them, and the metrics' own grades."""

__all__ = ["distance_dots", "grade_lines", "samples_on"]

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ...studies.densities import DENSITIES, Density
from .style import BLUE, GREEN, GREY, ORANGE, PURPLE, panels

SHADES = dict(zip(DENSITIES, (BLUE, ORANGE, GREEN, PURPLE), strict=True))
TITLES = {"sliced_wasserstein": "sliced Wasserstein (standard deviations)", "kl": "KL to the truth (nats)"}
LEAST = {"sliced_wasserstein": 0.01, "kl": 0.003}  # less is drawn here: an estimate may be 0 or negative
COLUMNS, POINTS = 6, 600


def distance_dots(table: pd.DataFrame, bounds: dict[str, float]) -> Figure:
    """Draws each prior's distances to the densities, a row each, with the bounds as dashed lines.

    Arguments:
        table: With the columns prior, density, sliced_wasserstein and kl, which may have gaps.
        bounds: Of sliced_wasserstein and kl.
    """
    names = list(dict.fromkeys(table.prior))
    figure, spots = panels(2, 2, 3.3, 0.26 * len(names), 1.1, sharey=True)
    for axes, (key, bound) in zip(spots, bounds.items(), strict=True):
        for density, part in table.dropna(subset=key).groupby("density", sort=False):
            rows = [names.index(name) for name in part.prior]
            axes.plot(part[key].clip(lower=LEAST[key]), rows, "o", ms=5, color=SHADES[density], alpha=0.8)
        axes.axvline(bound, color=GREY, lw=1, ls="--")
        axes.set(xscale="log", xlabel=TITLES[key], yticks=range(len(names)), yticklabels=names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="both", alpha=0.2)
    for density, color in SHADES.items():
        axes.plot([], [], "o", color=color, label=density)
    figure.legend(loc="outside lower center", ncols=len(SHADES), frameon=False, handletextpad=0)
    return figure


def samples_on(truth: Density, drawn: dict[str, pd.DataFrame]) -> Figure:
    """Draws the first two coordinates of codes of the truth, and beside it of each prior's samples on those of it.

    Arguments:
        truth: The density.
        drawn: For each prior points with the columns x and y.
    """
    real = truth.sample(POINTS, 0)[:, :2]
    figure, spots = panels(len(drawn) + 1, COLUMNS, 1.45, 1.6)
    center, reach = real.mean(0), 1.25 * np.abs(real - real.mean(0)).max()
    for axes, name in zip(spots, ["truth", *drawn], strict=True):
        axes.scatter(*real.T, s=1.5, lw=0, color=GREY, alpha=0.5)
        if name in drawn:
            axes.scatter(drawn[name].x, drawn[name].y, s=2, lw=0, color=ORANGE, alpha=0.8)
        axes.set(xticks=[], yticks=[], aspect="equal")
        axes.set(xlim=center[0] + np.array([-reach, reach]), ylim=center[1] + np.array([-reach, reach]))
        axes.set_title(name, fontsize=8, pad=2)
        axes.spines[:].set_visible(False)
    return figure


def grade_lines(table: pd.DataFrame) -> Figure:
    """Draws what each metric says of shifted samples against what is right, a line for each density.

    Arguments:
        table: The rows of `exact_grades.grade`.
    """
    figure, spots = panels(2, 2, 3.3, 2.9)
    right = {"sliced_wasserstein": "sliced_wasserstein_expected", "two_sample_accuracy": "two_sample_best"}
    titles = ("sliced Wasserstein distance", "two-sample accuracy")
    for axes, (key, truth), title in zip(spots, right.items(), titles, strict=True):
        for density, part in table.groupby("density", sort=False):
            axes.plot(part[truth], part[key], "o-", ms=4, lw=1.2, color=SHADES[density], label=density)
        ends = [table[truth].min(), table[truth].max()]
        axes.plot(ends, ends, color=GREY, lw=1, ls="--", zorder=0)
        axes.set(title=title, xlabel="what is right", ylabel="what it says")
    axes.legend(frameon=False)
    return figure
