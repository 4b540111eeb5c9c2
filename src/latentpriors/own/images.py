"""Anyone's images for the frozen scorer: read, checked, and their figures as a row."""

__all__ = ["read_images", "row"]

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from .arrays import read_array

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
LEAST = 100  # samples: ten for each of ten logits, below which a covariance says more about the count
ROW = {
    "fcd": "FCD", "fcd_classifier_std": "sd over classifiers", "fcd_infinity": "FCD at infinity",
    "fcd_relative": "FCD / tr(S)", "fcd_penultimate": "FCD penultimate", "kernel_distance": "kernel distance",
    "precision": "precision", "recall": "recall", "density": "density", "coverage": "coverage",
    "class_distance": "class imbalance", "classes_missing": "classes missing", "confidence": "confidence",
    "feature_c_t": "C_T", "feature_copies": "near copies", "n_samples": "samples",
    "classifier_hash": "classifiers",
}  # fmt: skip


def read_images(path: Path, shape: tuple[int, int, int]) -> Tensor:
    """Returns images as bytes (N, C, H, W), from a folder of pictures or an array as `read_array` finds it.

    Arrays are uint8, or floats in [0, 1]; (N, H, W), (N, C, H, W) or (N, H, W, C).

    Raises:
        ValueError: the path, its content, the shape, the range or the number of images will not do.
    """
    array = _folder(path, shape[0]) if path.is_dir() else read_array(path, "images")
    images = torch.from_numpy(_arranged(array, shape, path))
    if len(images) < LEAST:
        raise ValueError(f"{path} has {len(images)} images; at least {LEAST} are needed for a covariance")
    if (images == images[0]).all():
        raise ValueError(f"the {len(images)} images in {path} are all the same: there is no distribution to compare")
    return images


def row(figures: dict) -> str:
    """Returns figures as a table of one row, in the order of the reports."""
    shown = {title: figures[name] for name, title in ROW.items() if figures.get(name) is not None}
    text = {title: f"{value:.4g}" if isinstance(value, float) else str(value) for title, value in shown.items()}
    return pd.DataFrame([text]).to_markdown(index=False, disable_numparse=True)


def _folder(path: Path, channels: int) -> np.ndarray:
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not files:
        raise ValueError(f"{path} holds no pictures ({', '.join(SUFFIXES)})")
    mode, found = {1: "L", 3: "RGB"}[channels], []
    for file in files:
        try:
            with Image.open(file) as picture:
                found.append(np.asarray(picture.convert(mode)))
        except (OSError, UnidentifiedImageError) as error:
            raise ValueError(f"{file} is no readable picture: {error}") from error
        if found[-1].shape != found[0].shape:
            raise ValueError(f"{file} has shape {found[-1].shape} and {files[0]} {found[0].shape}: one size is needed")
    return np.stack(found)


def _arranged(array: np.ndarray, shape: tuple[int, int, int], path: Path) -> np.ndarray:
    C, H, W = shape
    if array.ndim == 3 and C == 1:
        array = array[:, None]
    elif array.ndim == 4 and array.shape[1:] == (H, W, C) != (C, H, W):
        array = array.transpose(0, 3, 1, 2)
    if array.ndim != 4 or array.shape[1:] != (C, H, W):
        raise ValueError(f"the images in {path} have shape {array.shape}; (N, {C}, {H}, {W}) is needed")
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if not np.issubdtype(array.dtype, np.floating):
        raise ValueError(f"the images in {path} are {array.dtype}; bytes from 0 to 255 or floats in [0, 1] are needed")
    if not np.isfinite(array).all():
        raise ValueError(f"the images in {path} have entries that are not finite")
    if len(array) and (array.min() < 0 or array.max() > 1):
        raise ValueError(f"the images in {path} range from {array.min():.3g} to {array.max():.3g}; [0, 1] is needed")
    return np.ascontiguousarray((array * 255).round().astype(np.uint8))
