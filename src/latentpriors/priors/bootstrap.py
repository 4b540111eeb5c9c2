"""Not a model but the perfect memorizer: the training codes as they are."""

__all__ = ["Bootstrap"]

import torch
from torch import Tensor

from ..training import Budget
from .base import Prior


class Bootstrap(Prior):
    r"""Draws training codes with replacement: the empirical distribution, which has no density.

    It makes nothing new, so its distances say what a prior scores that has learned its codes by heart; one that comes
    near them is good only if it does not copy.

    References:
        | Bootstrap Methods: Another Look at the Jackknife (Efron, 1979)
    """

    yardstick = True

    def __init__(self, dim: int):
        super().__init__(dim)
        self.register_buffer("kept", torch.empty(0, dim))

    def fit(self, codes: Tensor, validation: Tensor, budget: Budget) -> dict[str, float]:
        """Keeps the training codes (N, D).

        Raises:
            ValueError: there are none.
        """
        if not len(codes):
            raise ValueError("there are no training codes to draw from: give at least one")
        self.kept = codes.clone()
        return {}

    def draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        return self.kept[torch.randint(len(self.kept), (n,), generator=generator, device=self.kept.device)]
