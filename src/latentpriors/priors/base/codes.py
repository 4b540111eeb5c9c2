"""Anyone's codes in float32, judged by their values alone, whatever type and layout they come in."""

__all__ = ["COARSE", "HELD_OUT", "as_codes", "as_training_codes"]

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

HELD_OUT = 10  # one in so many codes is held out, to choose weights or to test
LEAST = 2 * HELD_OUT
COARSE = 0.01  # a step between values, in standard deviations of a column, from which on its density is of steps
ROUNDINGS = 4  # steps of floating point that a column varies by where one constant was computed in several ways


def as_codes(values: ArrayLike | Tensor, name: str = "the codes") -> Tensor:
    """Returns codes (N, D) in float32; those of a tensor stay on its device.

    Arguments:
        values: Of any type of real numbers.
        name: What the errors call them.

    Raises:
        ValueError: another shape, no real numbers, masked ones, or entries that are not finite in float32.
    """
    return _real(values, name).float()


def as_training_codes(values: ArrayLike | Tensor, name: str = "the codes") -> Tensor:
    """Returns codes (N, D) that a prior can be fitted to, in float32; columns that vary by rounding are constant.

    Arguments:
        values, name: As `as_codes` takes them.

    Raises:
        ValueError: as `as_codes`, fewer than 20 codes, all alike, or a column that float32 makes steps of.
    """
    x = _real(values, name)
    if len(x) < LEAST:
        raise ValueError(f"{name} have {len(x)} rows; at least {LEAST} are needed, some to be held out")
    z, size = x.float(), x.abs().amax(0)
    # The values show whether float32 or float64 rounded them; of the second, what float32 loses was no rounding.
    eps = torch.where((z == x).all(0), torch.finfo(torch.float32).eps, torch.finfo(torch.float64).eps)
    constant = x.amax(0) - x.amin(0) <= ROUNDINGS * eps * size
    if constant.all():
        raise ValueError(f"the {len(x)} rows of {name} are all the same: there is no distribution to fit")
    float32 = torch.finfo(torch.float32)
    steps = float32.eps * size.clamp(min=float32.tiny) > COARSE * x.std(0)
    if (steps & ~constant).any():
        raise ValueError(
            f"column {int((steps & ~constant).int().argmax())} of {name} varies too little about its mean for float32; "
            "subtract the mean of each column, and scale what is tiny"
        )
    return torch.where(constant, z[0], z)


def _real(values: ArrayLike | Tensor, name: str) -> Tensor:
    """Returns codes in float64."""
    if np.ma.is_masked(values):
        raise ValueError(f"{name} are masked in places; give the rows that are left as an array without a mask")
    x = values.detach() if isinstance(values, Tensor) else np.asarray(values)
    if x.ndim != 2 or x.shape[1] < 1:
        hint = "; codes of one dimension are (N, 1)" if x.ndim == 1 else "; reshape each to a row" if x.ndim > 2 else ""
        raise ValueError(f"{name} have shape {tuple(x.shape)}; (N, D), a row each, is needed{hint}")
    others = (torch.bool, torch.complex32, torch.complex64, torch.complex128)
    if x.dtype in others if isinstance(x, Tensor) else x.dtype.kind not in "fiu":
        raise ValueError(f"{name} are {x.dtype}; numbers are needed")
    if not isinstance(x, Tensor):
        with np.errstate(over="ignore"):  # of long doubles
            x = torch.from_numpy(np.ascontiguousarray(x, dtype=np.float64))
    x = x.double()
    bad = ~x.float().isfinite().all(1)
    if bad.any():
        raise ValueError(
            f"{int(bad.sum())} of the {len(x)} rows of {name} have entries that are NaN, infinite or too large for "
            f"float32, the first in row {int(bad.int().argmax())}; remove them"
        )
    return x
