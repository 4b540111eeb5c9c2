"""Not a prior but its ceiling: the codes of held-out images as they are."""

__all__ = ["Reconstruction"]

import torch
from torch import Tensor

from ..training import Budget
from .base import Prior


class Reconstruction(Prior):
    r"""Draws the validation split's codes without replacement: a perfect prior could do no better.

    Past the size of the validation split it starts again from its beginning.
    """

    yardstick = True

    def __init__(self, dim: int):
        super().__init__(dim)
        self.register_buffer("held_out", torch.empty(0, dim))

    def fit(self, codes: Tensor, validation: Tensor, budget: Budget) -> dict[str, float]:
        self.held_out = validation.clone()
        return {}

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        size = len(self.held_out)
        order = torch.randperm(size, generator=generator, device=self.held_out.device)
        return self.held_out[order[torch.arange(n, device=order.device) % size]]
