"""The sparse autoencoder."""

__all__ = ["SAE", "SPARSITIES", "activity_divergence", "l1_norm"]

import torch
from torch import Tensor

from .base import Autoencoder, bernoulli_cross_entropy

SPARSITIES = ("kl", "l1")


class SAE(Autoencoder):
    r"""Minimizes reconstruction + λ S with a sparsity S of the batch's codes, so that each image uses few of them.

    The reconstruction is the Bernoulli cross-entropy summed over pixels, in nats. It has no prior of its own:
    `native` is the naive N(0, I).

    References:
        | Sparse autoencoder, CS294A lecture notes (Ng, 2011), for "kl"
        | Emergence of simple-cell receptive field properties by learning a sparse code for natural images
          (Olshausen and Field, 1996), for "l1"

    Arguments:
        sparsity: "kl" (S is `activity_divergence`; codes are activities in (0, 1), by a sigmoid) or "l1" (S is
            `l1_norm`; codes are real numbers, and smaller ones with a steeper decoder lower S too, as they always do
            without a bound on the decoder).
        weight: λ, in nats an image for each unit of S.
        activity: The mean activity that "kl" asks of each dimension.

    Raises:
        ValueError: the sparsity is unknown, or the activity is not between 0 and 1.
    """

    def __init__(self, *args, sparsity: str = "kl", weight: float = 3.0, activity: float = 0.1, **kwargs):
        super().__init__(*args, **kwargs)
        if sparsity not in SPARSITIES:
            raise ValueError(f"sparsity {sparsity!r} is unknown; choose from {', '.join(SPARSITIES)}")
        if not 0 < activity < 1:
            raise ValueError(f"a mean activity of {activity} is not possible; give one between 0 and 1")
        self.sparsity, self.weight, self.activity = sparsity, weight, activity

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        z, scale = super().encode(x)
        return (torch.sigmoid(z) if self.sparsity == "kl" else z), scale

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.validation(batch)

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns reconstruction + λ S in nats."""
        x = batch[0]
        z = self.codes(x).float()
        sparsity = l1_norm(z) if self.sparsity == "l1" else activity_divergence(z, self.activity)
        return bernoulli_cross_entropy(x, self.decoder(z)).mean() + self.weight * sparsity


def l1_norm(z: Tensor) -> Tensor:
    """Returns the mean over codes (N, D) of |z|₁."""
    return z.abs().sum(1).mean()


def activity_divergence(z: Tensor, activity: float) -> Tensor:
    """Returns Σ_d KL(Bernoulli(activity) || Bernoulli(mean of z_d)) in nats, from activities (N, D) in (0, 1)."""
    mean = z.mean(0).clamp(1e-6, 1 - 1e-6)
    p = torch.full_like(mean, activity)
    return (p * (p / mean).log() + (1 - p) * ((1 - p) / (1 - mean)).log()).sum()
