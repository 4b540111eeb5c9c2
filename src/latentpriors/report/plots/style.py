"""How every picture looks, and how it is written: small, since a page holds them all."""

__all__ = ["BLUE", "GREEN", "GREY", "ORANGE", "PALE", "PURPLE", "SHADES", "logarithmic", "panels", "save"]

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from PIL import Image

matplotlib.rcdefaults()  # what the user's matplotlibrc says is not how a report looks
matplotlib.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
BLUE, ORANGE, GREY, GREEN, PURPLE, PALE = "#1f6fb4", "#e8743b", "#8a8f98", "#3a9c5f", "#8b5fbf", "#93bde0"

# Of things that are told apart by color alone, in order.
SHADES = (BLUE, ORANGE, GREEN, PURPLE, "#c79a00", "#d1508b", "#2aa5a8", "#7a5c45")

DPI, COLORS = 130, 128


def panels(
    count: int, across: int, width: float, height: float, below: float = 0, **options: object
) -> tuple[Figure, np.ndarray]:
    """Returns a figure and its panels (count,), row by row; what is left of the last row is empty.

    Arguments:
        count: How many panels there are.
        across: How many of them stand side by side at most.
        width: Of a panel, in inches.
        height: Of a panel, in inches.
        below: The height of what the figure has but its panels, in inches.
        options: What `Figure.subplots` takes.
    """
    columns = min(across, count)
    rows = -(-count // columns)
    figure = Figure(figsize=(width * columns, height * rows + below), layout="constrained")
    spots = figure.subplots(rows, columns, squeeze=False, **options).ravel()
    for axes in spots[count:]:
        axes.set_axis_off()
    return figure, spots[:count]


def logarithmic(axis: Axis) -> None:
    """Makes an axis logarithmic, with plain numbers on it."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def save(picture: Figure | Image.Image, path: Path) -> None:
    """Writes a picture as a PNG with a palette: a third of its size, and no difference that an eye sees."""
    if isinstance(picture, Figure):
        picture.set_dpi(DPI)
        canvas = FigureCanvasAgg(picture)
        canvas.draw()
        # Without transparency, which the palette would spend colors on.
        pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        picture = pixels.quantize(COLORS, dither=Image.Dither.NONE)
    picture.save(path, format="png", optimize=True)
