"""How every picture looks, and how it is written: small, since a page holds them all."""

__all__ = ["BLUE", "GREEN", "GREY", "ORANGE", "PALE", "PURPLE", "save"]

import io
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from PIL import Image

matplotlib.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
BLUE, ORANGE, GREY, GREEN, PURPLE, PALE = "#1f6fb4", "#e8743b", "#8a8f98", "#3a9c5f", "#8b5fbf", "#93bde0"

DPI, COLORS = 130, 128


def save(picture: Figure | Image.Image, path: Path) -> None:
    """Writes a picture as a PNG with a palette: a third of its size, and no difference that an eye sees."""
    if isinstance(picture, Figure):
        drawn = io.BytesIO()
        picture.savefig(drawn, dpi=DPI, format="png")
        # Without transparency, which the fast quantizer would spend colors on.
        picture = Image.open(drawn).convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
    picture.save(path, format="png", optimize=True)
