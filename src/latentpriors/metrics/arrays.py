"""Input of the metrics as float64 arrays, or one sentence about what is wrong with it."""

__all__ = ["array", "checked", "pair"]

import numpy as np
import torch
from numpy.typing import ArrayLike

LIMIT = 1e40  # a sum of sixth powers, which the kernel distance takes, is still finite


def array(values: ArrayLike) -> np.ndarray:
    """Returns an array or a tensor of any device as a float64 array."""
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu().double().numpy()
    return np.asarray(values, dtype=np.float64)


def checked(features: ArrayLike, name: str, least: int = 1) -> np.ndarray:
    """Returns features (N, D) in float64.

    Arguments:
        features: With at least `least` rows.
        name: What the errors call them.

    Raises:
        ValueError: another shape, too few rows, or entries that are not finite or beyond 1e40.
    """
    x = array(features)
    if x.ndim != 2 or x.shape[1] < 1:
        raise ValueError(f"{name} have shape {x.shape}; (N, D) is needed, one row for each image or code")
    if len(x) < least:
        raise ValueError(f"{name} have {len(x)} rows; at least {least} are needed")
    if not (np.abs(x) <= LIMIT).all():  # false for NaN too
        raise ValueError(f"{name} have entries that are not finite, or beyond {LIMIT:g}")
    return x


def pair(a: ArrayLike, b: ArrayLike, names: tuple[str, str], least: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Returns two sets of features (N, D) and (M, D), each as `checked` does.

    Raises:
        ValueError: as `checked`, or the dimensions differ.
    """
    a, b = checked(a, names[0], least), checked(b, names[1], least)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"{names[0]} have {a.shape[1]} dimensions and {names[1]} {b.shape[1]}; they must agree")
    return a, b
