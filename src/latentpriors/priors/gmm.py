"""A mixture of Gaussians with full covariances."""

__all__ = ["GMM"]

import warnings
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from ..training import Budget
from .base import Prior

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture


class GMM(Prior):
    r"""Σ_k w_k N(m_k, S_k) by expectation maximization, scikit-learn's, from a k-means start.

    The number of components is the one of a list whose mixture has the best likelihood on the validation codes;
    numbers that exceed a tenth of the training codes are left out.

    References:
        | From Variational to Deterministic Autoencoders (Ghosh et al., 2020), where it is the ex-post prior

    Arguments:
        components: The numbers of components to choose from.
        regularization: Added to the covariances' diagonals, in units of the standardized codes' variance.
        iterations: The most steps of expectation maximization.
    """

    has_density = True

    def __init__(
        self,
        dim: int,
        *,
        components: tuple[int, ...] = (10, 30, 100),
        regularization: float = 1e-3,
        iterations: int = 100,
    ):
        super().__init__(dim)
        self.components, self.regularization, self.iterations = tuple(components), regularization, iterations
        self.register_buffer("weights", torch.ones(1))
        self.register_buffer("means", torch.zeros(1, dim))
        self.register_buffer("choleskys", torch.eye(dim)[None])

    def fit(self, codes: Tensor, validation: Tensor, budget: Budget) -> dict[str, float]:
        from sklearn.exceptions import ConvergenceWarning

        train, held_out = codes.double().cpu().numpy(), validation.double().cpu().numpy()
        possible = [K for K in self.components if len(train) >= 10 * K]
        if not possible:
            raise ValueError(
                f"{len(train)} codes are too few for a mixture of {min(self.components)} components, which takes "
                f"ten codes each: give a smaller number in priors.gmm.components"
            )
        best, best_nll = None, float("inf")
        for K in possible:
            mixture = self._mixture(K, budget.generator.initial_seed() % 2**32)
            with warnings.catch_warnings():
                # EM's last decimals do not matter here: the validation likelihood decides.
                warnings.simplefilter("ignore", ConvergenceWarning)
                mixture.fit(train)
            nll = -mixture.score(held_out)
            budget.log(K, {"train": -mixture.score(train), "validation": nll})
            if nll < best_nll:
                best, best_nll = mixture, nll
        self._copy(best)
        return {"components": best.n_components, "validation": best_nll}

    def draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        k = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        return self.means[k] + (self.choleskys[k] @ self.normal(n, generator)[:, :, None])[:, :, 0]

    def log_prob(self, z: Tensor) -> Tensor:
        parts = MultivariateNormal(self.means, scale_tril=self.choleskys)
        # In chunks: each code meets each component.
        joint = [parts.log_prob(chunk[:, None]) + self.weights.log() for chunk in z.split(1000)]
        return torch.cat(joint).logsumexp(dim=1)

    def _mixture(self, components: int, seed: int) -> "GaussianMixture":
        from sklearn.mixture import GaussianMixture

        return GaussianMixture(components, reg_covar=self.regularization, max_iter=self.iterations, random_state=seed)

    def _copy(self, mixture: "GaussianMixture") -> None:
        self.weights = torch.as_tensor(mixture.weights_).to(self.weights)
        self.means = torch.as_tensor(mixture.means_).to(self.means)
        self.choleskys = torch.linalg.cholesky(torch.as_tensor(mixture.covariances_)).to(self.choleskys)
