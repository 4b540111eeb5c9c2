"""The small classifier whose activations the Fréchet Classifier Distance compares."""

__all__ = ["Classifier"]

import math

import torch
from torch import Tensor, nn

from ..training import Game, Player


class Classifier(Game):
    """Three strided convolutions with batch normalization, one hidden layer, one linear layer to the logits.

    The hidden layer is the penultimate features. Without pooling: classifiers with max-pooling punish the
    slight blur of any autoencoder so hard that it drowns the differences between priors. At most 200 kB.

    Arguments:
        shape: The images' (C, H, W).
        classes: The number of logits.
        channels, strides: Of the three convolutions (kernels 5, 5 and 3).
        hidden: The width of the penultimate layer.
        learning_rate, weight_decay: Of AdamW.
        dropout: On the inputs of the hidden layer.
        shift: The training images move by up to so many pixels, which makes up for missing data.
        pooling: Whether the maximum of neighbours is taken instead of a stride: another architecture, which judges
            how far rankings depend on the first.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        classes: int = 10,
        channels: tuple[int, int, int] = (16, 32, 32),
        strides: tuple[int, int, int] = (2, 2, 2),
        hidden: int = 48,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-2,
        dropout: float = 0.1,
        shift: int = 1,
        pooling: bool = False,
    ):
        super().__init__()
        self.shape = tuple(shape)
        stages = [
            nn.Sequential(
                nn.Conv2d(a, b, kernel, 1 if pooling else stride, kernel // 2, bias=False),
                nn.BatchNorm2d(b), nn.ReLU(),
                *([nn.MaxPool2d(stride, ceil_mode=True)] if pooling else []),
            )
            for a, b, kernel, stride in zip([shape[0], *channels], channels, (5, 5, 3), strides, strict=False)
        ]  # fmt: skip
        H, W = (math.ceil(size / math.prod(strides)) for size in shape[1:])
        flat = channels[-1] * H * W
        self.features = nn.Sequential(*stages, nn.Flatten(), nn.Dropout(dropout), nn.Linear(flat, hidden), nn.ReLU())
        self.logits = nn.Linear(hidden, classes)
        self.learning_rate, self.weight_decay, self.shift = learning_rate, weight_decay, shift

    def activations(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the logits (N, classes) and the penultimate features (N, hidden) of images in [0, 1]."""
        features = self.features(2 * x - 1)
        return self.logits(features), features

    def forward(self, batch: tuple[Tensor, Tensor], turn: str) -> Tensor:
        x, y = batch
        return nn.functional.cross_entropy(self.activations(self._shifted(x))[0], y)

    def players(self) -> dict[str, Player]:
        return {"model": Player(self.parameters(), self.learning_rate, weight_decay=self.weight_decay)}

    def validation(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Returns the error rate."""
        x, y = batch
        return (self.activations(x)[0].argmax(1) != y).float().mean()

    def _shifted(self, x: Tensor) -> Tensor:
        """Moves a batch as a whole by a random offset: over many batches as good as one for each image, and faster."""
        if self.shift == 0:
            return x
        H, W = x.shape[2:]
        offsets = torch.randint(2 * self.shift + 1, (2,), generator=self.generator, device=x.device)
        down, across = offsets.tolist()
        return nn.functional.pad(x, [self.shift] * 4)[:, :, down : down + H, across : across + W]
