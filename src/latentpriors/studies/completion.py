"""Completing an image from a part of it: the network that gives one answer, and what all completions share."""

__all__ = ["SAMPLES_SHOWN", "Baseline", "completions", "seen_quarters"]

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ..networks import build_decoder, build_encoder
from ..training import Game, Player

SAMPLES_SHOWN = 5  # of a model that has many answers, in a row of the picture


class Baseline(Game):
    r"""p(y | x): missing pixels y from the seen part x, each a Bernoulli of its own, Σ_i −log p(y_i | x) in nats.

    Pixels that depend on each other given x are beyond it: where two answers are equally likely, it gives their mean.
    The networks see the image with zeros for what is missing, and which pixels are seen as one channel more. Pixels
    are in [0, 1] and not binarized, so the least loss is the entropy of Bernoulli(y), not 0.

    References:
        | Learning Structured Output Representation using Deep Conditional Generative Models (Sohn et al., 2015)

    Arguments:
        shape: The images' (C, H, W).
        quarters: How many are seen, as in `seen_quarters`.
        network, channels, hidden: Of the networks, as for autoencoders; `hidden` is also the width of what the decoder
            is told of x.
        learning_rate: Of Adam.
        latent: The dimension of a code that the decoder sees too; the baseline has none.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        quarters: int,
        network: str = "conv",
        channels: tuple[int, ...] = (16, 32),
        hidden: int = 256,
        learning_rate: float = 1e-3,
        latent: int = 0,
    ):
        super().__init__()
        C, H, W = shape
        self.learning_rate = learning_rate
        self.register_buffer("seen", seen_quarters(H, W, quarters)[None, None])
        self.features = build_encoder(network, (C + 1, H, W), hidden, list(channels), hidden)
        self.decoder = build_decoder(network, shape, hidden + latent, list(channels), hidden)

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.validation(batch)

    def players(self) -> dict[str, Player]:
        return {"model": Player(self.parameters(), self.learning_rate)}

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns the mean cross-entropy of the missing pixels in nats."""
        return self.nll(batch[0]).mean()

    def nll(self, x: Tensor, samples: int = 1) -> Tensor:
        """Returns −log p(y | x) in nats, (N,), of images (N, C, H, W); exact, whatever `samples` is."""
        return self.cross_entropy(x, self.decoder(self.told(x)))

    def complete(self, x: Tensor) -> Tensor:
        """Returns the images (N, C, H, W) with the means of the missing pixels in their place."""
        return self.filled(x, self.decoder(self.told(x)))

    def told(self, x: Tensor) -> Tensor:
        """Returns what the decoder is told of the seen part of images (N, C, H, W), (N, hidden)."""
        return self.features(self.with_mask(x * self.seen))

    def with_mask(self, x: Tensor) -> Tensor:
        """Returns images (N, C, H, W) with the mask as one channel more."""
        return torch.cat([x, self.seen.expand(len(x), 1, *x.shape[2:])], 1)

    def filled(self, x: Tensor, logits: Tensor) -> Tensor:
        """Returns images (N, C, H, W) with what the logits say in place of the missing pixels."""
        return torch.where(self.seen > 0, x, torch.sigmoid(logits.float()))

    def cross_entropy(self, x: Tensor, logits: Tensor) -> Tensor:
        """Returns the cross-entropy of the missing pixels in nats, (N,), from images and logits (N, C, H, W)."""
        each = binary_cross_entropy_with_logits(logits.float(), x, reduction="none")
        return (each * (1 - self.seen)).flatten(1).sum(1)


def seen_quarters(height: int, width: int, quarters: int) -> Tensor:
    """Returns 1 where pixels are seen and 0 elsewhere, (height, width): lower left, then upper left, then lower right.

    Raises:
        ValueError: none or all of the image would be missing.
    """
    if quarters not in (1, 2, 3):
        raise ValueError(f"{quarters} of four quarters cannot be the seen part of an image; give 1, 2 or 3")
    seen, down, across = torch.zeros(height, width), height // 2, width // 2
    seen[down:, :across] = 1
    if quarters > 1:
        seen[:, :across] = 1
    if quarters > 2:
        seen[down:] = 1
    return seen


@torch.no_grad()
def completions(one: Baseline, many: Baseline, x: Tensor) -> Tensor:
    """Returns pictures as bytes, (8 N, C, H, W), a row for each of the images (N, C, H, W) in [0, 1].

    In a row: the seen part on grey, the truth, the answer of one model and `SAMPLES_SHOWN` answers of another.
    """
    grey = torch.where(one.seen > 0, x, torch.full_like(x, 0.5))
    row = [grey, x, one.complete(x), *(many.complete(x) for _ in range(SAMPLES_SHOWN))]
    return (torch.stack(row, 1).flatten(0, 1) * 255).round().byte()
