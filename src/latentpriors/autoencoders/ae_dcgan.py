"""The plain autoencoder with the networks of DCGAN."""

__all__ = ["DCGANAE"]

from ..networks.variants import DCGAN
from .ae import AE


class DCGANAE(AE):
    """DCGAN's critic as the encoder and its generator as the decoder: `dcgan`.

    References:
        | Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks (Radford et al.,
          2016)

    Arguments:
        network: Its name.
        channels: Of the convolutional stages.
    """

    def __init__(self, *args, network: str = DCGAN, channels: tuple[int, ...] = (16, 32), **kwargs):
        super().__init__(*args, network=network, channels=channels, **kwargs)
