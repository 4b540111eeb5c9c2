"""The denoising autoencoder."""

__all__ = ["DAE"]

import torch
from torch import Tensor

from .base import Autoencoder, bernoulli_cross_entropy

CORRUPTIONS = ("gaussian", "masking")


class DAE(Autoencoder):
    r"""Minimizes the Bernoulli cross-entropy of the clean image x from decode(encode(x̃)) with a corrupted image x̃.

    Corruption is in training and validation alone: codes are those of clean images. It has no prior of its own:
    `native` is the naive N(0, I).

    References:
        | Extracting and Composing Robust Features with Denoising Autoencoders (Vincent et al., 2008)
        | Stacked Denoising Autoencoders (Vincent et al., 2010), for Gaussian noise

    Arguments:
        corruption: "gaussian" (x̃ = x + amount · noise, which may leave [0, 1]) or "masking" (each pixel is 0 with
            probability amount).
        amount: The standard deviation of the noise in units of the pixels' range, or the probability.

    Raises:
        ValueError: the corruption is unknown, the amount negative, or as a probability above 1.
    """

    def __init__(self, *args, corruption: str = "masking", amount: float = 0.25, **kwargs):
        super().__init__(*args, **kwargs)
        if corruption not in CORRUPTIONS:
            raise ValueError(f"corruption {corruption!r} is unknown; choose from {', '.join(CORRUPTIONS)}")
        if amount < 0 or (corruption == "masking" and amount > 1):
            raise ValueError(f"an amount of {amount} is no {corruption} noise; give a probability or a scale")
        self.corruption, self.amount = corruption, amount

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.validation(batch)

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns the clean images' cross-entropy in nats."""
        x = batch[0]
        return bernoulli_cross_entropy(x, self.decoder(self.encode(self.corrupted(x))[0])).mean()

    def corrupted(self, x: Tensor) -> Tensor:
        """Returns images (N, C, H, W) with noise from the game's generator."""
        if self.corruption == "gaussian":
            return x + self.amount * self.noise(*x.shape)
        return x * (torch.rand(x.shape, generator=self.generator, device=x.device) >= self.amount)
