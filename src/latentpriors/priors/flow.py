"""An affine coupling flow: with a plain autoencoder's codes, FlowAE."""

__all__ = ["Flow"]

import zuko

from .base import NormalizingFlow


class Flow(NormalizingFlow):
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
        super().__init__(dim, noise_scale, learning_rate, weight_decay)
        self.flow = zuko.flows.NICE(dim, transforms=transforms, randmask=True, hidden_features=list(hidden))
