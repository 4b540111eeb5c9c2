"""The mathematics of the priors, against closed forms and known densities."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal

from latentpriors.priors.base import Standardization
from latentpriors.priors.flow import Flow
from latentpriors.priors.gan import GAN
from latentpriors.priors.gaussian import Gaussian
from latentpriors.priors.gmm import GMM
from latentpriors.priors.native import Native
from latentpriors.priors.reconstruction import Reconstruction
from latentpriors.priors.wgan import WGAN, gradient_penalty
from latentpriors.training import Budget


def budget(steps: int, batch_size: int = 256) -> Budget:
    return Budget(steps, batch_size, torch.Generator().manual_seed(0))


def rings(n: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    angle = 2 * math.pi * torch.rand(n, generator=generator)
    radius = 1 + torch.randint(2, (n,), generator=generator) + 0.1 * torch.randn(n, generator=generator)
    return torch.stack([radius * angle.cos(), radius * angle.sin()], 1)


def integral(prior) -> float:
    """Of exp(log_prob) over a square of the plane, by the midpoint rule."""
    side = torch.arange(-6, 6, 0.03) + 0.015
    z = torch.cartesian_prod(side, side)
    with torch.no_grad():
        return float(prior.log_prob(z).double().exp().sum() * 0.03**2)


@pytest.mark.parametrize("make", [Gaussian, GMM, lambda dim: Flow(dim, transforms=4, hidden=[32])])
def test_densities_integrate_to_one(make) -> None:
    prior = make(2)
    prior.fit(rings(2000, 0), rings(500, 1), budget(200))
    assert integral(prior.eval()) == pytest.approx(1, abs=5e-3)


def test_native_density_integrates_to_one() -> None:
    assert integral(Native(2)) == pytest.approx(1, abs=1e-4)


def test_flow_inverts_and_its_density_agrees_with_the_jacobian(generator: torch.Generator) -> None:
    flow = Flow(4, transforms=5, hidden=[16]).double()
    z = torch.randn(6, 4, dtype=torch.float64)
    transform = flow.flow().transform
    e = transform(z)
    assert torch.allclose(transform.inv(e), z, atol=1e-9)
    for point, noise, log_prob in zip(z, e, flow.log_prob(z), strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda x: transform(x[None])[0], point)
        base = -0.5 * (noise**2 + math.log(2 * math.pi)).sum()
        assert torch.allclose(base + torch.linalg.slogdet(jacobian)[1], log_prob)


def test_flow_learns_a_gaussian_to_its_entropy() -> None:
    cov = torch.tensor([[1.0, 0.8], [0.8, 1.0]])
    truth = MultivariateNormal(torch.zeros(2), cov)
    flow = Flow(2, transforms=4, hidden=[32])
    flow.fit(truth.sample((5000,)), truth.sample((1000,)), budget(600))
    test = truth.sample((5000,))
    with torch.no_grad():
        assert (truth.log_prob(test) - flow.log_prob(test)).mean() < 0.05


def test_flow_needs_two_dimensions() -> None:
    with pytest.raises(ValueError, match="at least two"):
        Flow(1)


@pytest.mark.parametrize("D", [1, 5])
def test_gaussian_has_the_codes_moments(D: int) -> None:
    z = torch.randn(500, D) @ torch.randn(D, D) + 3
    prior = Gaussian(D)
    prior.fit(z, z, budget(1))
    drawn = prior.sample(200_000, torch.Generator().manual_seed(0))
    assert torch.allclose(drawn.mean(0), z.mean(0), atol=0.03 * float(z.std()))
    assert torch.allclose(drawn.T.cov(), z.T.cov(correction=0), atol=0.03 * float(z.var()))
    expected = MultivariateNormal(z.mean(0), z.T.cov(correction=0).reshape(D, D)).log_prob(z)
    assert torch.allclose(prior.log_prob(z), expected, atol=1e-2)


def test_gmm_finds_the_number_of_clusters_and_agrees_with_scikit_learn() -> None:
    centers = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])

    def data(n: int) -> torch.Tensor:
        return centers[torch.randint(3, (n,))] + 0.5 * torch.randn(n, 2)

    prior = GMM(2, components=(1, 3))
    figures = prior.fit(data(600), data(300), budget(1))
    assert figures["components"] == 3
    assert sorted(prior.means.sum(1).round().tolist()) == [0, 10, 10]
    drawn = prior.sample(3000, torch.Generator().manual_seed(0))
    assert torch.cdist(drawn, centers).min(1).values.mean() == pytest.approx(0.5 * math.sqrt(math.pi / 2), abs=0.03)
    mixture = prior._mixture(3, 0)
    z = data(600).double().numpy()
    mixture.fit(z)
    prior._copy(mixture)
    assert torch.allclose(
        prior.log_prob(torch.tensor(z).float()), torch.tensor(mixture.score_samples(z)).float(), atol=1e-3
    )


def test_gmm_with_too_few_codes_is_refused() -> None:
    with pytest.raises(ValueError, match=r"15 codes are too few .* priors.gmm.components"):
        GMM(2, components=(10, 30)).fit(torch.randn(15, 2), torch.randn(15, 2), budget(1))


def test_penalty_is_zero_for_a_linear_critic_of_slope_one() -> None:
    w = torch.tensor([0.6, 0.8, 0.0])
    assert gradient_penalty(lambda u: u @ w, torch.randn(50, 3)).item() == pytest.approx(0, abs=1e-10)
    assert gradient_penalty(lambda u: 3 * u @ w, torch.randn(50, 3)).item() == pytest.approx(4)


def test_critic_of_two_shifted_gaussians_reaches_their_wasserstein_distance() -> None:
    """With the generator held still at N(0, I) and codes around (3, 0), the critic's gain is their distance, 3."""
    prior = WGAN(2, hidden=[32, 32], critic_learning_rate=1e-2, penalty=10.0)
    prior.turns = ("critic",)
    prior.generate = torch.nn.Identity()
    gains = []
    z = torch.randn(4000, 2) + torch.tensor([3.0, 0.0])
    players = {"critic": prior.players()["critic"]}
    prior.players = lambda: players
    prior.fit(z, z, Budget(500, 256, torch.Generator().manual_seed(0), log=lambda step, f: gains.append(f["critic"])))
    assert -gains[-1] == pytest.approx(3, abs=0.3)


def test_wgan_learns_a_shifted_gaussian() -> None:
    prior = WGAN(2, hidden=[32, 32], learning_rate=5e-4, critic_learning_rate=5e-3)
    prior.fit(torch.randn(4000, 2) * torch.tensor([1.0, 0.3]), torch.randn(10, 2), budget(2000, 128))
    drawn = prior.sample(5000, torch.Generator().manual_seed(0))
    assert drawn.mean(0).abs().max() < 0.15
    assert drawn.std(0).tolist() == pytest.approx([1, 0.3], abs=0.15)


def test_reconstruction_draws_each_held_out_code_once() -> None:
    prior = Reconstruction(2)
    held_out = torch.randn(30, 2)
    prior.fit(torch.randn(50, 2), held_out, budget(1))
    drawn = prior.sample(30, torch.Generator().manual_seed(0))
    assert torch.equal(drawn.sort(0).values, held_out.sort(0).values)


def test_standardization() -> None:
    z = torch.randn(1000, 3) * torch.tensor([1.0, 100.0, 0.0]) + 5
    scaling = Standardization.of(z)
    assert scaling(z).mean(0).abs().max() < 1e-3
    assert scaling(z).std(0)[:2].tolist() == pytest.approx([1, 1], abs=1e-3)
    assert torch.allclose(scaling.inverse(scaling(z)), z, atol=1e-4)
    # A density moves by the log of the volume: check on a Gaussian of the raw codes.
    normal = torch.distributions.Normal(scaling.mean, scaling.scale)
    standard = torch.distributions.Normal(0.0, 1.0).log_prob(scaling(z)).sum(1)
    assert torch.allclose(scaling.log_prob(standard), normal.log_prob(z).sum(1), atol=1e-3)
    assert torch.isfinite(Standardization.of(torch.ones(10, 2))(torch.ones(10, 2))).all()


def test_gan_learns_a_shifted_gaussian_until_its_critic_cannot_tell() -> None:
    torch.manual_seed(0)
    prior, z = GAN(2, hidden=(32, 32)), 0.5 * torch.randn(4000, 2) + torch.tensor([1.0, -1.0])
    prior.fit(z, z[:100], Budget(1500, 256, torch.Generator().manual_seed(0)))
    drawn = prior.sample(4000, torch.Generator().manual_seed(1))
    assert torch.allclose(drawn.mean(0), z.mean(0), atol=0.1)
    assert torch.allclose(drawn.std(0), z.std(0), atol=0.1)
    assert float(prior.judged(z).detach().abs().mean()) < 0.5  # it cannot tell codes from these


def test_gan_with_classes_draws_all_equally_often_and_is_not_fitted_to_codes_alone() -> None:
    prior = GAN(2, hidden=(8,), classes=4)
    with torch.no_grad():  # a code that is its class, in place of its noise
        prior.generator_network = torch.nn.Linear(6, 2, bias=False)
        prior.generator_network.weight.copy_(torch.tensor([[-1.0, 0, 0, 1, 2, 3], [0.0, 0, 0, 0, 0, 0]]))
    drawn = prior.sample(8000, torch.Generator().manual_seed(0))
    assert torch.allclose(drawn[:, 0].round().long().bincount() / 8000, torch.full((4,), 0.25), atol=0.02)
    assert drawn[:, 1].std() == pytest.approx(1, abs=0.05)
    with pytest.raises(NotImplementedError, match="GAN is no map of noise"):
        prior.from_noise(torch.zeros(1, 2))
    with pytest.raises(ValueError, match="classes is 4: codes come without theirs"):
        prior.fit(torch.zeros(9, 2), torch.zeros(9, 2), Budget(1, 4, torch.Generator()))
