"""Anyone's codes, of whatever autoencoder, out of a file: checked, and split."""

__all__ = ["read_codes", "remarks", "split_codes"]

from pathlib import Path

import torch
from torch import Tensor

from ..priors.base import Standardization
from ..priors.base.codes import COARSE, HELD_OUT, as_training_codes
from .arrays import read_array

FLAT = 5e-3  # of the columns' deviations; along a direction of less, codes have no breadth: bfloat16 rounds by less
OFTEN = 0.1  # the share of codes from which on a value, or a code, that comes again is no chance
SHOWN = 10  # columns that a note names
UNBOUNDED = "densities grow without limit there, so NLL says how small a prior's jitter is, not how good the prior is"
HARDLY = "priors and distances hardly see them, so bring all columns to like scales"


def read_codes(path: Path) -> Tensor:
    """Returns codes (N, D) from a .npy, .npz or .safetensors file: its one array, or the one that is named codes.

    Raises:
        ValueError: the file, its shape, type, entries or number of codes will not do.
    """
    return as_training_codes(read_array(path, "codes"), f"the codes in {path}")


def remarks(codes: Tensor) -> list[str]:
    """Returns a sentence on each way in which codes (N, D) are degenerate, so that a density of them says little.

    All are fitted as they are: columns are scaled by no less than a thousandth of the largest deviation.
    """
    z = codes.double()
    (N, D), deviations = z.shape, z.std(0)
    constant, fitted, repeated = (z == z[0]).all(0), N - 2 * (N // HELD_OUT), N - len(codes.unique(dim=0))
    narrow = ~constant & (deviations < 0.999 * Standardization.of(codes).scale)
    steps = ~constant & torch.tensor([_of_steps(column) for column in z.T])
    dependent = torch.zeros_like(constant)
    if fitted > D:
        dependent[~constant] = _dependent(z[:, ~constant] / deviations[~constant])
    notes = [
        _note("constant columns", constant, UNBOUNDED),
        _note("columns less than a thousandth as wide as the widest", narrow, HARDLY),
        _note("columns of steps, or with one value again and again", steps, UNBOUNDED),
        _note("columns that follow from each other", dependent, UNBOUNDED),
        f"{fitted} codes to fit do not span {D} dimensions; {UNBOUNDED}" if fitted <= D else "",
        f"{repeated} of the {N} codes repeat others; {UNBOUNDED}" if repeated > OFTEN * N else "",
    ]
    return [note for note in notes if note]


def split_codes(codes: Tensor, seed: int) -> dict[str, Tensor]:
    """Returns 80, 10 and 10% of codes (N, D), at random, and the `mean` and `scale` that standardize them."""
    order = torch.randperm(len(codes), generator=torch.Generator().manual_seed(seed))
    tenth = len(codes) // HELD_OUT
    parts = codes[order].split([len(codes) - 2 * tenth, tenth, tenth])
    scaling = Standardization.of(parts[0])
    return dict(zip(("train", "validation", "test"), parts, strict=True)) | {
        "mean": scaling.mean,
        "scale": scaling.scale,
    }


def _of_steps(column: Tensor) -> bool:
    """Whether the values (N,) of a column come again: all on a grid, or one of them often."""
    values, counts = column.unique(return_counts=True)
    grid = 1 < len(values) < len(column) and bool(values.diff().min() > COARSE * column.std())
    return grid or int(counts.max()) > max(2, OFTEN * len(column))


def _dependent(z: Tensor) -> Tensor:
    """Returns which columns (D,) of codes (N, D), in units of their deviations, span directions without breadth."""
    variances, directions = torch.linalg.eigh(z.T.cov().reshape(z.shape[1], z.shape[1]))
    share = directions[:, variances < FLAT**2].square().sum(1)
    return share > 0.01 * share.max()


def _note(what: str, columns: Tensor, why: str) -> str:
    names = [str(index) for index in columns.nonzero()[:, 0].tolist()]
    listed = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
    return f"{what}: {listed}; {why}" if names else ""
