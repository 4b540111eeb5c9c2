"""A critic of images whose hidden layers can be looked at."""

__all__ = ["ImageCritic"]

import torch
from torch import Tensor, nn

from ..networks import MLP, build_encoder
from ..training import evaluate


class ImageCritic(nn.Module):
    """The encoder's network, from images (N, C, H, W) to logits (N, outputs), and its hidden layers as features.

    Layer 0 is the image; each stage of convolutions and each activation after it is one more.

    Arguments:
        network, shape, channels, hidden: As `build_encoder` takes them.
        outputs: How many logits.
    """

    def __init__(
        self, network: str, shape: tuple[int, int, int], channels: tuple[int, ...], hidden: int, outputs: int = 1
    ):
        super().__init__()
        self.layers = build_encoder(network, shape, outputs, list(channels), hidden)

    @property
    def depth(self) -> int:
        """The last layer of features."""
        return sum(map(_ends_a_layer, self.layers))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)

    def features(self, x: Tensor, layer: int) -> Tensor:
        """Returns a layer (N, F) of images."""
        x, left = x.flatten(1) if isinstance(self.layers, MLP) else x, layer
        for module in self.layers:
            if not left:
                break
            x = module(x)
            left -= _ends_a_layer(module)
        return x.flatten(1)

    @torch.no_grad()
    def accuracy(self, real: Tensor, fake: Tensor) -> float:
        """Returns how often it tells images from ones that were made, as often each: 0.5 where it cannot."""
        judged = [evaluate(lambda x: self(x)[:, 0], (images,)) > 0 for images in (real, fake)]
        return 0.5 * float(judged[0].float().mean() + (~judged[1]).float().mean())

    def check(self, layer: int) -> None:
        """Raises ValueError where there is no such layer."""
        if not 0 <= layer <= self.depth:
            raise ValueError(f"feature_layer is {layer}: the image critic has layers 0, the image, to {self.depth}")


def _ends_a_layer(module: nn.Module) -> bool:
    return isinstance(module, nn.Sequential | nn.ReLU | nn.LeakyReLU | nn.SiLU)
