"""A masked autoregressive flow."""

__all__ = ["MAF"]

import zuko

from .base import NormalizingFlow


class MAF(NormalizingFlow):
    r"""Layers that scale and shift each dimension by functions of those before it: e_i = a(z_<i) z_i + b(z_<i).

    A masked network gives all a and b at once, so that a likelihood takes one pass a layer; a sample takes D of them.
    The dimensions' order is drawn anew for each layer. With one dimension nothing precedes it and the flow would be a
    Gaussian, so that is refused.

    References:
        | Masked Autoregressive Flow for Density Estimation (Papamakarios et al., 2017)
        | MADE: Masked Autoencoder for Distribution Estimation (Germain et al., 2015), the masked network

    Arguments:
        transforms: The number of layers.
        hidden: The widths of the hidden layers of each layer's network.
        noise_scale: The standard deviation of the noise on the training codes, in units of the codes' own.
        learning_rate, weight_decay: Of AdamW.
    """

    least_dim = 2

    def __init__(
        self,
        dim: int,
        *,
        transforms: int = 8,
        hidden: tuple[int, ...] = (128, 128),
        noise_scale: float = 0.1,
        learning_rate: float = 4e-3,
        weight_decay: float = 0.1,
    ):
        super().__init__(dim, noise_scale, learning_rate, weight_decay)
        self.flow = zuko.flows.MAF(dim, transforms=transforms, randperm=True, hidden_features=list(hidden))

    @property
    def evaluations(self) -> int:
        """The dimensions, since a sample's entries come one after the other, each of one pass through all layers."""
        return self.dim
