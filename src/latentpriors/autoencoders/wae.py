"""The Wasserstein autoencoder with a maximum mean discrepancy."""

__all__ = ["WAE", "mmd"]

from torch import Tensor

from .base import Autoencoder, bernoulli_cross_entropy

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # the authors'


class WAE(Autoencoder):
    r"""Minimizes reconstruction + λ MMD²(codes, N(0, I)), with a deterministic encoder. The native prior is N(0, I).

    The reconstruction is the Bernoulli cross-entropy summed over pixels, in nats. MMD² is a number without unit,
    about 3 for codes that are far from the prior, and λ says how many nats an image it may cost.

    References:
        | Wasserstein Auto-Encoders (Tolstikhin et al., 2018)

    Arguments:
        discrepancy: λ, in nats for each unit of MMD².
    """

    def __init__(self, *args, discrepancy: float = 30.0, **kwargs):
        super().__init__(*args, **kwargs)
        self.discrepancy = discrepancy

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.validation(batch)

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns reconstruction + λ MMD² in nats."""
        x = batch[0]
        z = self.codes(x).float()
        loss = bernoulli_cross_entropy(x, self.decoder(z)).mean()
        return loss + self.discrepancy * mmd(z, self.noise(*z.shape)) if len(z) > 1 else loss


def mmd(z: Tensor, e: Tensor) -> Tensor:
    r"""Returns the unbiased estimate of MMD² between codes (N, D) and a sample of N(0, I), (M, D); N, M at least 2.

    The kernel is Σ_s s C / (s C + |z − e|²) over scales s, with C = 2 D, the mean squared distance of two draws of the
    prior. For codes from the prior its expectation is 0, so that it is negative half of the time.

    References:
        | A Kernel Two-Sample Test (Gretton et al., 2012)
    """
    if min(len(z), len(e)) < 2:
        raise ValueError(f"the MMD of {len(z)} and {len(e)} codes has no pairs; give at least two of each")
    return _mean_of_pairs(z) + _mean_of_pairs(e) - 2 * _kernel(z, e).mean()


def _mean_of_pairs(z: Tensor) -> Tensor:
    """The mean of the kernel over pairs of different rows."""
    N = len(z)
    # The diagonal is what the kernel gives for a distance of zero, one for each scale; rounding may miss that zero.
    return (_kernel(z, z).fill_diagonal_(0)).sum() / (N * (N - 1))


def _kernel(a: Tensor, b: Tensor) -> Tensor:
    squares = (a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T).clamp(min=0)
    C = 2 * a.shape[1]
    return sum(s * C / (s * C + squares) for s in SCALES)
