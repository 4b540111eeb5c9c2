"""The plain autoencoder with convolutional networks, whatever the data set's are."""

__all__ = ["ConvAE"]

from .ae import AE


class ConvAE(AE):
    """Networks of strided convolutions with group normalization and one hidden layer: `conv`.

    The row against which those of its variants are seen where the data set's own networks are others.

    Arguments:
        network: Its name.
        channels: Of the convolutional stages.
    """

    def __init__(self, *args, network: str = "conv", channels: tuple[int, ...] = (16, 32), **kwargs):
        super().__init__(*args, network=network, channels=channels, **kwargs)
