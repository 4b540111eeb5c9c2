"""A neural spline flow with couplings."""

__all__ = ["NSF"]

from functools import partial

import torch
import zuko
from torch import Tensor
from zuko.lazy import UnconditionalTransform
from zuko.transforms import LULinearTransform, MonotonicRQSTransform

from .base import NormalizingFlow


class NSF(NormalizingFlow):
    r"""Couplings that send each dimension of one half through a monotonic spline, shaped by the other half.

    The splines are rational-quadratic with `bins` pieces on [−bound, bound]. Outside that box, and with slope one at
    its edges, each coupling is the identity: the map stays continuous and invertible, and codes far out have about the
    tail of a normal distribution. Standardized codes reach about 5. Before each coupling the dimensions are mixed by a
    matrix L U, learned from the identity on: splines in a box can turn no correlated Gaussian into noise, L U can.

    References:
        | Neural Spline Flows (Durkan et al., 2019)

    Arguments:
        transforms: The number of couplings, each with its matrix; the halves are drawn at random for each.
        hidden: The widths of the hidden layers of each coupling's network.
        bins: The number of pieces of a spline.
        bound: Half the side of the box, in units of the codes' standard deviation.
        noise_scale: The standard deviation of the noise on the training codes, in units of the codes' own.
        learning_rate, weight_decay: Of AdamW.
    """

    least_dim = 2

    def __init__(
        self,
        dim: int,
        *,
        transforms: int = 6,
        hidden: tuple[int, ...] = (128, 128),
        bins: int = 8,
        bound: float = 5.0,
        noise_scale: float = 0.1,
        learning_rate: float = 4e-3,
        weight_decay: float = 0.1,
    ):
        super().__init__(dim, noise_scale, learning_rate, weight_decay)
        # zuko's NICE is a chain of couplings with random halves, whatever the univariate map.
        couplings = zuko.flows.NICE(
            dim,
            transforms=transforms,
            randmask=True,
            hidden_features=list(hidden),
            univariate=partial(MonotonicRQSTransform, bound=bound),
            shapes=[(bins,), (bins,), (bins - 1,)],
        )
        linear = [UnconditionalTransform(_linear, torch.zeros(dim, dim)) for _ in range(transforms)]
        chain = [layer for pair in zip(linear, couplings.transform.transforms, strict=True) for layer in pair]
        self.flow = zuko.lazy.Flow(chain, couplings.base)


def _linear(offset: Tensor) -> LULinearTransform:
    """The map z → L U z with the entries of L and U at an offset from the identity, where weight decay draws them."""
    return LULinearTransform(offset + torch.eye(len(offset), dtype=offset.dtype, device=offset.device))
