"""Raw files to uint8 images, by the readers of torchvision and scikit-learn."""

__all__ = ["FULL", "READERS", "DataError", "read", "resources", "unpack"]

import errno
import gzip
import inspect
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor


class DataError(ValueError):
    """A data set cannot be had, or its files are not what they should be."""


# torchvision's classes with the interface of its MNIST: four idx files with published checksums.
READERS = ("digits", "MNIST", "FashionMNIST", "KMNIST")
SPLITS = ("train", "test")
FULL = (errno.ENOSPC, errno.EDQUOT)  # the numbers of an OSError where a disk, or a user's part of it, is full


def resources(reader: str) -> list[tuple[str, str]]:
    """Returns the (file, md5) of each file that a reader needs; none for scikit-learn's embedded digits."""
    return [] if reader == "digits" else list(_torchvision(reader).resources)


def unpack(reader: str, raw: Path) -> None:
    """Unpacks the archives in raw/READER/raw, whose checksums torchvision checks once more.

    The digits need nothing: a note says so.

    Raises:
        DataError: an archive is missing, truncated or corrupted.
        OSError: the disk is full.
    """
    if reader == "digits":
        (raw / "SOURCE.txt").write_text("sklearn.datasets.load_digits, inside scikit-learn\n", encoding="utf-8")
    else:
        folder = raw / reader / "raw"
        missing = [name for name, _ in resources(reader) if not (folder / name).is_file()]
        if missing:
            raise DataError(f"{folder} lacks {', '.join(missing)}; run the download stage again")
        try:
            _torchvision(reader)(str(raw), download=True)
        except (OSError, EOFError, RuntimeError, zlib.error, gzip.BadGzipFile) as error:
            if getattr(error, "errno", None) in FULL:
                raise  # not the archive's fault
            raise DataError(f"an archive in {folder} cannot be unpacked: {error}") from error


def read(reader: str, raw: Path) -> dict[str, tuple[Tensor, Tensor]]:
    """Returns the images (N, C, H, W) in uint8 and the labels (N,) of each official split, "train" and "test".

    The digits of scikit-learn have no official split: all are in "train".

    Raises:
        DataError: the reader is unknown, or the files are malformed.
    """
    if reader == "digits":
        return {"train": _digits()}
    parts = {}
    for name in SPLITS:
        try:
            part = _torchvision(reader)(str(raw), train=name == "train", download=False)
        except (OSError, EOFError, RuntimeError, ValueError, AssertionError, KeyError, IndexError) as error:
            raise DataError(f"the {name} files of {reader} in {raw} cannot be read: {error}") from error
        if len(part.data) != len(part.targets) or len(part.data) == 0:
            raise DataError(f"{reader} in {raw} has {len(part.data)} {name} images and {len(part.targets)} labels")
        parts[name] = part.data[:, None].contiguous(), part.targets.long()
    return parts


def _digits() -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits  # here: `check` asks for the readers' names alone

    images, labels = load_digits(return_X_y=True)
    # Its grey levels are 0 to 16.
    images = np.round(images * (255 / 16)).astype(np.uint8).reshape(-1, 1, 8, 8)
    return torch.from_numpy(images), torch.from_numpy(labels).long()


def _torchvision(reader: str) -> type:
    # Imported here: it takes a second that only the two data stages should pay.
    from torchvision import datasets

    if reader not in READERS or not inspect.isclass(getattr(datasets, reader, None)):
        raise DataError(f"reader {reader!r} is unknown; choose from {', '.join(READERS)}")
    return getattr(datasets, reader)
