"""A neural spline flow with couplings."""

__all__ = ["NSF"]

from functools import partial

import zuko
from zuko.transforms import MonotonicRQSTransform

from ..likelihood import LikelihoodFlow


class NSF(LikelihoodFlow):
    r"""Couplings that send each dimension of one half through a monotonic spline, shaped by the other half.

    The splines are rational-quadratic with `bins` pieces on [−bound, bound]. Outside that box, and with slope one at
    its edges, each coupling is the identity: the map stays continuous and invertible, a code coordinate far out has
    about the tail of the standard normal, and samples leave the box only as far as normal noise does. Standardized
    codes reach about 5.

    References:
        | Neural Spline Flows (Durkan et al., 2019)

    Arguments:
        transforms: The number of couplings; the halves are drawn at random for each.
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
        self.flow = zuko.flows.NICE(
            dim,
            transforms=transforms,
            randmask=True,
            hidden_features=list(hidden),
            univariate=partial(MonotonicRQSTransform, bound=bound),
            shapes=[(bins,), (bins,), (bins - 1,)],
        )
