"""The bound by importance sampling against the closed form of a linear-Gaussian model, and its terms."""

import itertools
import math

import pytest
import torch
from torch.distributions import Independent, MultivariateNormal, Normal

from latentpriors.metrics.bounds import elbo_terms, gaussian_entropy, gaussian_samples, iwae_bound

N, D, P, NOISE = 6, 2, 3, 0.5


class Linear:
    """z ~ N(0, I), x | z ~ N(W z, NOISE² I), so that x ~ N(0, W Wᵀ + NOISE² I); q(z | x) is wider than exact."""

    def __init__(self, widening: float = 1.3):
        self.W = torch.randn(P, D)
        precision = torch.eye(D) + self.W.T @ self.W / NOISE**2
        self.covariance = widening * precision.inverse()
        self.gain = precision.inverse() @ self.W.T / NOISE**2
        self.largest = 0

    def likelihood(self, x: torch.Tensor) -> torch.Tensor:
        covariance = self.W @ self.W.T + NOISE**2 * torch.eye(P)
        return MultivariateNormal(torch.zeros(P).double(), covariance.double()).log_prob(x.double())

    def posterior(self, x: torch.Tensor) -> MultivariateNormal:
        return MultivariateNormal(x @ self.gain.T, self.covariance)

    def sample_q(self, x: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
        q = self.posterior(x)
        z = q.sample((k,))
        return z, q.log_prob(z)

    def log_p_x_given_z(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        self.largest = max(self.largest, len(x))
        return Independent(Normal(z @ self.W.T, NOISE), 1).log_prob(x)

    @staticmethod
    def log_prior(z: torch.Tensor) -> torch.Tensor:
        return Independent(Normal(torch.zeros_like(z), 1.0), 1).log_prob(z)

    def bound(self, x: torch.Tensor, samples: int, chunk: int = 10_000) -> torch.Tensor:
        return iwae_bound(self.log_p_x_given_z, self.sample_q, self.log_prior, x, samples, chunk)


def test_bound_tends_to_the_closed_form_likelihood() -> None:
    model, x = Linear(), 2 * torch.randn(N, P)
    found = model.bound(x, 50_000, 20_000)
    assert found.shape == (N,)
    assert found.dtype == torch.float64
    assert torch.allclose(found, model.likelihood(x), atol=0.02)


def test_bound_is_exact_with_the_exact_posterior() -> None:
    model, x = Linear(widening=1.0), torch.randn(N, P)
    for samples in (1, 7):
        assert torch.allclose(model.bound(x, samples), model.likelihood(x), atol=1e-4)


def test_bound_rises_with_the_samples_and_starts_at_the_elbo() -> None:
    model, x = Linear(widening=4.0), torch.randn(1, P)
    draws = x.expand(4000, P)
    means = [float(model.bound(draws, samples).mean()) for samples in (1, 2, 5, 20)]
    exact, q = float(model.likelihood(x)), model.posterior(x)
    assert all(b - a > 0.02 for a, b in itertools.pairwise(means))
    assert means[-1] < exact + 0.01
    # ELBO = log p(x) − KL(q || p(z | x)), and here both are Gaussians with one mean: D/2 (w − 1 − log w).
    gap = torch.distributions.kl_divergence(q, MultivariateNormal(q.mean, q.covariance_matrix / 4))
    assert float(gap) == pytest.approx(0.5 * D * (4 - 1 - math.log(4)), abs=1e-4)
    assert means[0] == pytest.approx(exact - float(gap), abs=0.15)


@pytest.mark.parametrize(("samples", "chunk"), [(10, 3), (10, 10), (10, 25), (10, 1), (1, 4)])
def test_bound_holds_no_more_than_a_chunk(samples: int, chunk: int) -> None:
    model, x = Linear(widening=1.0), torch.randn(N, P)
    assert torch.allclose(model.bound(x, samples, chunk), model.likelihood(x), atol=1e-4)
    assert model.largest <= chunk


def test_bound_weighs_the_samples_of_one_image_only() -> None:
    """Images that differ in likelihood by thousands of nats do not mix, and none underflows."""
    model = Linear(widening=1.0)
    x = torch.tensor([[0.0] * P, [60.0] * P])
    found = model.bound(x, 30, 12)
    assert torch.allclose(found, model.likelihood(x), rtol=1e-4)
    assert found[1] < found[0] - 1000


def test_bound_of_no_images_is_empty() -> None:
    assert Linear().bound(torch.zeros(0, P), 5).shape == (0,)


@pytest.mark.parametrize(("samples", "chunk"), [(0, 10), (5, 0)])
def test_bound_needs_samples(samples: int, chunk: int) -> None:
    with pytest.raises(ValueError, match=r"(samples|chunk) is 0; a whole number of at least 1"):
        Linear().bound(torch.zeros(2, P), samples, chunk)


def test_gaussian_pieces_agree_with_torch() -> None:
    mean, scale, noise = torch.randn(N, D), torch.rand(N, D) + 0.1, torch.randn(4, N, D)
    q = Independent(Normal(mean, scale), 1)
    z, log_q = gaussian_samples(mean, scale, noise)
    assert torch.allclose(z, mean + scale * noise)
    assert torch.allclose(log_q, q.log_prob(z), atol=1e-5)
    assert torch.allclose(gaussian_entropy(scale), q.entropy(), atol=1e-5)
    terms = elbo_terms(torch.tensor([70.0]), torch.tensor([-5.0]), torch.tensor([25.0]))
    assert {key: float(value) for key, value in terms.items()} == {
        "reconstruction": 70, "kl": 30, "nll": 25, "entropy": -5,
    }  # fmt: skip
