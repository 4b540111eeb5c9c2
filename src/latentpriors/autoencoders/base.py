"""What every autoencoder is: an encoder, a decoder and a loss, played as a game."""

__all__ = ["Autoencoder", "NativePrior", "bernoulli_cross_entropy", "mean_and_scale"]

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ..networks import build_decoder, build_encoder
from ..training import Budget, Game, Player, train


class NativePrior(NamedTuple):
    """A fitted prior by its name among the priors, the arguments of its constructor (without `dim`) and its state."""

    name: str
    arguments: dict
    state: dict[str, Tensor]


class Autoencoder(Game):
    r"""An encoder and a decoder of one architecture for all methods.

    Arguments:
        shape: The images' (C, H, W).
        latent: D, the dimension of the codes.
        network: "conv" or "mlp".
        channels: Of the convolutional stages.
        hidden: The width of the fully connected layer.
        learning_rate: Of Adam, for encoder and decoder.
        stochastic: Whether the encoder also gives the scale of a Gaussian posterior.
    """

    turns = ("reconstruction",)
    labels = False  # True: learns from images and their classes
    # The likelihood of an image's pixels given its code, by name: only models of one name compare in nats. Bernoulli by
    # the decoder's logits; of another one a method gives `log_likelihood`; None where there is none.
    pixels: str | None = "bernoulli"
    log_likelihood: Callable[[Tensor, Tensor], Tensor] | None = None  # log p(x | z) in nats, (N,)
    # Codes (S, N, D) and their log q(z | x), (S, N); None: that of `encode`, where it is stochastic.
    posterior: Callable[[Tensor, int], tuple[Tensor, Tensor]] | None = None
    log_prior: Callable[[Tensor], Tensor] | None = None  # log p(z) in nats, (N,); None: that of the native prior

    def __init__(
        self,
        shape: tuple[int, int, int],
        latent: int,
        network: str = "conv",
        channels: tuple[int, ...] = (16, 32),
        hidden: int = 256,
        learning_rate: float = 1e-3,
        stochastic: bool = False,
    ):
        super().__init__()
        self.shape, self.latent, self.learning_rate, self.stochastic = tuple(shape), latent, learning_rate, stochastic
        # The decoder first: then all methods with one seed start from the same decoder.
        self.decoder = build_decoder(network, shape, latent, list(channels), hidden)
        self.encoder = build_encoder(network, shape, latent * (2 if stochastic else 1), list(channels), hidden)

    def fit(self, data: tuple[Tensor, ...], validation: tuple[Tensor, ...], budget: Budget) -> dict[str, float]:
        """Trains on images (N, C, H, W), and labels (N,) where it has `labels`; returns the curves' last figures."""
        return train(self, data, budget, validation)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Returns the mean (N, D) and, where the encoder is stochastic, the scale (N, D) of q(z | x)."""
        outputs = self.encoder(x)
        if not self.stochastic:
            return outputs, None
        return mean_and_scale(outputs)

    def decode(self, z: Tensor) -> Tensor:
        """Returns the means (N, C, H, W) of the pixels, in [0, 1]."""
        return torch.sigmoid(self.decoder(z).float())

    def codes(self, x: Tensor) -> Tensor:
        """Returns what the decoder was trained on, (N, D): samples of q(z | x), or the code itself."""
        mean, scale = self.encode(x)
        return mean if scale is None else mean + scale * self.noise(*mean.shape)

    def native(self) -> NativePrior | None:
        """Returns the prior over raw codes that was trained with the autoencoder; None stands for N(0, I)."""
        return None

    def players(self) -> dict[str, Player]:
        return {"reconstruction": Player([*self.encoder.parameters(), *self.decoder.parameters()], self.learning_rate)}


def mean_and_scale(outputs: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the mean and the scale, (N, D) each, that a network's outputs (N, 2 D) stand for."""
    mean, log_variance = outputs.float().chunk(2, dim=1)
    return mean, torch.exp(0.5 * log_variance.clamp(-20, 10))


def bernoulli_cross_entropy(x: Tensor, logits: Tensor) -> Tensor:
    r"""Returns −Σ [x log x̂ + (1 − x) log(1 − x̂)] in nats, (N,), summed over the pixels of each image.

    x̂ = sigmoid(logits). The images are in [0, 1] and not binarized, so the least value is the entropy of
    Bernoulli(x), not 0. The poster prints this loss without its leading minus sign, which would be maximized.
    """
    return binary_cross_entropy_with_logits(logits.float(), x, reduction="none").flatten(1).sum(1)
