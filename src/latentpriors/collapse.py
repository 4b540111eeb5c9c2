"""Posterior collapse: dimensions of the codes that say nothing about the image."""

__all__ = ["active_units"]

import torch
from torch import Tensor


def active_units(means: Tensor, least: float = 0.01) -> int:
    """Returns how many dimensions of a VAE's codes are active: those whose posterior mean varies between images.

    The others' posterior is the prior, whatever the image: they have collapsed.

    References:
        | Importance Weighted Autoencoders (Burda et al., 2016)

    Arguments:
        means: The posterior means of images, with shape (N, D).
        least: The variance over images above which a dimension counts as active; the paper's is 0.01, where the
            prior's variance is 1.

    Raises:
        ValueError: the means are no table, of fewer than two images, or not finite.
    """
    if means.ndim != 2 or len(means) < 2:
        raise ValueError(f"means of shape {tuple(means.shape)} have no variance; give (N, D) of at least two images")
    if not means.isfinite().all():
        raise ValueError("the means have entries that are not finite; the autoencoder that made them has diverged")
    return int((torch.var(means.double(), 0) > least).sum())
