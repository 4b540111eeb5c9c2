"""The plain autoencoder without any fully connected layer."""

__all__ = ["AllConvAE"]

from ..networks.variants import ALL_CONV
from .ae import AE


class AllConvAE(AE):
    """Networks of convolutions alone, the code that of the last map: `all_conv`.

    References:
        | Striving for Simplicity: The All Convolutional Net (Springenberg et al., 2015)

    Arguments:
        network: Its name.
        channels: Of the convolutional stages.
    """

    def __init__(self, *args, network: str = ALL_CONV, channels: tuple[int, ...] = (16, 32), **kwargs):
        super().__init__(*args, network=network, channels=channels, **kwargs)
