"""Convolutional encoders and decoders: each stage halves or doubles the picture."""

__all__ = ["ConvDecoder", "ConvEncoder"]

import itertools
import math

from torch import nn

GROUPS = 4


class ConvEncoder(nn.Sequential):
    """From images (N, C, H, W): a stride-2 convolution for each entry of `channels`, one hidden layer, outputs."""

    def __init__(self, shape: tuple[int, int, int], outputs: int, channels: list[int], hidden: int):
        flat = math.prod(_smallest(shape, channels))
        stages = [
            nn.Sequential(nn.Conv2d(a, b, 4, stride=2, padding=1), nn.GroupNorm(GROUPS, b), nn.ReLU())
            for a, b in zip([shape[0], *channels], channels, strict=False)
        ]
        super().__init__(*stages, nn.Flatten(), nn.Linear(flat, hidden), nn.ReLU(), nn.Linear(hidden, outputs))


class ConvDecoder(nn.Sequential):
    """The encoder's mirror image, from codes (N, D) to logits (N, C, H, W)."""

    def __init__(self, shape: tuple[int, int, int], inputs: int, channels: list[int], hidden: int):
        small = _smallest(shape, channels)
        sizes = [*reversed(channels), shape[0]]
        stages = [
            nn.Sequential(nn.GroupNorm(GROUPS, a), nn.ReLU(), nn.ConvTranspose2d(a, b, 4, stride=2, padding=1))
            for a, b in itertools.pairwise(sizes)
        ]
        start = [nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, math.prod(small)), nn.Unflatten(1, small)]
        super().__init__(*start, *stages)


def _smallest(shape: tuple[int, int, int], channels: list[int]) -> tuple[int, int, int]:
    """Returns the shape after the last stride; raises ValueError where the picture cannot be halved so often."""
    _, H, W = shape
    factor = 2 ** len(channels)
    if H % factor or W % factor:
        raise ValueError(f"{H} x {W} images cannot be halved {len(channels)} times; give fewer channels")
    if any(size % GROUPS for size in channels):
        raise ValueError(f"channels {channels} must be multiples of {GROUPS}, the groups of the normalization")
    return channels[-1], H // factor, W // factor
