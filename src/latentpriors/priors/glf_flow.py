"""The coupling flow of Generative Latent Flow."""

__all__ = ["GLFFlow"]

import torch
from torch import Tensor
from torch.distributions import AffineTransform, Transform

from ..networks.couplings import couplings
from .base import NormalizingFlow

# A sigmoid is zero in float32 from -104 on; far from all codes the way to noise would divide by it, and the density
# there would be no number instead of a tiny one.
LEAST_SCALE = 1e-6


class GLFFlow(NormalizingFlow):
    r"""Four affine couplings whose scale cannot exceed one: z = s e + t with s = sigmoid(log_s + 2).

    log_s and t, of one half of the dimensions, are functions of the other half. Halves are drawn at random for the
    first and the third coupling, as by a permutation, and change places for the second and the fourth. The scale
    multiplies on the way from noise to codes. The other way round each coupling could only contract codes, so that no
    density could exceed that of N(0, I) at its centre: harmless where an autoencoder trained with the flow widens its
    codes, but not for standardized ones.

    References:
        | Generative Latent Flow (Xiao et al., 2019)
        | Glow: Generative Flow with Invertible 1x1 Convolutions (Kingma and Dhariwal, 2018), the source of the scale

    Arguments:
        transforms: The number of couplings.
        hidden: The widths of the hidden layers of each coupling's network.
        noise_scale: The standard deviation of the noise on the training codes, in units of the codes' own.
        learning_rate, weight_decay: Of AdamW.
    """

    least_dim = 2

    def __init__(
        self,
        dim: int,
        *,
        transforms: int = 4,
        hidden: tuple[int, ...] = (200, 200),
        noise_scale: float = 0.1,
        learning_rate: float = 4e-3,
        weight_decay: float = 0.1,
    ):
        super().__init__(dim, noise_scale, learning_rate, weight_decay)
        self.flow = couplings(dim, transforms, hidden_features=list(hidden), univariate=_to_noise)


def _to_noise(shift: Tensor, log_scale: Tensor) -> Transform:
    """The map of one coordinate from code to noise."""
    return AffineTransform(shift, torch.sigmoid(log_scale + 2).clamp(min=LEAST_SCALE)).inv
