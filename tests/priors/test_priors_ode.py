"""The ODE code against closed forms, and the two priors that an ODE makes of noise."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal

from latentpriors.metrics import sliced_wasserstein
from latentpriors.networks import ode
from latentpriors.networks.timed import TimedMLP
from latentpriors.priors.diffusion import Diffusion
from latentpriors.priors.flow_matching import FlowMatching
from latentpriors.training import Budget, TrainingDiverged

BOTH = pytest.mark.parametrize("make", [Diffusion, FlowMatching])


def budget(steps: int, batch_size: int = 256) -> Budget:
    return Budget(steps, batch_size, torch.Generator().manual_seed(0), evaluations=5)


def mixture(n: int, seed: int) -> torch.Tensor:
    """Four round clusters in the plane, one at each corner of a square."""
    generator = torch.Generator().manual_seed(seed)
    corners = torch.randint(2, (n, 2), generator=generator) * 2.0 - 1
    return corners + 0.25 * torch.randn(n, 2, generator=generator)


@pytest.fixture(scope="module", params=[Diffusion, FlowMatching])
def fitted(request: pytest.FixtureRequest):
    torch.manual_seed(0)
    prior = request.param(2, hidden=64, blocks=2, learning_rate=5e-3)
    prior.fit(mixture(5000, 0), mixture(1000, 1), budget(1200))
    return prior


@pytest.mark.parametrize(("solver", "order"), [("heun", 2), ("rk4", 4)])
def test_solver_has_its_order(solver: str, order: int) -> None:
    """dz/dt = −2 t z from z = 1 ends at exp(−4)."""
    start, errors = torch.ones(1, 1, dtype=torch.float64), []
    for steps in (64, 128):
        end = ode.solve(lambda t, z: -2 * t * z, start, torch.linspace(0, 2, steps + 1, dtype=torch.float64), solver)
        errors.append(abs(float(end) - math.exp(-4)))
    assert math.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.3)


def test_unknown_solver_is_refused() -> None:
    with pytest.raises(ValueError, match="choose from heun, rk4"):
        ode.solve(lambda t, z: z, torch.ones(1, 1), torch.linspace(0, 1, 3), "euler")


def test_likelihood_of_a_linear_field_is_that_of_a_gaussian() -> None:
    """dz/dt = A z maps z to exp(A) z: standard normal ends mean N(0, exp(−A) exp(−A)ᵀ) at the start."""
    A = 0.5 * torch.randn(5, 5, dtype=torch.float64)
    z = torch.randn(300, 5, dtype=torch.float64)
    found = ode.log_likelihood(lambda t, x: x @ A.T, z, 0, 1, 16)
    root = torch.linalg.matrix_exp(-A)
    truth = MultivariateNormal(torch.zeros(5, dtype=torch.float64), root @ root.T).log_prob(z)
    assert torch.allclose(found, truth, atol=1e-5)


def test_divergence_is_the_trace_of_the_jacobian() -> None:
    network = TimedMLP(4, 16, 2).double()
    torch.nn.init.normal_(network.outputs.weight)
    z, t = torch.randn(6, 4, dtype=torch.float64), torch.tensor(0.3, dtype=torch.float64)
    with torch.no_grad():  # as in evaluations
        traces = ode.divergence(lambda x: network(x, t), z)
    for point, trace in zip(z, traces, strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda x: network(x[None], t)[0], point)
        assert torch.allclose(trace, jacobian.trace())


def test_one_time_for_all_is_the_same_time_for_each() -> None:
    network = TimedMLP(3, 16, 2)
    torch.nn.init.normal_(network.outputs.weight)
    z = torch.randn(5, 3)
    assert torch.allclose(network(z, torch.tensor(0.7)), network(z, torch.full((5,), 0.7)), atol=1e-6)
    assert not torch.allclose(network(z, torch.tensor(0.7)), network(z, torch.tensor(0.1)), atol=1e-3)


def test_spread_times_are_one_in_each_part(generator: torch.Generator) -> None:
    times = torch.stack([ode.spread_times(10, generator, torch.device("cpu")) for _ in range(500)])
    assert torch.equal((times * 10).floor(), torch.arange(10.0).expand(500, 10))
    assert float((times[:, 0] * 10).mean()) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("sigma", [0.01, 0.5, 1.0, 20.0])
def test_preconditioning_alone_is_the_best_denoiser_of_a_standard_normal(sigma: float) -> None:
    """The network starts as zero, and E[z | z + σ e] = (z + σ e) / (1 + σ²) for z ~ N(0, I)."""
    noisy = 3 * torch.randn(50, 4)
    denoised = Diffusion(4).denoise(noisy, torch.full((50,), sigma))
    assert torch.allclose(denoised, noisy / (1 + sigma**2), atol=1e-5)


def test_untrained_diffusion_is_a_standard_normal() -> None:
    z = torch.randn(50, 4)
    expected = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1)
    assert torch.allclose(Diffusion(4).log_prob(z), expected, atol=0.02)


def test_diffusion_loss_is_the_weighted_denoising_error() -> None:
    """λ(σ) |D(z + σ e; σ) − z|² with λ = (1 + σ²) / σ² of unit-variance data."""
    prior = Diffusion(3, hidden=16)
    torch.nn.init.normal_(prior.network.outputs.weight)
    z, level = torch.randn(200, 3), torch.rand(200) * 0.98 + 0.01
    prior.generator, sigma = torch.Generator().manual_seed(3), prior.sigma(level)
    noise = torch.randn(200, 3, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        loss = prior.denoising_loss(z, level)
        error = (prior.denoise(z + sigma[:, None] * noise, sigma) - z).square().mean(1)
    assert float(loss) == pytest.approx(float(((1 + sigma**2) / sigma**2 * error).mean()), rel=1e-3)


def test_samples_recover_a_mixture(fitted) -> None:
    held_out, noise = mixture(4000, 2), torch.Generator().manual_seed(0)
    untrained = sliced_wasserstein(type(fitted)(2).sample(4000, noise), held_out)
    assert sliced_wasserstein(fitted.sample(4000, noise), held_out) < 0.08 < 0.5 * untrained


def test_density_integrates_to_one_and_is_near_the_truth(fitted) -> None:
    side = torch.arange(-2.5, 2.5, 0.06) + 0.03
    z = torch.cartesian_prod(side, side)
    with torch.no_grad():
        log_prob = fitted.log_prob(z)
    assert float(log_prob.double().exp().sum() * 0.06**2) == pytest.approx(1, abs=0.01)
    corners = torch.cartesian_prod(torch.tensor([-1.0, 1.0]), torch.tensor([-1.0, 1.0]))
    parts = MultivariateNormal(corners, 0.25**2 * torch.eye(2))
    test = mixture(2000, 3)
    truth = (parts.log_prob(test[:, None]) - math.log(4)).logsumexp(1)
    with torch.no_grad():
        assert float((truth - fitted.log_prob(test)).mean()) == pytest.approx(0, abs=0.1)


def test_noise_is_found_again(fitted) -> None:
    noise = torch.randn(500, 2)
    with torch.no_grad():
        assert torch.allclose(fitted.to_noise(fitted.from_noise(noise)), noise, atol=0.02)
        z = mixture(500, 4)
        assert torch.allclose(fitted.from_noise(fitted.to_noise(z)), z, atol=0.02)
        found = fitted.to_noise(z)
    assert found.mean(0).abs().max() < 0.15
    assert (found.std(0) - 1).abs().max() < 0.15


def test_more_nodes_change_nothing(fitted) -> None:
    """The density is that of the ODE, not of the rule that integrates it."""
    z, nodes = mixture(500, 5), fitted.nodes
    with torch.no_grad():
        coarse = fitted.log_prob(z)
        fitted.nodes = 4 * nodes
        fine = fitted.log_prob(z)
        fitted.nodes = nodes
    assert float((coarse - fine).mean()) == pytest.approx(0, abs=0.01)


@BOTH
def test_likelihood_of_a_known_gaussian_within_a_tenth_of_a_nat(make) -> None:
    D = 16
    scales = torch.linspace(0.3, 1.6, D)
    rotation = torch.linalg.qr(torch.randn(D, D))[0]
    truth = MultivariateNormal(torch.zeros(D), scale_tril=torch.linalg.cholesky((rotation * scales**2) @ rotation.T))
    prior = make(D, hidden=64, blocks=2, learning_rate=5e-3)
    prior.fit(truth.sample((20_000,)), truth.sample((1000,)), budget(1200))
    test = truth.sample((1000,))
    with torch.no_grad():
        assert float((truth.log_prob(test) - prior.log_prob(test)).mean()) == pytest.approx(0, abs=0.1)


@BOTH
def test_codes_of_one_dimension(make) -> None:
    prior = make(1, hidden=32, blocks=2)
    codes = torch.cat([torch.randn(2000, 1) * 0.2 - 1, torch.randn(2000, 1) * 0.2 + 1])
    prior.fit(codes, codes[::4], budget(400))
    drawn = prior.sample(2000, torch.Generator().manual_seed(0))
    assert float((drawn > 0).float().mean()) == pytest.approx(0.5, abs=0.07)
    assert float(drawn.abs().mean()) == pytest.approx(1, abs=0.1)
    grid = torch.arange(-4, 4, 0.02)[:, None]
    with torch.no_grad():
        assert float(prior.log_prob(grid).double().exp().sum() * 0.02) == pytest.approx(1, abs=0.01)


@BOTH
def test_evaluations_are_counted(make) -> None:
    prior, calls = make(2, hidden=8, blocks=1), []
    prior.network.register_forward_hook(lambda *_: calls.append(1))
    prior.sample(5, torch.Generator().manual_seed(0))
    assert len(calls) == prior.evaluations


@BOTH
def test_a_diverging_training_stops(make) -> None:
    prior = make(2, hidden=16, blocks=1, learning_rate=1e30)
    with pytest.raises(TrainingDiverged):
        prior.fit(mixture(500, 0), mixture(100, 1), budget(100))
