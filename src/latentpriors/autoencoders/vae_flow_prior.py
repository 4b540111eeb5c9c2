"""The variational autoencoder with a flow as its prior."""

__all__ = ["VAEFlowPrior"]

from torch import Tensor

from ..metrics.bounds import elbo_terms, gaussian_entropy, gaussian_samples
from ..priors.flow import Flow
from ..training import Player
from .base import Autoencoder, NativePrior, bernoulli_cross_entropy


class VAEFlowPrior(Autoencoder):
    r"""Minimizes E_q[−β log p(x | z) − log p(z)] − H(q(z | x)) with a flow p(z) that learns along.

    −log p(x | z) is the Bernoulli cross-entropy; q(z | x) is a Gaussian with diagonal covariance, one sample an image,
    its entropy H in closed form. A flow can be as narrow as the codes are, so that nothing but q's entropy keeps them
    apart. The native prior is the flow, in raw code space.

    References:
        | Variational Lossy Autoencoder (Chen et al., 2017), the flow as a prior
        | Generative Latent Flow (Xiao et al., 2019), which compares with it

    Arguments:
        beta: β, the weight of the reconstruction; 1 is the negative ELBO.
        transforms, flow_hidden: Of the flow.
    """

    def __init__(
        self, *args, beta: float = 10.0, transforms: int = 12, flow_hidden: tuple[int, ...] = (128, 128), **kwargs
    ):
        super().__init__(*args, stochastic=True, **kwargs)
        self.beta, self.arguments = beta, {"transforms": transforms, "hidden": list(flow_hidden)}
        self.prior = Flow(self.latent, **self.arguments)

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.validation(batch)

    def players(self) -> dict[str, Player]:
        return {"reconstruction": Player(self.parameters(), self.learning_rate)}

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns β · reconstruction + KL in nats."""
        terms = self.terms(batch)
        return (self.beta * terms["reconstruction"] + terms["kl"]).mean()

    def terms(self, batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """Returns `reconstruction`, `kl`, `nll` and `entropy` (see `elbo_terms`) with one sample an image."""
        mean, scale = self.encode(batch[0])
        z = mean + scale * self.noise(*mean.shape)
        reconstruction = bernoulli_cross_entropy(batch[0], self.decoder(z))
        return elbo_terms(reconstruction, gaussian_entropy(scale), -self.log_prior(z))

    def posterior(self, x: Tensor, samples: int) -> tuple[Tensor, Tensor]:
        """Returns codes (S, N, D) and their log q(z | x) in nats, (S, N)."""
        mean, scale = self.encode(x)
        return gaussian_samples(mean, scale, self.noise(samples, *mean.shape))

    def log_prior(self, z: Tensor) -> Tensor:
        """Returns log p(z) in nats, (N,), of codes (N, D)."""
        return self.prior.log_prob(z)

    def native(self) -> NativePrior:
        return NativePrior("flow", self.arguments, self.prior.state_dict())
