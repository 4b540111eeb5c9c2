"""The plain autoencoder with batch normalization."""

__all__ = ["BatchNormAE"]

from ..networks.variants import BATCHNORM
from .ae import AE


class BatchNormAE(AE):
    """Networks like `conv` with batch normalization in place of group normalization: `conv_batchnorm`.

    While it is trained, a code depends on the other images of the batch; afterwards on the running moments.

    References:
        | Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift (Ioffe and
          Szegedy, 2015)

    Arguments:
        network: Its name.
        channels: Of the convolutional stages.
    """

    def __init__(self, *args, network: str = BATCHNORM, channels: tuple[int, ...] = (16, 32), **kwargs):
        super().__init__(*args, network=network, channels=channels, **kwargs)
