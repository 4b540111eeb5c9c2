"""What a block of params.yaml may hold: its keys, and kinds and ranges of their values."""

__all__ = ["CHOICES", "check_block", "check_is_block", "check_keys", "check_value"]

import math
from typing import get_args, get_origin

from ..autoencoders.dae import CORRUPTIONS
from ..autoencoders.rae import REGULARIZERS
from ..autoencoders.sae import SPARSITIES
from ..choices import unknown
from ..data.readers import READERS
from ..networks import NETWORKS, VARIANTS
from ..training import PRECISIONS

CHOICES = {
    "precision": PRECISIONS,
    "network": (*NETWORKS, *VARIANTS),
    "reader": READERS,
    "regularizer": REGULARIZERS,
    "corruption": CORRUPTIONS,
    "sparsity": SPARSITIES,
}
POSITIVE = ("factor", "learning_rate")  # also where a key ends with it
MAY_BE_ZERO = ("seed", "shift")  # whole numbers that need not be at least 1


def check_block(block: dict, schema: dict, path: str, optional: set[str] = frozenset()) -> None:
    """Raises ValueError unless a block has the keys of a schema and values of their kinds.

    Arguments:
        block: The block and those inside it.
        schema: Under each key the type of its value, or the schema of a block.
        path: Names the block in messages, such as "datasets.mnist".
        optional: Keys that may be missing, here and in the blocks inside.
    """
    check_keys(block, schema, path, optional)
    for key, value in block.items():
        if isinstance(schema[key], dict):
            check_block(value, schema[key], f"{path}.{key}", optional)
        else:
            check_value(value, schema[key], f"{path}.{key}")


def check_keys(block: dict, allowed: dict | tuple | list, path: str, optional: set[str] | None = None) -> None:
    """Raises ValueError where a block has a key that is not allowed, or lacks one that is not optional.

    Without `optional`, keys of a tuple must all be there; others are names of a registry, which need not be.
    """
    check_is_block(block, path)
    for key in block:
        if key not in allowed:
            raise ValueError(unknown(path, key, allowed))
    missing = [key for key in allowed if key not in block and key not in (optional or ())]
    if missing and (optional is not None or isinstance(allowed, tuple)):
        raise ValueError(f"{path}: {', '.join(missing)} is missing")


def check_is_block(block: object, path: str) -> None:
    """Raises ValueError unless something is a block of keys."""
    if not isinstance(block, dict):
        raise ValueError(f"{path}: a block of keys is needed, not {block!r}")


def check_value(value: object, kind: type, path: str) -> None:
    """Raises ValueError unless a value fits the annotation of the argument that it becomes, and its range."""
    key = path.rsplit(".", 1)[-1]
    if type(None) in get_args(kind):
        if value is None:
            return
        kind = next(k for k in get_args(kind) if k is not type(None))
    if get_origin(kind) is tuple:
        if not isinstance(value, list) or (not value and key == "components"):
            raise ValueError(f"{path}: a list is needed, not {value!r}")
        for entry in value:
            check_value(entry, get_args(kind)[0], path)
    elif kind is str:
        if key in CHOICES and value not in CHOICES[key]:
            raise ValueError(unknown(path, value, CHOICES[key]))
        if not isinstance(value, str):
            raise ValueError(f"{path}: a text is needed, not {value!r}")
    elif kind is bool:
        if not isinstance(value, bool):
            raise ValueError(f"{path}: true or false is needed, not {value!r}")
    elif isinstance(value, bool) or not isinstance(value, int if kind is int else (int, float)):
        what = "a whole number" if kind is int else "a number"
        raise ValueError(f"{path}: {what} is needed, not {value!r}")
    elif not math.isfinite(value) or value < 0:
        raise ValueError(f"{path}: {value} is negative or not finite")
    elif value == 0 and (key.endswith(POSITIVE) or (kind is int and key not in MAY_BE_ZERO)):
        raise ValueError(f"{path}: must be greater than 0")
