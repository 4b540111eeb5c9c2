"""What flows fitted by maximum likelihood share, whatever their map from codes to noise is."""

__all__ = ["NormalizingFlow"]

import zuko
from torch import Tensor

from ...training import Budget, Player
from .prior import Prior


class NormalizingFlow(Prior):
    r"""A normalizing flow f from codes to noise, by maximum likelihood; a method builds its `flow`.

    Minimizes −log p(z) = −log N(f(z); 0, I) − log |det ∂f/∂z| on codes with a little noise. That noise is also what
    a constant dimension, or one that repeats another, is fitted to: without it their likelihood has no bound. The
    weights with the best validation likelihood are kept.

    References:
        | Normalizing Flows for Probabilistic Modeling and Inference (Papamakarios et al., 2021)
        | Noise Regularization for Conditional Density Estimation (Rothfuss et al., 2019)

    Arguments:
        dim: D, the dimension of the codes.
        noise_scale: The standard deviation of the noise on the training codes, in units of the codes' own.
        learning_rate, weight_decay: Of AdamW.

    Raises:
        ValueError: codes have fewer dimensions than the flow needs.
    """

    has_density = has_noise_space = invertible = True

    flow: zuko.lazy.Flow

    def __init__(self, dim: int, noise_scale: float, learning_rate: float, weight_decay: float):
        if dim < self.least_dim:
            name = type(self).__name__.lower()
            raise ValueError(f"{name} makes one dimension depend on others, so codes need at least two; take gmm")
        super().__init__(dim)
        self.noise_scale, self.learning_rate, self.weight_decay = noise_scale, learning_rate, weight_decay

    def fit(self, codes: Tensor, validation: Tensor, budget: Budget) -> dict[str, float]:
        """Fits the flow to training codes (N, D); few of them are taken as one batch.

        Raises:
            ValueError: there are no training or no validation codes.
        """
        if not len(codes) or not len(validation):
            raise ValueError("a flow is fitted to training codes and chosen on validation codes: give some of both")
        return super().fit(codes, validation, budget)

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
