"""The picture of the metric's own test: FCD along growing corruption, with the images that it scored."""

__all__ = ["corruption_curves"]

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from .style import BLUE, GREY

COLUMNS, WIDTH, CURVE = 2, 2.7, 1.15  # panels side by side, inches of a panel and of its curve


def corruption_curves(table: pd.DataFrame, examples: np.ndarray) -> Figure:
    """Draws FCD against strength for each corruption, on a logarithmic axis, and examples under the points.

    Arguments:
        table: With the columns corruption, strength and fcd.
        examples: Images (N, H, W) or (N, H, W, C) in the order of corruptions, examples and strengths.

    Raises:
        ValueError: there are not as many images for each corruption and strength.
    """
    names, S = list(dict.fromkeys(table.corruption)), table.strength.nunique()
    E, left = divmod(len(examples), len(names) * S)
    if left or E == 0:
        raise ValueError(f"{len(examples)} examples cannot be shared among {len(names)} corruptions, {S} strengths")
    rows, strip = -(-len(names) // COLUMNS), 0.9 * WIDTH * E / S * examples.shape[1] / examples.shape[2]
    figure = Figure(figsize=(COLUMNS * WIDTH, rows * (CURVE + strip + 0.55)), layout="constrained")
    spots = figure.subplots(2 * rows, COLUMNS, height_ratios=[CURVE, strip] * rows, squeeze=False)
    shared = 0.6 * table.fcd.min(), 1.6 * table.fcd.max()
    for index, name in enumerate(names):
        row, column = divmod(index, COLUMNS)
        part, above, below = table[table.corruption == name], spots[2 * row, column], spots[2 * row + 1, column]
        above.axhline(part.fcd.iloc[0], color=GREY, lw=1, ls=":")
        above.plot(range(S), part.fcd, "o-", color=BLUE, ms=4, lw=1.5)
        above.set(yscale="log", ylim=shared, xlim=(-0.5, S - 0.5), xticks=[], ylabel="" if column else "FCD")
        above.set_title(name.replace("_", " "), fontsize=9, pad=3)
        below.imshow(_tiled(examples[index * E * S : (index + 1) * E * S], S), cmap="gray", vmin=0, vmax=255,
                     extent=(-0.5, S - 0.5, 0, E), aspect="auto")  # fmt: skip
        # Images of 8 pixels run into one another without a gap.
        below.hlines(range(E + 1), -0.5, S - 0.5, color="white", lw=2)
        below.vlines(np.arange(S + 1) - 0.5, 0, E, color="white", lw=2)
        below.set(xticks=range(S), xticklabels=[f"{strength:g}" for strength in part.strength], yticks=[])
        below.tick_params(length=0, labelsize=8)
        below.spines[:].set_visible(False)
    for axes in spots[-2:, len(names) - (rows - 1) * COLUMNS :].ravel():
        axes.set_axis_off()
    figure.supxlabel("strength (0: held-out real images)", fontsize=9)
    return figure


def _tiled(images: np.ndarray, columns: int) -> np.ndarray:
    rows = images.reshape(-1, columns, *images.shape[1:])
    return np.concatenate([np.concatenate(list(row), axis=1) for row in rows], axis=0)
