"""How every picture looks, and how it is written: small, since a page holds them all."""

__all__ = ["BLUE", "GREEN", "GREY", "ORANGE", "PALE", "PURPLE", "SHADES", "save"]

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

matplotlib.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
BLUE, ORANGE, GREY, GREEN, PURPLE, PALE = "#1f6fb4", "#e8743b", "#8a8f98", "#3a9c5f", "#8b5fbf", "#93bde0"

# Of things that are told apart by color alone, in order.
SHADES = (BLUE, ORANGE, GREEN, PURPLE, "#c79a00", "#d1508b", "#2aa5a8", "#7a5c45")

DPI, COLORS = 130, 128


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
