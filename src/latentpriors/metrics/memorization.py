"""Memorization: are samples nearer to the training set than held-out data are?"""

__all__ = ["Memorization", "memorization"]

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .arrays import pair
from .neighbours import nearest, neighbours

COPY = 0.01  # quantile of the held-out distances within which a sample counts as a copy
# A verdict's limits, set on MNIST: held-out reconstructions, which are new but smoothed, pass (c_t −9, 0.9 of the
# authenticity, copies 0.02); training codes moved by 0.3 standard deviations (0.65 of it), or every tenth, do not.
NEAR, AUTHENTIC, COPIES = -3, 0.8, 0.05


class Memorization(NamedTuple):
    """How near samples are to the training set.

    Attributes:
        c_t: Mann-Whitney z-score of the samples' distances to their nearest training row against those of held-out
            rows. About 0: as far as held-out data. Below −3: nearer, by memorizing or by drawing only where data are
            dense. Above 3: farther, as samples of low quality are. It grows with the root of the counts.
        authenticity: Share of samples that are farther from their nearest training row than that row is from its own
            nearest training row: 0 for copies. Read it beside `authenticity_held_out`.
        authenticity_held_out: The same of the held-out rows: what new data reach.
        copies: Share of samples as near to a training row as the nearest hundredth of held-out rows is. About 0.01
            for new data, 1 for copies; it sees a few copies among bad samples, which shift `c_t` the other way. Where
            ties bring more held-out rows there, as of discrete rows, their share beyond the hundredth does not count.
    """

    c_t: float
    authenticity: float
    authenticity_held_out: float
    copies: float

    @property
    def memorizing(self) -> bool:
        """Whether nearness and authenticity both say so, or copies do; for a few hundred rows or more.

        Samples drawn only where data are dense are near and have near copies too, but their neighbourhoods are as
        dense: their authenticity is that of held-out rows. Copies lower it by their share, or lie among samples that
        are no nearer to the data than held-out rows: `studies.detection` plants some and counts.
        """
        unauthentic = self.authenticity < AUTHENTIC * self.authenticity_held_out
        lowered = self.authenticity < (1 - self.copies / 2) * self.authenticity_held_out
        return (self.c_t < NEAR and unauthentic) or (self.copies > COPIES and (self.c_t > NEAR or lowered))


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
        held_out: With shape (m, D), of the training distribution; best as many as there are samples. For features of
            decoded images these are the reconstructions of held-out images: a decoder smooths, which alone brings
            images nearer to the training set (to a c_t of −9 on MNIST).

    Raises:
        ValueError: wrong shapes, fewer than two rows, entries that are not finite, or different dimensions.

    Example:
        >>> train, held_out = np.random.default_rng(0).normal(size=(2, 100, 3))
        >>> copied = memorization(train, train, held_out)
        >>> copied.authenticity, copied.copies, copied.memorizing
        (0.0, 1.0, True)
        >>> new = memorization(held_out, train, held_out)
        >>> new.c_t, new.memorizing
        (0.0, False)
    """
    samples, train = pair(samples, train, ("samples", "training rows"), least=2)
    held_out = pair(held_out, train, ("held-out rows", "training rows"), least=2)[0]
    n = len(samples)
    far, row = nearest(np.concatenate([samples, held_out]), train)
    authentic = far > _own_distances(train, row)
    return Memorization(
        c_t=_z_score(far[:n], far[n:]),
        authenticity=float(authentic[:n].mean()),
        authenticity_held_out=float(authentic[n:].mean()),
        copies=_copies(far[:n], far[n:]),
    )


def _copies(far: np.ndarray, held_out: np.ndarray) -> float:
    """The share of samples within the hundredth of the held-out distances, less what ties of these bring there."""
    near, ordered = np.quantile(held_out, COPY), np.sort(held_out)
    ties = np.searchsorted(ordered, near, "right") - (int(COPY * (len(ordered) - 1)) + 1)
    return float(max((far <= near).mean() - ties / len(ordered), 0.0))


def _own_distances(train: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The distances of some training rows to their nearest other training row."""
    unique, where = np.unique(rows, return_inverse=True)
    return neighbours(train[unique], train, 1, itself=unique)[0][where, 0]


def _z_score(a: np.ndarray, b: np.ndarray) -> float:
    b, n, m = np.sort(b), len(a), len(b)
    U = (np.searchsorted(b, a, "left") + np.searchsorted(b, a, "right")).sum() / 2
    return float((U - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12))
