"""A kernel density estimate."""

__all__ = ["KDE"]

import math

import torch
from scipy.optimize import minimize_scalar
from torch import Tensor

from ..training import Budget
from .base import Prior

ROWS = 200  # codes that meet all training codes at once: 80 MB for each 50,000 of those


class KDE(Prior):
    r"""p(z) = (1/N) Σ_i N(z; z_i, h² I), a Gaussian kernel around each training code.

    The bandwidth h has the best likelihood on the validation codes, by Brent's search over log h to one percent. A
    sample is a training code plus h times noise. Where validation codes repeat training codes, no h is too small and
    it ends at `least`; constant or repeated dimensions do no harm.

    References:
        | On Estimation of a Probability Density Function and Mode (Parzen, 1962)
        | Algorithms for Minimization without Derivatives (Brent, 1973)

    Arguments:
        least, most: Between which h is searched, in units of the standardized codes' standard deviation.
    """

    has_density = True

    def __init__(self, dim: int, *, least: float = 0.01, most: float = 2.0):
        if not 0 < least < most:
            raise ValueError(f"the bandwidth is searched between {least} and {most}: give 0 < least < most")
        super().__init__(dim)
        self.least, self.most = least, most
        self.register_buffer("kept", torch.zeros(1, dim))
        self.register_buffer("bandwidth", torch.tensor(1.0))

    def fit(self, codes: Tensor, validation: Tensor, budget: Budget) -> dict[str, float]:
        """Keeps the training codes (N, D) and chooses the bandwidth on the validation codes.

        Raises:
            ValueError: there are no training or no validation codes.
        """
        if not len(codes) or not len(validation):
            raise ValueError("kernels sit on training codes, their width needs validation codes: give some of both")
        self.kept, looks = codes.clone(), []

        def nll(log_h: float) -> float:
            self.bandwidth.fill_(math.exp(log_h))
            looks.append((-float(self.log_prob(validation).double().mean()), float(self.bandwidth)))
            budget.log(len(looks), {"validation": looks[-1][0], "bandwidth": looks[-1][1]})
            return looks[-1][0]

        bounds = math.log(self.least), math.log(self.most)
        minimize_scalar(nll, bounds=bounds, method="bounded", options={"xatol": 0.01})
        best, h = min(looks)
        self.bandwidth.fill_(h)
        return {"validation": best, "bandwidth": h}

    def draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        index = torch.randint(len(self.kept), (n,), generator=generator, device=self.kept.device)
        return self.kept[index] + self.bandwidth * self.normal(n, generator)

    def log_prob(self, z: Tensor) -> Tensor:
        """Returns the log-density in nats, (n,), of codes (n, D): in chunks, since each meets every training code."""
        centers, h = self.kept.double(), float(self.bandwidth)
        norms = centers.square().sum(1)
        constant = math.log(len(centers)) + self.dim * (math.log(h) + 0.5 * math.log(2 * math.pi))
        return torch.cat([_log_sum(rows.double(), centers, norms, h) - constant for rows in z.split(ROWS)]).to(z)


def _log_sum(z: Tensor, centers: Tensor, norms: Tensor, h: float) -> Tensor:
    """log Σ_i exp(−|z − z_i|² / 2h²) of each row, in float64; the square is expanded, and |z|² joins at the end."""
    exponents = torch.addmm(norms / (-2 * h**2), z, centers.T, alpha=1 / h**2)
    largest = exponents.amax(1, keepdim=True)
    sums = exponents.sub_(largest).exp_().sum(1)
    return sums.log() + largest[:, 0] - z.square().sum(1) / (2 * h**2)
