"""An affine coupling flow: with a plain autoencoder's codes, FlowAE."""

__all__ = ["Flow"]

import zuko
from torch import Tensor

from ..training import Player
from .base import Prior


class Flow(Prior):
    r"""A normalizing flow f with affine couplings, by maximum likelihood.

    Minimizes −log p(z) = −log N(f(z); 0, I) − log |det ∂f/∂z|. (The poster prints the log-determinant with the
    opposite sign, which is the form for the inverse of f.) Each coupling scales and shifts one half of the
    dimensions, picked at random, by functions of the other half. The weights with the best validation likelihood
    are kept.

    References:
        | NICE: Non-linear Independent Components Estimation (Dinh et al., 2014)
        | Density estimation using Real NVP (Dinh et al., 2016)
        | Generative Latent Flow (Xiao et al., 2019)
        | Noise Regularization for Conditional Density Estimation (Rothfuss et al., 2019)

    Arguments:
        transforms: The number of couplings.
        hidden: The widths of the hidden layers of each coupling's network.
        noise_scale: The standard deviation of the noise on the training codes, in units of the codes' own: without it
            the flow narrows around single codes, and held-out ones soon get no density.
        learning_rate, weight_decay: Of AdamW.
    """

    has_density = has_noise_space = invertible = True
    least_dim = 2

    def __init__(
        self,
        dim: int,
        *,
        transforms: int = 12,
        hidden: tuple[int, ...] = (128, 128),
        noise_scale: float = 0.1,
        learning_rate: float = 4e-3,
        weight_decay: float = 0.1,
    ):
        if dim < self.least_dim:
            raise ValueError("a coupling flow splits its dimensions in two, so codes need at least two; take gmm")
        super().__init__(dim)
        self.flow = zuko.flows.NICE(dim, transforms=transforms, randmask=True, hidden_features=list(hidden))
        self.noise_scale, self.learning_rate, self.weight_decay = noise_scale, learning_rate, weight_decay

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        z = batch[0] + self.noise_scale * self.noise(*batch[0].shape)
        return -self.log_prob(z).mean()

    def players(self) -> dict[str, Player]:
        return {"model": Player(self.flow.parameters(), self.learning_rate, weight_decay=self.weight_decay)}

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns the negative log-likelihood in nats."""
        return -self.log_prob(batch[0]).mean()

    def from_noise(self, noise: Tensor) -> Tensor:
        return self.flow().transform.inv(noise)

    def to_noise(self, z: Tensor) -> Tensor:
        return self.flow().transform(z)

    def log_prob(self, z: Tensor) -> Tensor:
        return self.flow().log_prob(z) if len(z) else z.new_empty(0)  # PyTorch's sum cannot take no rows
