"""Chains of coupling layers that leave no dimension as it is."""

__all__ = ["couplings"]

import torch
import zuko
from zuko.flows.coupling import GeneralCouplingTransform
from zuko.lazy import UnconditionalDistribution


def couplings(dim: int, transforms: int, context: int = 0, **kwargs) -> zuko.lazy.Flow:
    """Returns a flow over N(0, I) whose couplings change halves drawn at random and, in turn, their complements.

    With halves drawn anew for each coupling some dimensions would be in the same part of all of them: of 16 dimensions
    and 4 couplings in two flows of three, whose densities there stay N(0, 1) whatever they are fitted to.

    Arguments:
        dim: D, at least 2.
        transforms: The number of couplings, at least 2.
        context: The number of features that the couplings see beside the codes.
        kwargs: Of zuko's GeneralCouplingTransform: hidden_features, univariate, shapes.
    """
    masks: list[torch.Tensor] = []
    for i in range(transforms):
        masks.append(~masks[-1] if i % 2 else torch.randperm(dim) % 2 == 0)
    layers = [GeneralCouplingTransform(dim, context, mask=mask, **kwargs) for mask in masks]
    normal = zuko.distributions.DiagNormal
    return zuko.lazy.Flow(layers, UnconditionalDistribution(normal, torch.zeros(dim), torch.ones(dim), buffer=True))
