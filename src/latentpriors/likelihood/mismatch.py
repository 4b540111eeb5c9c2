"""The aggregate posterior q(z), the codes of all images, against the prior that the autoencoder was trained with."""

__all__ = ["code_mismatch", "code_scale"]

import torch
from torch import Tensor

from ..autoencoders.base import Autoencoder
from ..metrics import sliced_wasserstein, two_sample_test
from ..priors.base import Standardization
from .joint import native_prior


def code_scale(codes: Tensor) -> dict[str, float]:
    """Returns the standard deviations of raw codes (N, D): `code_scale`, the mean over D, and `code_scale_least`."""
    scale = codes.double().std(0)
    return {"code_scale": float(scale.mean()), "code_scale_least": float(scale.min())}


@torch.no_grad()
def code_mismatch(model: Autoencoder, codes: dict[str, Tensor], generator: torch.Generator) -> dict[str, float]:
    """Returns how codes of held-out images, a sample of q(z), differ from as many samples of the model's own prior.

    `mismatch_sliced_wasserstein` is in units of the training codes' standard deviations, and `mismatch_floor` is that
    of two samples of the prior, what so many codes of a perfect match have; `mismatch_accuracy` is that of a two-sample
    test, 0.5 where nothing tells them apart.

    Arguments:
        model: The autoencoder that the codes are of.
        codes: Raw codes as "test", with shape (N, D), and the `mean` and `scale` that standardize codes.
        generator: Of the prior's samples.
    """
    scaling, prior = Standardization(codes["mean"], codes["scale"]), native_prior(model)
    drawn, again = (prior.sample(len(codes["test"]), generator) for _ in range(2))
    held_out, drawn, again = (scaling(z).double().cpu().numpy() for z in (codes["test"], drawn, again))
    return {
        "mismatch_sliced_wasserstein": sliced_wasserstein(drawn, held_out),
        "mismatch_floor": sliced_wasserstein(drawn, again),
        "mismatch_accuracy": two_sample_test(drawn, held_out),
    }
