"""Convolutional encoders and decoders: each stage halves or doubles the picture."""

__all__ = ["ConvDecoder", "ConvEncoder", "doubling", "group_norm", "halving", "smallest"]

import itertools
import math
from collections.abc import Callable

from torch import nn

GROUPS = 4


def group_norm(channels: int) -> nn.Module:
    """Returns the normalization that looks at each image alone; raises ValueError where the groups do not come out."""
    if channels % GROUPS:
        raise ValueError(f"{channels} channels: they must be multiples of {GROUPS}, the groups of the normalization")
    return nn.GroupNorm(GROUPS, channels)


class ConvEncoder(nn.Sequential):
    """From images (N, C, H, W): a stride-2 convolution for each entry of `channels`, one hidden layer, outputs."""

    def __init__(
        self,
        shape: tuple[int, int, int],
        outputs: int,
        channels: list[int],
        hidden: int,
        normalization: Callable[[int], nn.Module] = group_norm,
    ):
        flat = math.prod(smallest(shape, channels))
        stages = halving(shape, channels, normalization)
        super().__init__(*stages, nn.Flatten(), nn.Linear(flat, hidden), nn.ReLU(), nn.Linear(hidden, outputs))


class ConvDecoder(nn.Sequential):
    """The encoder's mirror image, from codes (N, D) to logits (N, C, H, W)."""

    def __init__(
        self,
        shape: tuple[int, int, int],
        inputs: int,
        channels: list[int],
        hidden: int,
        normalization: Callable[[int], nn.Module] = group_norm,
    ):
        small = smallest(shape, channels)
        stages = doubling(shape, channels, normalization)
        start = [nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, math.prod(small)), nn.Unflatten(1, small)]
        super().__init__(*start, *stages)


def halving(
    shape: tuple[int, int, int], channels: list[int], normalization: Callable[[int], nn.Module]
) -> list[nn.Module]:
    """Returns the stages from images (N, C, H, W) to maps (N, *smallest), a module for each entry of `channels`."""
    return [
        nn.Sequential(nn.Conv2d(a, b, 4, stride=2, padding=1), normalization(b), nn.ReLU())
        for a, b in zip([shape[0], *channels], channels, strict=False)
    ]


def doubling(
    shape: tuple[int, int, int], channels: list[int], normalization: Callable[[int], nn.Module]
) -> list[nn.Module]:
    """Returns the stages from maps (N, *smallest) to logits (N, C, H, W), a module for each entry of `channels`."""
    sizes = [*reversed(channels), shape[0]]
    return [
        nn.Sequential(normalization(a), nn.ReLU(), nn.ConvTranspose2d(a, b, 4, stride=2, padding=1))
        for a, b in itertools.pairwise(sizes)
    ]


def smallest(shape: tuple[int, int, int], channels: list[int]) -> tuple[int, int, int]:
    """Returns the shape after the last stride; raises ValueError where the picture cannot be halved so often."""
    _, H, W = shape
    factor = 2 ** len(channels)
    if not channels:
        raise ValueError("channels is empty; a convolutional network needs at least one stage")
    if H % factor or W % factor:
        raise ValueError(f"{H} x {W} images cannot be halved {len(channels)} times; give fewer channels")
    return channels[-1], H // factor, W // factor
