"""A critic of images whose hidden layers can be looked at."""

__all__ = ["ImageCritic"]

from torch import Tensor, nn

from ..networks import MLP, build_encoder


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
        """Returns a hidden layer (N, F) of images."""
        if layer == 0:
            return x.flatten(1)
        return self.both(x, layer)[0]

    def both(self, x: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """Returns a hidden layer (N, F) above the first, and the logits, of images."""
        found, count = None, 0
        x = x.flatten(1) if isinstance(self.layers, MLP) else x
        for module in self.layers:
            x = module(x)
            if _ends_a_layer(module):
                count += 1
                found = x.flatten(1) if count == layer else found
        return found, x

    def check(self, layer: int) -> None:
        """Raises ValueError where there is no such layer."""
        if not 0 <= layer <= self.depth:
            raise ValueError(f"feature_layer is {layer}: the image critic has layers 0, the image, to {self.depth}")


def _ends_a_layer(module: nn.Module) -> bool:
    return isinstance(module, nn.Sequential | nn.ReLU | nn.LeakyReLU | nn.SiLU)
