"""Anyone's arrays, of codes or images, out of a file."""

__all__ = ["read_array"]

import textwrap
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

SUFFIXES = (".npy", ".npz", ".safetensors")


def read_array(path: Path, name: str) -> np.ndarray:
    """Returns the one array of a .npy, .npz or .safetensors file, or the one of several that has this name.

    Raises:
        ValueError: there is no such file or array, or the file is damaged, or pickled.
    """
    if not path.is_file():
        raise ValueError(f"{path} is missing, or no file")
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path} is no .npy, .npz or .safetensors file")
    try:
        return _read(path, name)
    except Exception as error:  # NumPy, zipfile and zlib raise all kinds over a damaged file
        raise ValueError(f"{path} cannot be read: {' '.join(str(error).split())}") from error


def _read(path: Path, name: str) -> np.ndarray:
    if path.suffix.lower() == ".safetensors":
        # NumPy knows no bfloat16.
        arrays = {key: (x.float() if x.dtype == torch.bfloat16 else x).numpy() for key, x in load_file(path).items()}
        return _one(arrays, name)
    with path.open("rb") as file:
        if not file.read(6).startswith((b"PK", b"\x93NUMPY")):  # NumPy would call it a pickle
            raise ValueError("it does not begin as files of NumPy do")
        file.seek(0)
        loaded = np.load(file, allow_pickle=False)
        if not isinstance(loaded, np.ndarray):
            return _one(loaded, name)
        if file.read(1):  # `np.save` into an open file adds to it
            raise ValueError("it goes on after its first array; save all as one, or an .npz with names")
        return loaded


def _one(stored: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    if len(stored) != 1 and name not in stored:
        held = textwrap.shorten(", ".join(stored) or "(none)", 200, placeholder=" ...")
        raise ValueError(f"it holds the arrays {held}; name one of them {name}")
    array = stored[name if name in stored else next(iter(stored))]
    if not isinstance(array, np.ndarray):
        raise ValueError("it holds no array of NumPy")
    return array
