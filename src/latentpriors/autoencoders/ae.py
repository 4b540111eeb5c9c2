"""The plain autoencoder: reconstruction and nothing else."""

__all__ = ["AE"]

from torch import Tensor

from .base import Autoencoder, bernoulli_cross_entropy


class AE(Autoencoder):
    r"""Minimizes the Bernoulli cross-entropy −Σ[x log x̂ + (1 − x) log(1 − x̂)] with x̂ = decode(encode(x)).

    Nothing shapes its code distribution, so it has no native prior: `native` is the naive N(0, I).

    References:
        | Reducing the Dimensionality of Data with Neural Networks (Hinton and Salakhutdinov, 2006)
    """

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.validation(batch)

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns the reconstruction's cross-entropy in nats."""
        x = batch[0]
        return bernoulli_cross_entropy(x, self.decoder(self.codes(x))).mean()
