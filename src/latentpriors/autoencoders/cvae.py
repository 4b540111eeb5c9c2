"""The conditional variational autoencoder: a VAE that is told the classes of its images."""

__all__ = ["CVAE"]

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ..priors.gmm import GMM
from ..training import Player
from .base import Autoencoder, NativePrior, bernoulli_cross_entropy
from .vae import kl_divergence


class CVAE(Autoencoder):
    r"""A VAE for p(x | y) with classes y: noise u ~ N(0, I) and the class's learned centre m_y make z = u + m_y.

    Minimizes E_q[−log p(x | z)] + β KL(q(z | x) || N(m_y, I)), a bound on −log p(x | y). The decoder sees the class as
    a shift of the noise, and a code z holds both: so codes are decoded, and priors fitted to them, without any label,
    and the encoder q(z | x) needs none. The class is told by the divergence alone.

    Images without labels cost the mean divergence over all classes, which is a bound too. The native prior is the
    mixture of N(m_y, I) over y, all classes equally often.

    References:
        | Learning Structured Output Representation using Deep Conditional Generative Models (Sohn et al., 2015)
        | Semi-supervised Learning with Deep Generative Models (Kingma et al., 2014), with classes as the condition

    Arguments:
        classes: How many; labels are 0, 1 ... classes − 1.
        beta: β, the weight of the KL divergence.
    """

    labels = True

    def __init__(self, *args, classes: int = 10, beta: float = 1.0, **kwargs):
        super().__init__(*args, stochastic=True, **kwargs)
        self.beta = beta
        # Apart from the start: the encoder has to tell the classes before the decoder learns to do without codes.
        self.centers = nn.Parameter(torch.randn(classes, self.latent))

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.validation(batch)

    def players(self) -> dict[str, Player]:
        return {"reconstruction": Player(self.parameters(), self.learning_rate)}

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns the bound in nats of images (N, C, H, W) and, where the batch has them, their labels (N,)."""
        x, y = batch[0], batch[1] if len(batch) > 1 else None
        mean, scale = self.encode(x)
        reconstruction = bernoulli_cross_entropy(x, self.decoder(mean + scale * self.noise(*mean.shape)))
        return (reconstruction + self.beta * self.divergence(mean, scale, y)).mean()

    def divergence(self, mean: Tensor, scale: Tensor, y: Tensor | None) -> Tensor:
        """Returns KL(N(mean, scale²) || N(m_y, I)) in nats, (N,), from (N, D), (N, D) and (N,); y None is any class."""
        K = len(self.centers)
        shares = mean.new_full((len(mean), K), 1 / K) if y is None else one_hot(y.long(), K).to(mean)
        # The divergence is quadratic in the centre: from N(0, I), and what the shift adds to it.
        shift = 0.5 * self.centers.square().sum(1) - mean @ self.centers.T  # (N, K)
        return kl_divergence(mean, scale) + (shares * shift).sum(1)

    def class_codes(self, y: Tensor, noise: Tensor) -> Tensor:
        """Returns the codes (N, D) of classes (N,) and noise (N, D); one row of noise is one style in all classes."""
        return noise + self.centers[y.long()]

    @torch.no_grad()
    def sample(self, y: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Returns an image (N, C, H, W) of each of the classes (N,) that are asked for."""
        noise = torch.randn(len(y), self.latent, generator=generator, device=self.centers.device)
        return self.decode(self.class_codes(y, noise))

    @torch.no_grad()
    def native(self) -> NativePrior:
        K, D = self.centers.shape
        prior = GMM(D).to(self.centers.device)
        prior.weights, prior.means = self.centers.new_full((K,), 1 / K), self.centers.detach().clone()
        prior.choleskys = torch.eye(D).to(self.centers).repeat(K, 1, 1)
        return NativePrior("gmm", {}, prior.state_dict())
