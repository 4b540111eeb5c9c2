"""Where importance sampling looks for codes of an image whose encoder has no noise."""

__all__ = ["WIDTHS", "Proposal", "chosen_proposal"]

from collections.abc import Sequence

import torch
from torch import Tensor

from ..metrics.bounds import gaussian_samples, iwae_bound
from .joint import Joint

WIDTHS = (0.01, 0.03, 0.1, 0.3, 1.0)  # tried; in standard deviations of the codes


class Proposal:
    """r(z | x) = N(encode(x), (width · scale)²), which no training has made: any width gives a bound on log p(x).

    Arguments:
        joint: Of an autoencoder with a deterministic encoder.
        scale: The standard deviations of its codes, with shape (D,).
        width: In units of these.
    """

    def __init__(self, joint: Joint, scale: Tensor, width: float):
        self.model, self.scale, self.width = joint.model, scale, width

    def __call__(self, x: Tensor, samples: int) -> tuple[Tensor, Tensor]:
        """Returns codes (S, N, D) of images (N, C, H, W) and their log r(z | x) in nats, (S, N)."""
        mean = self.model.codes(x).float()
        return gaussian_samples(mean, (self.width * self.scale).expand_as(mean), self.model.noise(samples, *mean.shape))


@torch.no_grad()
def chosen_proposal(
    joint: Joint, scale: Tensor, images: Tensor, samples: int = 100, widths: Sequence[float] = WIDTHS
) -> Proposal:
    """Returns the proposal whose width gives images (N, C, H, W) the highest mean bound; give validation images."""

    def bound(proposal: Proposal) -> float:
        return float(iwae_bound(joint.log_likelihood, proposal, joint.log_prior, images, samples).mean())

    return max((Proposal(joint, scale, width) for width in widths), key=bound)
