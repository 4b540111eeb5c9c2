"""Posterior collapse: dimensions of the codes that say nothing about the image."""

__all__ = ["VERDICTS", "active_units", "collapse"]

import torch
from torch import Tensor

from .autoencoders.base import Autoencoder
from .training import evaluate

VERDICTS = ("none", "partial", "full")  # from good to bad


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


@torch.no_grad()
def collapse(model: Autoencoder, images: Tensor, codes: Tensor) -> dict[str, float | str]:
    """Returns `active_units` and `collapse`, the verdict: "none", "partial" (dimensions say nothing) or "full".

    Posterior means are taken in units of the codes' own standard deviation, so that a unit is active where images
    explain a hundredth of its variance, also under a prior whose variance is not 1.

    Arguments:
        model: An autoencoder with a posterior.
        images: With shape (N, C, H, W).
        codes: Raw codes of these images, with shape (N, D), drawn from the posterior.
    """
    means = evaluate(lambda x: model.encode(x)[0].double(), (images,))
    active = active_units(means / codes.double().std(0).clamp(min=1e-12))
    return {"active_units": active, "collapse": VERDICTS[2 if active == 0 else int(active < means.shape[1])]}
