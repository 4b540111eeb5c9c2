"""Anyone's images for the frozen scorer: read, checked, and their figures as a row."""

__all__ = ["read_images", "row", "unusual"]

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ..data.pictures import as_bytes, find_pictures, read_pictures
from .arrays import read_array

LEAST = 100  # samples: ten for each of ten logits, below which a covariance says more about the count
DARK = 128  # half of white: images of which none comes so far are rather on another scale
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

    Arrays are uint8, or floats in [0, 1]; (N, H, W), (N, C, H, W) or (N, H, W, C). The folders in a folder count too.

    Raises:
        ValueError: the path, its content, the shape, the range or the number of images will not do.
    """
    if path.is_dir():
        images = read_pictures(find_pictures(path)[0], shape)
    else:
        images = _arranged(read_array(path, "images"), shape, path)
    if len(images) < LEAST:
        raise ValueError(f"{path} has {len(images)} images; at least {LEAST} are needed for a covariance")
    if (images == images[0]).all():
        raise ValueError(f"the {len(images)} images in {path} are all the same: there is no distribution to compare")
    return images


def unusual(path: Path, images: Tensor) -> list[str]:
    """Returns what is unusual about images (N, C, H, W) from a path: files that are left out, and dark images."""
    left_out = find_pictures(path)[1] if path.is_dir() else Counter()
    kinds = ", ".join(f"{kind} {count}" for kind, count in left_out.most_common(5))
    found = [f"files left out of {path}: {left_out.total()} ({kinds})"] if left_out else []
    if (brightest := int(images.max())) < DARK:
        found.append(f"the brightest pixel is {brightest} of 255; were the images scaled to 255, or floats to 1?")
    return found


def row(figures: dict) -> str:
    """Returns figures as a table of one row, in the order of the reports."""
    shown = {title: figures[name] for name, title in ROW.items() if figures.get(name) is not None}
    text = {title: f"{value:.4g}" if isinstance(value, float) else str(value) for title, value in shown.items()}
    return pd.DataFrame([text]).to_markdown(index=False, disable_numparse=True)


def _arranged(array: np.ndarray, shape: tuple[int, int, int], path: Path) -> Tensor:
    C, H, W = shape
    if array.ndim == 3 and C == 1:
        array = array[:, None]
    elif array.ndim == 4 and array.shape[1:] == (H, W, C) != (C, H, W):
        array = array.transpose(0, 3, 1, 2)
    if array.ndim != 4 or array.shape[1:] != (C, H, W):
        raise ValueError(f"the images in {path} have shape {array.shape}; (N, {C}, {H}, {W}) is needed")
    try:
        return torch.from_numpy(np.ascontiguousarray(as_bytes(array)))
    except ValueError as error:
        raise ValueError(f"the images in {path} will not do: {error}") from error
