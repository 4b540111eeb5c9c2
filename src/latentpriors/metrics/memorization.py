"""Memorization: are samples nearer to the training set than held-out data are?"""

__all__ = ["Memorization", "memorization"]

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .arrays import pair
from .neighbours import neighbours

COPY = 0.01  # quantile of the held-out distances within which a sample counts as a copy


class Memorization(NamedTuple):
    """How near samples are to the training set.

    Attributes:
        c_t: Mann-Whitney z-score of the samples' distances to their nearest training row against those of held-out
            rows. About 0: as far as held-out data. Below −3: memorizing (or drawing only where data are dense).
            Above 3: farther than held-out data, as blurred or otherwise wrong samples are. It grows with the root
            of the counts, so that figures of different counts do not compare.
        authenticity: Share of samples that are farther from their nearest training row than that row is from its own
            nearest training row: 0 for copies. Read it beside `authenticity_held_out`.
        authenticity_held_out: The same of the held-out rows: what new data reach.
        copies: Share of samples as near to a training row as the nearest hundredth of held-out rows is. About 0.01
            for new data, 1 for copies; it sees a few copies among bad samples, which shift `c_t` the other way.
    """

    c_t: float
    authenticity: float
    authenticity_held_out: float
    copies: float


def memorization(samples: ArrayLike, train: ArrayLike, held_out: ArrayLike) -> Memorization:
    r"""Returns the C_T statistic (over the whole space as one cell), authenticity, and the share of near copies.

    C_T = (U − nm / 2) / √(nm (n + m + 1) / 12), where U counts the pairs of a sample and a held-out row whose sample
    is the farther one from the training set; equal distances count half.

    References:
        | A Non-Parametric Test to Detect Data-Copying in Generative Models (Meehan, Chaudhuri and Dasgupta, 2020)
        | How Faithful is your Synthetic Data? (Alaa et al., 2022)

    Arguments:
        samples: With shape (n, D), features or codes.
        train: With shape (N, D), all that the model was fitted to.
        held_out: With shape (m, D), of the training distribution; best as many as there are samples.

    Raises:
        ValueError: wrong shapes, fewer than two rows, entries that are not finite, or different dimensions.
    """
    samples, train = pair(samples, train, ("samples", "training rows"), least=2)
    held_out = pair(held_out, train, ("held-out rows", "training rows"), least=2)[0]
    (far, row), (far_held_out, row_held_out) = (
        (distances[:, 0], indices[:, 0])
        for distances, indices in (neighbours(x, train, 1) for x in (samples, held_out))
    )
    own = _own_distances(train, np.concatenate([row, row_held_out]))
    return Memorization(
        c_t=_z_score(far, far_held_out),
        authenticity=float((far > own[: len(far)]).mean()),
        authenticity_held_out=float((far_held_out > own[len(far) :]).mean()),
        copies=float((far <= np.quantile(far_held_out, COPY)).mean()),
    )


def _own_distances(train: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The distances of some training rows to their nearest other training row."""
    unique, where = np.unique(rows, return_inverse=True)
    return neighbours(train[unique], train, 1, itself=unique)[0][where, 0]


def _z_score(a: np.ndarray, b: np.ndarray) -> float:
    b, n, m = np.sort(b), len(a), len(b)
    U = (np.searchsorted(b, a, "left") + np.searchsorted(b, a, "right")).sum() / 2
    return float((U - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12))
