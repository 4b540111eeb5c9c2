"""The galleries of a report: what the stages drew of each cell, image by image, beside each other."""

__all__ = ["galleries", "gallery"]

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import Image

from ...evaluation.previews import read_grid
from ..page import Gallery
from ..plots.images import sample_strips, tiled
from ..plots.style import save
from ..results import Results

COLUMNS, SHOWN, BEST = 8, 32, 6  # images of a row, of a cell; cells whose neighbours are shown

CAPTIONS = {
    "samples": "Real images, reconstructions, and samples of each cell, the lowest FCD first (seed 0, not picked). "
    "Look for strokes that no real image has, for classes that are missing, and for images that are all alike.",
    "nearest": "Upper row: samples of the best cells, of the real images and of every cell flagged for memorization. "
    "Middle row: the training images nearest to them in penultimate features. Lower row: the nearest held-out images. "
    "A copy would look like the middle row and unlike the lower one; honest samples are about as near to both.",
    "walks": "Between the same pairs of test images, left to right. First, straight lines between their codes, "
    "decoded: images that fade through each other have left what the decoder knows. Then arcs through the "
    "noise space of each prior, which should pass through likely images only (a wgan cannot be inverted: its arcs join "
    "fresh noise).",
    "skipped": "Two rows above: the decoder fed with standard normal noise, in the prior's units, that skipped the "
    "prior. Two rows below: samples of the prior. What is better below is what the prior has learned.",
    "growing": "Samples of each prior from the same noise at growing steps of its training, the earliest row above, "
    "closer together at the beginning. Look for when images become whole, and whether they still change at the end.",
    "autoencoders": "The same for the autoencoders: left, reconstructions of eight test images; right, images of "
    "standard normal noise, which only some autoencoders learn to decode.",
}


def galleries(results: Results, out: Path) -> dict[str, list[Gallery]]:
    """Writes the pictures of each section into folders below `out`, and samples.png; those without any are empty."""
    names = results.names
    competing = list(results.competing.cell)
    flagged = results.competing.cell[results.competing.memorized.fillna("none") != "none"]
    pictures = {
        "samples": {name: _samples(results, name) for name in results.table.cell},
        "nearest": {n: _nearest(results, n) for n in dict.fromkeys(["real", *competing[:BEST], *flagged])},
        "skipped": {name: _skipped(results, name) for name in competing},
        "growing": {name: _rows(results.preview(name, "training.png"), COLUMNS) for name in competing},
        "autoencoders": {n: _rows(results.preview_of(n, "training.png"), 2 * COLUMNS) for n in results.trained},
    }
    strips = {names[n]: results.preview(n, "samples.png") for n in results.table.cell}
    save(sample_strips({name: read_grid(path) for name, path in strips.items() if path}), out / "samples.png")
    found = {
        kind: gallery(kind, drawn, CAPTIONS[kind], out, kind == "autoencoders", names)
        for kind, drawn in pictures.items()
    }
    lines = [
        gallery("walks", _walks(results, autoencoder), CAPTIONS["walks"], out, names=names)
        for autoencoder in results.trained
    ]
    return found | {"walks": list(chain(*lines)), "training": [*found["growing"], *found["autoencoders"]]}


def gallery(
    kind: str, drawn: Mapping[str, Image.Image | None], caption: str, out: Path, wide: bool = False,
    names: Mapping[str, str] = MappingProxyType({}),
) -> list[Gallery]:  # fmt: skip
    """Writes pictures to OUT/KIND/NAME.png and returns them as a block; no block where there are none.

    Arguments:
        kind: The folder; only the first block of one has the caption.
        drawn: The pictures by name; None where there is none.
        caption: Of the block.
        out: The folder of the page.
        wide: Whether pictures take more room.
        names: What a picture is called on the page, where that is not its name.
    """
    drawn = {name: picture for name, picture in drawn.items() if picture is not None}
    if not drawn:
        return []
    items, first = [], not (out / kind).exists()
    (out / kind).mkdir(exist_ok=True)
    for name, picture in drawn.items():
        path = out / kind / f"{name.replace(': ', '-').replace(' ', '-')}.png"
        save(picture, path)
        items.append((names.get(name, name), path))
    return [Gallery(items, caption if first else "", wide)]


def _samples(results: Results, name: str) -> Image.Image | None:
    path = results.preview(name, "samples.png")
    return tiled(read_grid(path)[:SHOWN], COLUMNS) if path else None


def _nearest(results: Results, name: str) -> Image.Image | None:
    path = results.preview(name, "nearest.png")
    return tiled(read_grid(path), COLUMNS, breaks=(1, 2)) if path else None


def _walks(results: Results, autoencoder: str) -> dict[str, Image.Image | None]:
    cells = results.competing.cell[results.competing.autoencoder == autoencoder]
    line = _rows(results.preview_of(autoencoder, "interpolation.png"), COLUMNS)
    walks = {name: _rows(results.preview(name, "walk.png"), COLUMNS) for name in cells}
    return {f"{autoencoder}: straight line": line} | walks


def _skipped(results: Results, name: str) -> Image.Image | None:
    skipped, samples = results.preview(name, "skipped.png"), results.preview(name, "samples.png")
    if not (skipped and samples):
        return None
    both = np.concatenate([read_grid(skipped)[: 2 * COLUMNS], read_grid(samples)[: 2 * COLUMNS]])
    return tiled(both, COLUMNS, breaks=(2,))


def _rows(path: Path | None, columns: int) -> Image.Image | None:
    return tiled(read_grid(path, columns), columns) if path else None
