"""Fixed, stratified, seeded splits."""

__all__ = ["Splits", "split"]

import torch
from torch import Tensor

from .readers import DataError

Splits = dict[str, tuple[Tensor, Tensor]]


def split(parts: Splits, validation: int, test: int | None, train: int | None, seed: int) -> Splits:
    """Returns the images and labels of "train", "validation" and "test".

    The official test split stays what it is where there is one; validation comes out of the rest, by class.

    Arguments:
        parts: The official splits, "train" and perhaps "test".
        validation, test: How many images they get; `test` only where there is no official test split.
        train: How many of the remaining images are used; all where it is None.
        seed: Of the shuffle.

    Raises:
        DataError: there are not enough images, or too few of a class.
    """
    from sklearn.model_selection import train_test_split  # here: `check` imports this room without splitting

    images, labels = parts["train"]
    if ("test" in parts) == (test is not None):
        raise DataError("give the size of the test split exactly where the data set has no official one")
    rest, held_out = torch.arange(len(labels)), {}
    try:
        for name, size in (("test", test), ("validation", validation)):
            if size is not None:
                rest, taken = train_test_split(rest, test_size=size, random_state=seed, stratify=labels[rest])
                held_out[name] = images[taken], labels[taken]
        if train is not None and train != len(rest):
            rest, _ = train_test_split(rest, train_size=train, random_state=seed, stratify=labels[rest])
    except ValueError as error:
        raise DataError(f"{len(labels)} images cannot be split: {error}") from error
    return {"train": (images[rest], labels[rest])} | held_out | {k: v for k, v in parts.items() if k == "test"}
