"""Picture files to bytes: each as a viewer shows it, or refused in a line that names it."""

__all__ = ["as_bytes", "find_pictures", "read_pictures"]

import os
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from .readers import DataError

# What Pillow reads by itself, as it is: no program is started, no page of text or vectors is drawn.
FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
PLAIN = ("1", "L", "LA", "P", "RGB", "RGBA")  # Pillow's modes of 8 bits and less that turn into grey and RGB exactly


def find_pictures(folder: Path) -> tuple[list[Path], Counter[str]]:
    """Returns the pictures in a folder and in the folders in it, by name, and how many files of a kind are left out.

    Left out are hidden files and __MACOSX, whatever has not the suffix of a picture, and links to folders.

    Raises:
        DataError: there is no picture.
        OSError: a folder cannot be read.
    """
    suffixes = sorted(suffix for suffix, form in Image.registered_extensions().items() if form in FORMATS)
    pictures, left_out = [], Counter()
    for place, folders, names in os.walk(folder, onerror=_stop):
        links = [name for name in folders if Path(place, name).is_symlink()]
        for file in (Path(place, name) for name in names + links):
            if any(part.startswith(".") or part == "__MACOSX" for part in file.relative_to(folder).parts):
                left_out["hidden"] += 1
            elif file.is_dir():
                left_out["links to folders"] += 1
            elif file.suffix.lower() in suffixes:
                pictures.append(file)
            else:
                left_out[file.suffix or "without a suffix"] += 1
    if not pictures:
        raise DataError(f"{folder} holds no pictures ({', '.join(suffixes)}); other files: {left_out.total()}")
    return sorted(pictures), left_out


def read_pictures(files: Sequence[Path], shape: tuple[int, int, int]) -> Tensor:
    """Returns pictures as bytes (N, C, H, W), upright, grey for C = 1 and RGB for C = 3.

    Bytes are taken as they are, 16 bits are divided by 257, floats are in [0, 1]. Colours become grey by their luma.

    Raises:
        DataError: one is damaged, of another size, partly transparent, of several frames, or of a kind whose grey
            levels or colours are not known for certain (CMYK, 32-bit integers and so on).
    """
    images = np.empty((len(files), *shape), np.uint8)
    for image, file in zip(images, files, strict=True):
        try:
            image[:] = _levels(file, shape)
        except Exception as error:  # decoders raise all kinds over a damaged file
            raise DataError(f"{file} cannot be read: {' '.join(str(error).split())}") from error
    return torch.from_numpy(images)


def as_bytes(values: np.ndarray) -> np.ndarray:
    """Returns images in bytes, or in floats of [0, 1], as bytes; floats that round to 0 or 255 are taken.

    Raises:
        DataError: they are of another type or range, or not finite.
    """
    if values.dtype == np.uint8:
        return values
    if not np.issubdtype(values.dtype, np.floating):
        raise DataError(f"its entries are {values.dtype}; bytes from 0 to 255 or floats in [0, 1] are needed")
    if not np.isfinite(values).all():
        raise DataError("it has entries that are not finite")
    with np.errstate(over="ignore"):
        levels = np.round(values * 255)
    if levels.min(initial=0) < 0 or levels.max(initial=0) > 255:
        raise DataError(f"its entries range from {values.min():.4g} to {values.max():.4g}; [0, 1] is needed")
    return levels.astype(np.uint8)


def _levels(file: Path, shape: tuple[int, int, int]) -> np.ndarray:
    """Returns the bytes of a picture, (H, W) or (C, H, W)."""
    if not file.is_file():
        raise DataError("it is a broken link, or no file")
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(file, formats=FORMATS) as picture:
            picture.verify()  # the checksums of a PNG, which decoding passes over
        with Image.open(file, formats=FORMATS) as picture:
            if (frames := getattr(picture, "n_frames", 1)) != 1:
                raise DataError(f"it holds {frames} frames; save each of them in a file of its own")
            upright = ImageOps.exif_transpose(picture)
            white = _white(picture)
    C, H, W = shape
    if upright.size != (W, H):
        raise DataError(f"it is {upright.width} wide and {upright.height} high; {W} and {H} are needed")
    transparent = "it is transparent in places; put it on the background that is meant and save it without"
    if "transparency" in upright.info and upright.mode != "P":
        raise DataError(transparent)  # a colour that stands for no ink: Pillow misses some in grey of few bits
    if white:
        return as_bytes(np.asarray(upright) / white)
    if upright.mode not in PLAIN:
        raise DataError(f"its mode is {upright.mode}; save it in grey or RGB, of 8 bits say")
    opaque = upright.convert("RGBA")
    if opaque.getextrema()[3][0] < 255:
        raise DataError(transparent)
    return np.asarray(opaque.convert("L")) if C == 1 else np.asarray(opaque.convert("RGB")).transpose(2, 0, 1)


def _white(picture: Image.Image) -> float | None:
    """Returns what is white in a picture of 16 bits or of floats; None for others."""
    # Pillow's modes are the same for a TIFF of 12 bits, and for one whose white is 0.
    if picture.format == "TIFF" and (picture.tag_v2.get(262) != 1 or picture.tag_v2.get(258) not in ((16,), (32,))):
        return None
    if picture.mode.startswith("I;16") or (picture.mode == "I" and picture.format == "PPM"):
        return 65535
    return 1 if picture.mode == "F" else None


def _stop(error: OSError) -> None:
    raise error
