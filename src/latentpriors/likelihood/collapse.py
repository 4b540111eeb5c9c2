"""Posterior collapse: dimensions of the codes that say nothing about the image."""

__all__ = ["VERDICTS", "collapse"]

import torch
from torch import Tensor

from ..autoencoders.base import Autoencoder
from ..training import evaluate

VERDICTS = ("none", "partial", "full")  # from good to bad
LEAST = 0.01  # the share of its variance above which a dimension is active
DRAWS = 20  # codes of an image whose posterior has no mean in closed form


@torch.no_grad()
def collapse(model: Autoencoder, images: Tensor, codes: Tensor, labels: Tensor | None = None) -> dict[str, float | str]:
    """Returns `active_units` and `collapse`, the verdict: "none", "partial" (dimensions say nothing) or "full".

    A unit is active where images explain a hundredth of its codes' variance, so that a prior whose variance is not 1
    moves nothing. Of a model that learns from labels it is the variance within classes: what a class alone says of a
    code is its prior, not its image.

    References:
        | Importance Weighted Autoencoders (Burda et al., 2016), whose threshold it is where the prior's variance is 1

    Arguments:
        model: An autoencoder with a posterior.
        images: With shape (N, C, H, W).
        codes: Raw codes of these images, with shape (N, D), drawn from the posterior.
        labels: The classes (N,) of the images, for a model that learns from them.

    Raises:
        ValueError: the model learns from labels, and there are none.
    """
    if model.labels and labels is None:
        raise ValueError(f"{type(model).__name__} learns from labels; give those of the images")
    groups = labels if model.labels else None
    variance = _centered(codes.double(), groups).var(0).clamp(min=1e-24)
    active = int((_explained(model, images, groups) / variance > LEAST).sum())
    return {"active_units": active, "collapse": VERDICTS[2 if active == 0 else int(active < codes.shape[1])]}


def _explained(model: Autoencoder, images: Tensor, labels: Tensor | None) -> Tensor:
    """Returns the variance over images of the posterior's mean, (D,)."""
    if model.encode(images[:1])[1] is not None:
        return _centered(evaluate(lambda x: model.encode(x)[0].double(), (images,)), labels).var(0)
    # The mean of a few draws varies by their noise too, which their spread tells.
    draws = evaluate(lambda x: model.posterior(x, DRAWS)[0].double().transpose(0, 1), (images,))  # (N, S, D)
    return _centered(draws.mean(1), labels).var(0) - draws.var(1).mean(0) / DRAWS


def _centered(z: Tensor, labels: Tensor | None) -> Tensor:
    """Returns rows (N, D) less the mean of all, or of their class."""
    groups = torch.zeros(len(z), dtype=torch.long, device=z.device) if labels is None else labels.long()
    sums = torch.zeros(int(groups.max()) + 1, z.shape[1], dtype=z.dtype, device=z.device).index_add_(0, groups, z)
    return z - (sums / groups.bincount(minlength=len(sums)).clamp(min=1)[:, None])[groups]
