"""Input of the metrics: float64 arrays and plain numbers, or one sentence about what is wrong with it."""

__all__ = ["array", "checked", "count", "fraction", "number", "pair", "series"]

import numpy as np
import torch
from numpy.typing import ArrayLike

LIMIT = 1e40  # a sum of sixth powers, which the kernel distance takes, is still finite


def array(values: ArrayLike, name: str = "values") -> np.ndarray:
    """Returns an array or a tensor of any device as a float64 array.

    Raises:
        ValueError: entries that are no real numbers, or masked ones, or rows of different lengths.
    """
    if np.ma.is_masked(values):
        raise ValueError(f"{name} are masked in places; give what is left as an array without a mask")
    try:
        if isinstance(values, torch.Tensor) and not values.is_complex():
            values = values.detach().cpu().double().numpy()
        found = np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{name} are no array of numbers: {error}") from error
    if found.dtype.kind not in "biuf":  # of text, NumPy would make numbers, and of complex ones their real parts
        raise ValueError(f"{name} are of type {found.dtype}; real numbers are needed")
    return found.astype(np.float64, copy=False)


def checked(features: ArrayLike, name: str, least: int = 1) -> np.ndarray:
    """Returns features (N, D) in float64.

    Arguments:
        features: With at least `least` rows.
        name: What the errors call them.

    Raises:
        ValueError: as `array`, another shape, too few rows, or entries that are not finite or beyond 1e40.
    """
    x = array(features, name)
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


def series(values: ArrayLike, name: str) -> np.ndarray:
    """Returns one or more finite figures (S,) in float64.

    Raises:
        ValueError: anything else.
    """
    x = array(values, name)
    if x.ndim != 1 or len(x) == 0 or not np.isfinite(x).all():
        raise ValueError(f"{name} are {x}; one or more finite numbers in a row are needed")
    return x


def number(value: float, name: str) -> float:
    """Returns a finite number.

    Raises:
        ValueError: anything else.
    """
    x = array(value, name)
    if x.ndim or not np.isfinite(x):
        raise ValueError(f"{name} is {value!r}; a finite number is needed")
    return float(x)


def fraction(value: float, name: str) -> float:
    """Returns a number between 0 and 1, such as a confidence.

    Raises:
        ValueError: anything else, 0 and 1 too.
    """
    if not 0 < (found := number(value, name)) < 1:
        raise ValueError(f"{name} is {value!r}; a number between 0 and 1 is needed, such as 0.95")
    return found


def count(value: int, name: str, least: int = 1) -> int:
    """Returns a whole number of at least `least`.

    Raises:
        ValueError: anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} is {value!r}; a whole number of at least {least} is needed")
    return int(value)
