"""A residual multilayer perceptron that also sees a time: denoisers and velocities of codes."""

__all__ = ["TimedMLP"]

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

FREQUENCIES = 8  # half periods of the time's waves over [0, 1] go up to so many


class TimedMLP(nn.Module):
    """From codes (N, dim) and times in [0, 1], with shape (N,) or (), to (N, dim); zero before it is trained.

    Each block adds a linear layer of the activated state to it, h + W silu(a(t) h + b(t)), where time gives the scale
    a and the shift b: as one time for all codes costs next to nothing, an ODE solver's calls are cheap.

    References:
        | Deep Residual Learning for Image Recognition (He et al., 2016)
        | FiLM: Visual Reasoning with a General Conditioning Layer (Perez et al., 2018)

    Arguments:
        dim: Of the codes.
        hidden: The width of the blocks.
        blocks: How many.
    """

    def __init__(self, dim: int, hidden: int, blocks: int):
        super().__init__()
        self.time = nn.Sequential(nn.Linear(2 * FREQUENCIES, hidden), nn.SiLU(), nn.Linear(hidden, 2 * hidden * blocks))
        self.inputs = nn.Linear(dim, hidden)
        self.blocks = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(blocks))
        self.outputs = nn.Linear(hidden, dim)
        self.register_buffer("frequencies", math.pi * torch.arange(1, FREQUENCIES + 1))
        nn.init.zeros_(self.outputs.weight)
        nn.init.zeros_(self.outputs.bias)

    def forward(self, z: Tensor, t: Tensor) -> Tensor:
        angles = t[..., None] * self.frequencies
        moves = self.time(torch.cat([angles.cos(), angles.sin()], -1)).chunk(2 * len(self.blocks), -1)
        h = self.inputs(z)
        for block, scale, shift in zip(self.blocks, moves[::2], moves[1::2], strict=True):
            h = h + block(silu(h * (1 + scale) + shift))
        return self.outputs(silu(h))
