"""The plain autoencoder with convolutional networks without any normalization."""

__all__ = ["PlainAE"]

from ..networks.variants import PLAIN
from .ae import AE


class PlainAE(AE):
    """Networks like `conv` without its normalization: `conv_plain`.

    Arguments:
        network: Its name.
        channels: Of the convolutional stages.
    """

    def __init__(self, *args, network: str = PLAIN, channels: tuple[int, ...] = (16, 32), **kwargs):
        super().__init__(*args, network=network, channels=channels, **kwargs)
