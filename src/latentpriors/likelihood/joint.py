"""Every autoencoder under one set of names: its pixels' likelihood, its posterior and its own prior."""

__all__ = ["Joint", "native_prior"]

from torch import Tensor

from ..autoencoders.base import Autoencoder, NativePrior, bernoulli_cross_entropy
from ..metrics.bounds import gaussian_samples
from ..priors.base import FittedPrior


def native_prior(model: Autoencoder) -> FittedPrior:
    """Returns the prior that came with the autoencoder, N(0, I) where none did."""
    found = model.native() or NativePrior("native", {}, {"origin": next(model.parameters()).new_zeros(model.latent)})
    return FittedPrior.native(*found, model.latent)


class Joint:
    r"""p(x | z) p(z) of an autoencoder and a prior, with q(z | x) where its encoder is stochastic.

    What an autoencoder can do is declared on it (see `Autoencoder`), and what it leaves out is filled in here.

    Arguments:
        model: The autoencoder.
        prior: One with a density, fitted to its codes; else its own.

    Attributes:
        pixels: "bernoulli", another name, or None where images have no likelihood.
        has_posterior: Whether there is a q(z | x).
        has_prior: Whether p(z) can be computed; a generator of codes has samples alone.
    """

    def __init__(self, model: Autoencoder, prior: FittedPrior | None = None):
        self.model, self.prior = model, prior or native_prior(model)
        self.pixels, self.has_posterior = model.pixels, model.stochastic
        self._log_prior = None if prior else model.log_prior
        self.has_prior = self._log_prior is not None or self.prior.has_density

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """Returns log p(x | z) in nats, (N,), of images (N, C, H, W) and codes (N, D).

        Grey pixels enter as they are, not binarized: then the Bernoulli likelihood is no density of theirs.

        Raises:
            ValueError: the autoencoder gives images no likelihood.
        """
        if self.model.log_likelihood:
            return self.model.log_likelihood(x, z)
        if self.pixels is None:
            raise ValueError(f"{type(self.model).__name__} gives images no likelihood; take its squared error")
        return -bernoulli_cross_entropy(x, self.model.decoder(z))

    def posterior(self, x: Tensor, samples: int) -> tuple[Tensor, Tensor]:
        """Returns codes (S, N, D) of images (N, C, H, W) and their log q(z | x) in nats, (S, N).

        Raises:
            ValueError: the encoder is deterministic.
        """
        if self.model.posterior:
            return self.model.posterior(x, samples)
        mean, scale = self.model.encode(x)
        if scale is None:
            raise ValueError(f"{type(self.model).__name__} has no posterior over codes to draw from; take its codes")
        return gaussian_samples(mean, scale, self.model.noise(samples, *mean.shape))

    def log_prior(self, z: Tensor) -> Tensor:
        """Returns log p(z) in nats, (N,), of raw codes (N, D)."""
        return self._log_prior(z) if self._log_prior else self.prior.log_prob(z)
