"""What a classifier says of samples: which classes they are of, and how sure it is."""

__all__ = ["ClassBalance", "class_balance"]

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .arrays import array, checked

MISSING = 0.1  # a class with less than this part of its reference share counts as missing


class ClassBalance(NamedTuple):
    """The classes of samples.

    Attributes:
        shares: The share of each class among the most likely classes of the samples.
        total_variation: Half the sum of the absolute differences from the reference shares: 0 for the same balance,
            and the share of samples that would have to change their class.
        missing: How many classes have less than a tenth of their reference share.
        confidence: The mean probability of a sample's most likely class.
        entropy: The mean entropy of a sample's class probabilities in nats: 0 where the classifier is sure,
            log(classes) where it has no idea.
    """

    shares: tuple[float, ...]
    total_variation: float
    missing: int
    confidence: float
    entropy: float


def class_balance(logits: ArrayLike, reference: ArrayLike | None = None) -> ClassBalance:
    """Returns the balance of classes and the classifier's confidence.

    Arguments:
        logits: With shape (N, classes); logarithms of probabilities are logits too.
        reference: The shares to compare with, of shape (classes,) and with sum 1, for instance those of the test
            labels; uniform where it is not given.

    Raises:
        ValueError: wrong shapes, no rows, fewer than two classes, entries that are not finite, or a reference that
            is no distribution.

    Example:
        >>> p = [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.4, 0.6]]
        >>> balance = class_balance(np.log(p))
        >>> balance.shares, balance.total_variation  # one sample in four would have to change its class
        ((0.75, 0.25), 0.25)
        >>> round(balance.confidence, 6)  # (0.9 + 0.8 + 0.7 + 0.6) / 4
        0.75
    """
    logits = checked(logits, "logits")
    N, C = logits.shape
    if C < 2:
        raise ValueError("the logits are of one class; there is no balance of fewer than two")
    reference = np.full(C, 1 / C) if reference is None else array(reference, "the reference's shares")
    if reference.shape != (C,) or not (reference >= 0).all() or not np.isclose(reference.sum(), 1, atol=1e-4):
        raise ValueError(f"the reference must be {C} shares that are not negative and sum to 1, not {reference}")
    shares = np.bincount(logits.argmax(1), minlength=C) / N
    log_p = logits - logits.max(1, keepdims=True)
    log_p -= np.log(np.exp(log_p).sum(1, keepdims=True))
    p = np.exp(log_p)
    return ClassBalance(
        shares=tuple(shares.tolist()),
        total_variation=float(np.abs(shares - reference).sum() / 2),
        missing=int((shares < MISSING * reference).sum()),
        confidence=float(p.max(1).mean()),
        entropy=float(-(p * log_p).sum(1).mean()),
    )
