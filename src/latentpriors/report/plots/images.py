"""The pictures made of images: grids with their tiles apart, and a strip for each row of a table."""

__all__ = ["sample_strips", "tiled"]

from collections.abc import Collection

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

TILE = 28  # pixels of a tile at least: smaller images are enlarged without smoothing
GAP, BREAK = 2, 9  # pixels between tiles, and between groups of rows


def tiled(images: np.ndarray, columns: int, breaks: Collection[int] = ()) -> Image.Image:
    """Returns images (N, H, W) or (N, H, W, C) side by side, on white.

    Arguments:
        images: As bytes; N is a multiple of `columns`.
        columns: Of the picture.
        breaks: The rows that stand farther from the row above.
    """
    N, H, W, *C = images.shape
    scale = -(-TILE // max(H, W))
    images = images.repeat(scale, axis=1).repeat(scale, axis=2)
    H, W, rows = H * scale, W * scale, N // columns
    tops = [row * (H + GAP) + sum(0 < b <= row for b in breaks) * (BREAK - GAP) for row in range(rows)]
    page = np.full((tops[-1] + H, columns * (W + GAP) - GAP, *C), 255, dtype=np.uint8)
    for index, image in enumerate(images):
        top, left = tops[index // columns], index % columns * (W + GAP)
        page[top : top + H, left : left + W] = image
    return Image.fromarray(page)


def sample_strips(grids: dict[str, np.ndarray], count: int = 16) -> Figure:
    """Draws a row of images for each entry, (N, H, W) or (N, H, W, C) each."""
    labels = [name.replace(" (", "\n(") for name in grids]
    margin = 0.2 + 0.066 * max(len(line) for label in labels for line in label.split("\n"))  # inches, of letters too
    width = margin + 7.6
    figure = Figure(figsize=(width, 0.5 * len(grids) + 0.1))
    rows = figure.subplots(len(grids), 1, squeeze=False)[:, 0]
    for axes, label, images in zip(rows, labels, grids.values(), strict=True):
        axes.imshow(np.concatenate(list(images[:count]), axis=1), cmap="gray", vmin=0, vmax=255, aspect="equal")
        axes.set(xticks=[], yticks=[], frame_on=False)
        axes.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8)
    figure.subplots_adjust(left=margin / width, right=0.995, top=0.99, bottom=0.01, hspace=0.04)
    return figure
