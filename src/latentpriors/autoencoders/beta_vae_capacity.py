"""The beta-VAE whose codes are given a capacity that grows over the run."""

__all__ = ["BetaVAECapacity"]

from .beta_vae import BetaVAE


class BetaVAECapacity(BetaVAE):
    r"""Minimizes E_q[−log p(x | z)] + β |KL(q(z | x) || N(0, I)) − C| with C that rises from 0 to `capacity` nats.

    A row beside the β-VAE, which has no capacity: how much the codes hold is set, not paid for. Where β is heavy beside
    the reconstruction, a KL of C is also met by posteriors that are far from N(0, I) and the same for all images.

    References:
        | Understanding disentangling in β-VAE (Burgess et al., 2018), whose γ is β here

    Arguments:
        beta: β, the weight of the KL divergence's distance from C.
        capacity: The last C; the paper's is 25.
    """

    def __init__(self, *args, beta: float = 2.0, capacity: float = 25.0, **kwargs):
        super().__init__(*args, beta=beta, capacity=capacity, **kwargs)
