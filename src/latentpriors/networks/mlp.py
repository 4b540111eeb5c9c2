"""Multilayer perceptrons: for codes, and for images seen as vectors."""

__all__ = ["MLP", "MLPDecoder", "MLPEncoder"]

import itertools
import math

from torch import Tensor, nn


class MLP(nn.Sequential):
    """Linear layers with an activation between them, from (N, inputs) to (N, outputs)."""

    def __init__(self, inputs: int, outputs: int, hidden: list[int], activation: type[nn.Module] = nn.ReLU):
        sizes = [inputs, *hidden]
        layers = [layer for a, b in itertools.pairwise(sizes) for layer in (nn.Linear(a, b), activation())]
        super().__init__(*layers, nn.Linear(sizes[-1], outputs))


class MLPEncoder(MLP):
    """From images (N, C, H, W) through hidden layers of 2 `hidden` and `hidden` units; `channels` is not used."""

    def __init__(self, shape: tuple[int, int, int], outputs: int, channels: list[int], hidden: int):
        super().__init__(math.prod(shape), outputs, [2 * hidden, hidden])

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flatten(1))


class MLPDecoder(MLP):
    """The encoder's mirror image, from codes (N, D) to logits (N, C, H, W)."""

    def __init__(self, shape: tuple[int, int, int], inputs: int, channels: list[int], hidden: int):
        super().__init__(inputs, math.prod(shape), [hidden, 2 * hidden])
        self.shape = tuple(shape)

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z).unflatten(1, self.shape)
