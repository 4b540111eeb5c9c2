"""Every autoencoder under one set of names: its pixels' likelihood, its posterior and its own prior."""

__all__ = ["Joint", "native_prior"]

from torch import Tensor

from ..autoencoders.base import Autoencoder, NativePrior, bernoulli_cross_entropy
from ..metrics.bounds import gaussian_samples
from ..priors.base import Prior
from ..registry import find


def native_prior(model: Autoencoder) -> Prior:
    """Returns the prior over raw codes that came with the autoencoder, N(0, I) where none did."""
    device = next(model.parameters()).device
    default = Prior(model.latent).to(device).state_dict()
    name, arguments, state = model.native() or NativePrior("native", {}, default)
    prior = find("priors", name)(model.latent, **arguments).to(device)
    prior.load(state)
    return prior.eval()


class Joint:
    r"""p(x | z) p(z) of an autoencoder, with q(z | x) where its encoder is stochastic.

    An autoencoder says what it has by four names, and what it leaves out follows from the base class:

    - `log_likelihood(x, z)`: log p(x | z). Left out, the pixels are Bernoulli with the decoder's outputs as logits, as
      long as `decode` is the base's; with a `decode` of its own there is no likelihood.
    - `pixels`: the name of that density where it is not Bernoulli. Only models of one name compare in nats.
    - `posterior(x, S)`: samples and log q(z | x). Left out, it is the Gaussian that a stochastic `encode` gives; there
      is none where the encoder is deterministic.
    - `log_prior(z)`: log p(z). Left out, it is that of the native prior.

    Attributes:
        prior: The native prior, in raw code space.
        pixels: "bernoulli", another name, or None where images have no likelihood.
        has_posterior: Whether there is a q(z | x), so that an image has an ELBO.
    """

    def __init__(self, model: Autoencoder):
        self.model, self.prior = model, native_prior(model)
        logits = type(model).decode is Autoencoder.decode
        self.pixels: str | None = getattr(model, "pixels", "bernoulli" if logits else None)
        self.has_posterior = model.stochastic or hasattr(model, "posterior")

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """Returns log p(x | z) in nats, (N,), of images (N, C, H, W) and codes (N, D).

        Grey pixels enter as they are, not binarized: then the Bernoulli likelihood is no density of theirs.

        Raises:
            ValueError: the autoencoder gives images no likelihood.
        """
        if hasattr(self.model, "log_likelihood"):
            return self.model.log_likelihood(x, z)
        if self.pixels is None:
            raise ValueError(f"{type(self.model).__name__} gives images no likelihood; take its squared error")
        return -bernoulli_cross_entropy(x, self.model.decoder(z))

    def posterior(self, x: Tensor, samples: int) -> tuple[Tensor, Tensor]:
        """Returns codes (S, N, D) of images (N, C, H, W) and their log q(z | x) in nats, (S, N).

        Raises:
            ValueError: the encoder is deterministic.
        """
        if hasattr(self.model, "posterior"):
            return self.model.posterior(x, samples)
        mean, scale = self.model.encode(x)
        if scale is None:
            raise ValueError(f"{type(self.model).__name__} has no posterior over codes to draw from; take its codes")
        return gaussian_samples(mean, scale, self.model.noise(samples, *mean.shape))

    def log_prior(self, z: Tensor) -> Tensor:
        """Returns log p(z) in nats, (N,), of raw codes (N, D)."""
        return self.model.log_prior(z) if hasattr(self.model, "log_prior") else self.prior.log_prob(z)
