"""Anyone's codes, of whatever autoencoder, out of a file: checked, and split."""

__all__ = ["read_codes", "remarks", "split_codes"]

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..priors.base import Standardization
from .arrays import read_array

LEAST = 20  # codes: two in each held-out tenth
COARSE = 0.01  # a step of float32, in standard deviations of a column, from which on its density is of steps


def read_codes(path: Path) -> Tensor:
    """Returns codes (N, D) from a .npy, .npz or .safetensors file: its one array, or the one that is named codes.

    Raises:
        ValueError: the file, its shape, type, entries or number of codes will not do.
    """
    array = read_array(path, "codes")
    if array.ndim != 2 or array.shape[1] < 1:
        hint = "; codes of one dimension are (N, 1)" if array.ndim == 1 else ""
        raise ValueError(f"the codes in {path} have shape {tuple(array.shape)}; (N, D), a row each, is needed{hint}")
    if array.dtype == bool or not (np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)):
        raise ValueError(f"the codes in {path} are {array.dtype}; numbers are needed")
    if len(array) < LEAST:
        raise ValueError(f"{path} has {len(array)} codes; at least {LEAST} are needed for a split of 80, 10 and 10%")
    with np.errstate(over="ignore"):
        codes = array.astype(np.float32)
    bad = ~np.isfinite(codes).all(1)
    if bad.any():
        raise ValueError(
            f"{bad.sum()} of the {len(codes)} codes in {path} have entries that are NaN, infinite or too large for "
            f"float32, the first in row {bad.argmax()}; remove these rows"
        )
    spread = array.std(0, dtype=np.float64)
    coarse = (spread > 0) & (np.spacing(np.abs(codes).max(0)) > COARSE * spread)
    if coarse.any():
        raise ValueError(
            f"column {coarse.argmax()} of the codes in {path} varies too little about its mean for float32; subtract "
            "the mean of each column"
        )
    if (codes == codes[0]).all():
        raise ValueError(f"the {len(codes)} codes in {path} are all the same: there is no distribution to fit")
    return torch.from_numpy(codes)


def remarks(codes: Tensor) -> list[str]:
    """Returns what is unusual about the columns of codes (N, D): constant ones, narrow ones, and copies of others.

    All are fitted as they are: columns are scaled by no less than a thousandth of the largest deviation.
    """
    scaling, deviations = Standardization.of(codes), codes.double().std(0)
    constant = [i for i, column in enumerate(codes.T) if (column == column[0]).all()]
    seen, copies = {}, []
    for i, column in enumerate(codes.T.contiguous().numpy()):
        first = seen.setdefault(column.tobytes(), i)
        copies += [f"{i} (of {first})"] if first != i and i not in constant else []
    advice = "densities grow without limit there, so compare NLL with care"
    found = [f"constant columns: {', '.join(map(str, constant))}; {advice}"] if constant else []
    narrow = [i for i in range(codes.shape[1]) if i not in constant and deviations[i] < 0.999 * scaling.scale[i]]
    if narrow:
        found.append(
            f"columns less than a thousandth as wide as the widest: {', '.join(map(str, narrow))}; priors and "
            "distances hardly see them, so bring all columns to like scales"
        )
    return found + ([f"copied columns: {', '.join(copies)}; {advice}"] if copies else [])


def split_codes(codes: Tensor, seed: int) -> dict[str, Tensor]:
    """Returns 80, 10 and 10% of codes (N, D), at random, and the `mean` and `scale` that standardize them."""
    order = torch.randperm(len(codes), generator=torch.Generator().manual_seed(seed))
    tenth = len(codes) // 10
    parts = codes[order].split([len(codes) - 2 * tenth, tenth, tenth])
    scaling = Standardization.of(parts[0])
    return dict(zip(("train", "validation", "test"), parts, strict=True)) | {
        "mean": scaling.mean,
        "scale": scaling.scale,
    }
