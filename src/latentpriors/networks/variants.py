"""Variants of the convolutional networks: batch normalization or none, no fully connected layer, those of DCGAN."""

__all__ = [
    "ALL_CONV",
    "BATCHNORM",
    "DCGAN",
    "NETWORKS",
    "PLAIN",
    "AllConvDecoder",
    "AllConvEncoder",
    "DCGANDecoder",
    "DCGANEncoder",
]

import itertools
from functools import partial

from torch import nn

from .conv import ConvDecoder, ConvEncoder, doubling, group_norm, halving, smallest

LEAK = 0.2  # the slope of DCGAN's encoder where it is negative


class AllConvEncoder(nn.Sequential):
    """From images (N, C, H, W) to (N, outputs): stages of `conv`, then a convolution as large as the map that is left.

    There is no fully connected layer, and so no hidden one: `hidden` is not used.

    References:
        | Striving for Simplicity: The All Convolutional Net (Springenberg et al., 2015)
    """

    def __init__(self, shape: tuple[int, int, int], outputs: int, channels: list[int], hidden: int):
        last, *size = smallest(shape, channels)
        super().__init__(*halving(shape, channels, group_norm), nn.Conv2d(last, outputs, size), nn.Flatten())


class AllConvDecoder(nn.Sequential):
    """The encoder's mirror image, from codes (N, D) to logits (N, C, H, W)."""

    def __init__(self, shape: tuple[int, int, int], inputs: int, channels: list[int], hidden: int):
        last, *size = smallest(shape, channels)
        start = [nn.Unflatten(1, (inputs, 1, 1)), nn.ConvTranspose2d(inputs, last, size)]
        super().__init__(*start, *doubling(shape, channels, group_norm))


class DCGANEncoder(nn.Sequential):
    """From images (N, C, H, W) to (N, outputs) by the layers of DCGAN's critic.

    4 x 4 convolutions with stride 2 and a leaky ReLU, batch normalization in all but the first, and a convolution as
    large as the map that is left; `hidden` is not used.

    References:
        | Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks (Radford et al.,
          2016)
    """

    def __init__(self, shape: tuple[int, int, int], outputs: int, channels: list[int], hidden: int):
        last, *size = smallest(shape, channels)
        first = nn.Sequential(nn.Conv2d(shape[0], channels[0], 4, stride=2, padding=1), nn.LeakyReLU(LEAK))
        # Without a bias, which the normalization would take away again.
        stages = [
            nn.Sequential(nn.Conv2d(a, b, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(b), nn.LeakyReLU(LEAK))
            for a, b in itertools.pairwise(channels)
        ]
        super().__init__(first, *stages, nn.Conv2d(last, outputs, size), nn.Flatten())


class DCGANDecoder(nn.Sequential):
    """From codes (N, D) to logits (N, C, H, W) by the layers of DCGAN's generator.

    A transposed convolution makes the first map of the code, and each stage doubles it by a 4 x 4 transposed
    convolution with stride 2; batch normalization and ReLU follow all but the last. `hidden` is not used. The sigmoid
    of the logits stands for DCGAN's tanh, and its initialization and its settings of Adam are not taken over.
    """

    def __init__(self, shape: tuple[int, int, int], inputs: int, channels: list[int], hidden: int):
        last, *size = smallest(shape, channels)
        sizes = [*reversed(channels), shape[0]]
        start = [nn.Unflatten(1, (inputs, 1, 1)), nn.ConvTranspose2d(inputs, last, size, bias=False)]
        stages = [
            nn.Sequential(
                nn.BatchNorm2d(a), nn.ReLU(),
                nn.ConvTranspose2d(a, b, 4, stride=2, padding=1, bias=stage == len(channels)),
            )
            for stage, (a, b) in enumerate(itertools.pairwise(sizes), 1)
        ]  # fmt: skip
        super().__init__(*start, *stages)


def _with(normalization: type[nn.Module]) -> tuple[partial, partial]:
    return partial(ConvEncoder, normalization=normalization), partial(ConvDecoder, normalization=normalization)


# `conv` has group normalization: these two differ from it in that alone.
BATCHNORM, PLAIN, ALL_CONV, DCGAN = "conv_batchnorm", "conv_plain", "all_conv", "dcgan"
NETWORKS = {
    BATCHNORM: _with(nn.BatchNorm2d),
    PLAIN: _with(nn.Identity),
    ALL_CONV: (AllConvEncoder, AllConvDecoder),
    DCGAN: (DCGANEncoder, DCGANDecoder),
}
