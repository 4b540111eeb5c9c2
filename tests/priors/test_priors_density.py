"""The mathematics of the density priors, against closed forms, autograd and scikit-learn."""

import math

import numpy as np
import pytest
import torch
import zuko
from scipy.special import logsumexp
from sklearn.neighbors import KernelDensity
from torch.distributions import Independent, MultivariateNormal, Normal
from torch.func import jacrev, vmap

from latentpriors.networks.couplings import couplings
from latentpriors.priors.bootstrap import Bootstrap
from latentpriors.priors.flow import Flow
from latentpriors.priors.gaussian import Gaussian
from latentpriors.priors.gaussian_diag import GaussianDiag
from latentpriors.priors.glf_flow import GLFFlow
from latentpriors.priors.kde import KDE
from latentpriors.priors.maf import MAF
from latentpriors.priors.nsf import NSF
from latentpriors.priors.planar import Planar, PlanarTransform
from latentpriors.training import Budget

SMALL = {
    MAF: {"transforms": 2, "hidden": [32]},
    NSF: {"transforms": 3, "hidden": [16], "bins": 4},
    GLFFlow: {"hidden": [32]},
    Planar: {"transforms": 8},
}
FLOWS = list(SMALL)
STEP = 0.05  # of the grid for integrals over the plane
DENSITIES = [GaussianDiag, KDE, *FLOWS]


def make(cls: type, dim: int, **changed):
    return cls(dim, **SMALL.get(cls, {}) | changed)


def budget(steps: int, batch_size: int = 256) -> Budget:
    return Budget(steps, batch_size, torch.Generator().manual_seed(0))


def rings(n: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    angle = 2 * math.pi * torch.rand(n, generator=generator)
    radius = 1 + torch.randint(2, (n,), generator=generator) + 0.1 * torch.randn(n, generator=generator)
    return torch.stack([radius * angle.cos(), radius * angle.sin()], 1)


@torch.no_grad()
def on_grid(prior) -> torch.Tensor:
    """The log-density at the centres of squares that cover the plane as far as there is any."""
    side = torch.arange(-6, 6, STEP) + STEP / 2
    return prior.log_prob(torch.cartesian_prod(side, side)).double()


@torch.no_grad()
def excess(prior, truth, n: int = 5000) -> float:
    """The nats by which a prior's NLL on new codes is above the truth's: their Kullback-Leibler divergence."""
    z = truth.sample((n,))
    return float((truth.log_prob(z) - prior.eval().log_prob(z)).double().mean())


@pytest.mark.parametrize("cls", DENSITIES)
def test_densities_integrate_to_one(cls: type) -> None:
    prior = make(cls, 2)
    prior.fit(rings(2000, 0), rings(500, 1), budget(200))
    log_p = on_grid(prior.eval())
    assert float(log_p.exp().sum() * STEP**2) == pytest.approx(1, abs=5e-3)


@pytest.mark.parametrize("cls", FLOWS)
def test_flows_invert_and_their_density_agrees_with_the_jacobian(cls: type) -> None:
    prior = make(cls, 4)
    # GLF's four networks multiply each other's scales: at 0.3 noise reaches 1e18, which no number format inverts.
    spread = 0.2 if cls is GLFFlow else 0.3
    with torch.no_grad():  # far from the identity, where a wrong formula would not show
        for parameter in prior.parameters():
            parameter.add_(spread * torch.randn_like(parameter))
    prior = prior.double()
    z = 2 * torch.randn(20, 4, dtype=torch.float64)
    e = prior.to_noise(z)
    assert not torch.allclose(e, z, atol=0.1)
    assert torch.allclose(prior.from_noise(e), z, atol=1e-7)
    jacobians = torch.stack(
        [torch.autograd.functional.jacobian(lambda x: prior.to_noise(x[None])[0], row) for row in z]
    )
    expected = Normal(0.0, 1.0).log_prob(e).sum(1) + torch.linalg.slogdet(jacobians)[1]
    assert torch.allclose(prior.log_prob(z), expected, atol=1e-8)


@pytest.mark.parametrize("cls", FLOWS)
def test_flows_reach_every_parameter(cls: type) -> None:
    prior = make(cls, 4)
    prior.noise_scale = 0.0
    prior((torch.randn(64, 4),), "model").backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in prior.parameters())
    assert sum(float(p.grad.abs().sum()) > 0 for p in prior.parameters()) == len(list(prior.parameters()))


@pytest.mark.parametrize("cls", FLOWS)
def test_samples_of_flows_have_the_density(cls: type) -> None:
    """The mean of −log p over samples is the entropy, which an integral over the plane gives too."""
    prior = make(cls, 2)
    prior.fit(rings(2000, 0), rings(500, 1), budget(200))
    log_p = on_grid(prior.eval())
    with torch.no_grad():
        drawn = -prior.log_prob(prior.sample(20_000, torch.Generator().manual_seed(0))).double().mean()
    assert float(drawn) == pytest.approx(float(-(log_p.exp() * log_p).sum() * STEP**2), abs=0.04)


def wide_gaussian(D: int) -> MultivariateNormal:
    """A Gaussian with unit variances and a largest eigenvalue of about 30 times the least."""
    A = torch.randn(D, D, generator=torch.Generator().manual_seed(3))
    S = A @ A.T + 2 * torch.eye(D)
    return MultivariateNormal(torch.zeros(D), S / (S.diag()[:, None] * S.diag()).sqrt())


def test_gaussian_in_16_dimensions_is_found_to_a_hundredth_of_a_nat() -> None:
    truth, prior = wide_gaussian(16), Gaussian(16)
    prior.fit(truth.sample((20_000,)), truth.sample((1000,)), budget(1))
    assert excess(prior, truth) < 0.02


@pytest.mark.parametrize("cls", [MAF, GLFFlow])
def test_flows_find_a_gaussian_in_16_dimensions(cls: type) -> None:
    truth, prior = wide_gaussian(16), make(cls, 16, noise_scale=0.01, weight_decay=0.0, learning_rate=1e-2)
    assert excess(prior, truth) > 1
    prior.fit(truth.sample((20_000,)), truth.sample((2000,)), budget(500))
    assert excess(prior, truth, 20_000) < 0.1


def test_gaussian_diag_has_the_codes_moments() -> None:
    truth = Independent(Normal(torch.linspace(-3, 3, 16), torch.logspace(-1, 1, 16)), 1)
    prior, z = GaussianDiag(16), truth.sample((20_000,))
    prior.fit(z, z[:10], budget(1))
    assert excess(prior, truth) < 0.02
    assert torch.allclose(prior.mean, z.mean(0), atol=1e-4)
    assert torch.allclose(prior.scale, z.std(0), rtol=1e-3)
    drawn = prior.sample(100_000, torch.Generator().manual_seed(0))
    assert torch.allclose(drawn.std(0), truth.stddev, rtol=0.03)
    assert torch.allclose(prior.from_noise(prior.to_noise(z)), z, atol=1e-4)


def test_gaussian_diag_ignores_correlation_at_its_known_price() -> None:
    """With unit variances and correlation r the divergence is −½ log(1 − r²)."""
    truth, prior = MultivariateNormal(torch.zeros(2), torch.tensor([[1.0, 0.8], [0.8, 1.0]])), GaussianDiag(2)
    prior.fit(truth.sample((20_000,)), torch.zeros(1, 2), budget(1))
    assert excess(prior, truth, 50_000) == pytest.approx(-0.5 * math.log(1 - 0.8**2), abs=0.03)


def kde(D: int = 3) -> tuple[KDE, torch.Tensor]:
    prior, z = KDE(D), torch.randn(900, D) * torch.logspace(-0.3, 0.3, D)
    prior.fit(z[:600], z[600:], budget(1))
    return prior, z[600:]


def test_kde_agrees_with_scikit_learn() -> None:
    prior, held_out = kde()
    reference = KernelDensity(bandwidth=float(prior.bandwidth)).fit(prior.kept.double().numpy())
    expected = torch.tensor(reference.score_samples(held_out.double().numpy()))
    assert torch.allclose(prior.log_prob(held_out).double(), expected, atol=1e-4)


def test_kde_is_exact_far_away_where_every_kernel_underflows() -> None:
    prior, held_out = kde()
    h, z = float(prior.bandwidth), 10 * held_out.double()
    squares = (z[:, None] - prior.kept.double()).square().sum(2)
    expected = logsumexp(-squares.numpy() / (2 * h**2), axis=1) - math.log(600 * (h * math.sqrt(2 * math.pi)) ** 3)
    assert expected.min() < -1000
    assert torch.allclose(prior.log_prob(z), torch.tensor(expected), rtol=1e-9)


def test_kde_bandwidth_is_the_validation_optimum() -> None:
    prior, held_out = kde()
    found, nll = float(prior.bandwidth), []
    grid = found * np.array([0.5, 0.8, 0.95, 1.0, 1.05, 1.25, 2.0])
    for h in grid:
        reference = KernelDensity(bandwidth=h).fit(prior.kept.double().numpy())
        nll.append(-reference.score(held_out.double().numpy()))
    assert int(np.argmin(nll)) == 3


def test_kde_samples_are_codes_with_noise_of_the_bandwidth() -> None:
    prior = KDE(2)
    corners = torch.tensor([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]])
    prior.fit(corners, corners + 0.5 * torch.tensor([[1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]]), budget(1))
    drawn = prior.sample(30_000, torch.Generator().manual_seed(0))
    distances, nearest = torch.cdist(drawn, corners).min(1)
    assert torch.bincount(nearest).tolist() == pytest.approx([10_000] * 3, rel=0.03)
    # The likelihood of offsets ±0.5 is best at h = 0.5, and a distance in the plane is Rayleigh's.
    assert float(prior.bandwidth) == pytest.approx(0.5, rel=0.02)
    assert float(distances.mean()) == pytest.approx(0.5 * math.sqrt(math.pi / 2), rel=0.02)


def test_kde_of_repeated_codes_ends_at_the_least_bandwidth() -> None:
    prior, z = KDE(2, least=0.05), torch.randn(100, 2)
    prior.fit(z, z, budget(1))
    assert float(prior.bandwidth) == pytest.approx(0.05, rel=0.03)
    with pytest.raises(ValueError, match="0 < least < most"):
        KDE(2, least=1.0, most=0.5)


def test_kde_beats_the_gaussian_on_rings_and_reports_its_search() -> None:
    logged, prior, gaussian = [], KDE(2), GaussianDiag(2)
    look = Budget(1, 1, torch.Generator(), log=lambda step, figures: logged.append(figures["validation"]))
    figures = prior.fit(rings(2000, 0), rings(500, 1), look)
    gaussian.fit(rings(2000, 0), rings(500, 1), budget(1))
    assert figures["validation"] == min(logged) == pytest.approx(-float(prior.log_prob(rings(500, 1)).mean()), abs=1e-4)
    assert prior.log_prob(rings(500, 2)).mean() > gaussian.log_prob(rings(500, 2)).mean() + 0.3


def test_bootstrap_draws_training_codes_evenly() -> None:
    prior, z = Bootstrap(3), torch.randn(40, 3)
    prior.fit(z, torch.randn(9, 3), budget(1))
    z += 1  # what was fitted is not changed from outside
    drawn = prior.sample(40_000, torch.Generator().manual_seed(0))
    distances, index = torch.cdist(drawn, z - 1).min(1)
    assert distances.max() < 1e-3
    assert torch.bincount(index, minlength=40).float().tolist() == pytest.approx([1000] * 40, rel=0.2)
    assert prior.yardstick
    assert not prior.has_density


@pytest.mark.parametrize("w_u", [-30.0, -1.0, 0.0, 2.0, 50.0])
def test_planar_map_is_invertible_for_any_weights(w_u: float) -> None:
    w = torch.tensor([0.6, 0.8, 0.0], dtype=torch.float64)
    t = PlanarTransform(w_u * w + torch.tensor([0.0, 0.0, 1.5]), w, torch.tensor(0.3))
    assert float(t.w @ t.u) > -1
    z = 3 * torch.randn(200, 3, dtype=torch.float64)
    z[0] = -0.3 * w  # where tanh is steepest
    y, log_det = t.call_and_ladj(z)
    expected = vmap(lambda x: torch.linalg.slogdet(jacrev(t)(x))[1])(z)
    assert torch.allclose(log_det, expected, atol=1e-9)
    assert torch.allclose(t.inv(y), z, atol=1e-8)


def test_planar_map_stays_finite_without_a_direction() -> None:
    u = torch.ones(3, requires_grad=True)
    w = torch.zeros(3, requires_grad=True)
    y, log_det = PlanarTransform(u, w, torch.tensor(0.5)).call_and_ladj(torch.zeros(2, 3))
    (y.sum() + log_det.sum()).backward()
    assert y.isfinite().all()
    assert u.grad.isfinite().all()
    assert w.grad.isfinite().all()


def test_planar_flow_on_one_dimension() -> None:
    prior = make(Planar, 1)
    prior.fit(torch.randn(500, 1).abs(), torch.randn(200, 1).abs(), budget(200))
    side = (torch.arange(-10, 10, 0.01) + 0.005)[:, None]
    with torch.no_grad():
        assert float(prior.eval().log_prob(side).double().exp().sum() * 0.01) == pytest.approx(1, abs=1e-3)
    assert prior.sample(10, torch.Generator().manual_seed(0)).isfinite().all()


def test_spline_flow_without_its_matrices_is_the_identity_outside_its_box() -> None:
    prior = make(NSF, 2)
    prior.fit(rings(500, 0), rings(200, 1), budget(50))
    matrices = [parameter for parameter in prior.parameters() if parameter.shape == (2, 2)]
    assert len(matrices) == SMALL[NSF]["transforms"]
    for matrix in matrices:
        assert matrix.abs().max() > 0
        torch.nn.init.zeros_(matrix)
    far = torch.tensor([[9.0, -7.0], [-20.0, 6.0]])
    assert torch.allclose(prior.eval().to_noise(far), far)
    assert torch.allclose(prior.log_prob(far), Normal(0.0, 1.0).log_prob(far).sum(1))
    wide = make(NSF, 2, bound=30.0)
    assert not torch.allclose(wide.to_noise(far), far, atol=1e-3)


def test_scale_of_the_glf_coupling_stays_below_one() -> None:
    """So the way from codes to noise only expands, and a density at noise e is at least that of e."""
    prior = make(GLFFlow, 4)
    z = torch.randn(100, 4)
    assert (prior.log_prob(z) > Normal(0.0, 1.0).log_prob(prior.to_noise(z)).sum(1)).all()


@pytest.mark.parametrize("dim", [2, 5, 16])
def test_couplings_leave_no_dimension_as_it_is(dim: int) -> None:
    layers = couplings(dim, 5, hidden_features=[8]).transform.transforms
    masks = torch.stack([layer.mask for layer in layers])
    assert masks.shape == (5, dim)
    assert (masks[0] ^ masks[1]).all()
    assert (masks[2] ^ masks[3]).all()
    z = torch.randn(4, dim)
    for seed in range(20):
        torch.manual_seed(seed)
        noise = couplings(dim, 2, hidden_features=[8])().transform(z)
        assert (noise != z).any(0).all()


@pytest.mark.parametrize("cls", [MAF, NSF, GLFFlow])
def test_evaluations_are_counted(cls: type) -> None:
    """Each pass through a flow goes through the network of each of its layers once."""
    prior, calls = make(cls, 5).eval(), []
    networks = [module for module in prior.modules() if isinstance(module, zuko.nn.MLP | zuko.nn.MaskedMLP)]
    for network in networks:
        network.register_forward_hook(lambda *_: calls.append(1))
    prior.sample(7, torch.Generator().manual_seed(0))
    assert len(calls) == prior.evaluations * len(networks) > 0


@pytest.mark.parametrize("cls", [MAF, NSF, GLFFlow])
@pytest.mark.parametrize("output", [-200.0, 200.0])
def test_density_where_networks_saturate_is_a_number(cls: type, output: float) -> None:
    """Far from all codes networks give large outputs; the density there is tiny or zero in float32, never NaN."""
    prior = make(cls, 4).eval()
    for layer in (module for module in prior.modules() if isinstance(module, zuko.nn.Linear | torch.nn.Linear)):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.constant_(layer.bias, output)
    log_prob = prior.log_prob(torch.tensor([[9.0, -7.0, 0.0, 3.0]]))
    assert not log_prob.isnan().any()


@pytest.mark.parametrize("cls", [MAF, NSF, GLFFlow])
def test_one_dimension_is_refused(cls: type) -> None:
    assert cls.least_dim == 2
    with pytest.raises(ValueError, match="at least two; take gmm"):
        make(cls, 1)


@pytest.mark.parametrize("cls", [Bootstrap, GaussianDiag, KDE, *FLOWS])
def test_no_codes_are_refused(cls: type) -> None:
    with pytest.raises(ValueError, match="give"):
        make(cls, 2).fit(torch.empty(0, 2), torch.empty(0, 2), budget(1))


@pytest.mark.parametrize("cls", [Bootstrap, GaussianDiag, KDE, *FLOWS])
def test_constant_and_repeated_dimensions_are_fitted(cls: type) -> None:
    z = torch.randn(600, 2)
    z = torch.cat([z, z[:, :1], torch.zeros(600, 1)], 1)
    prior = make(cls, 4)
    prior.fit(z[:500], z[500:], budget(200, 64))
    drawn = prior.eval().sample(1000, torch.Generator().manual_seed(0))
    assert drawn.isfinite().all()
    assert drawn[:, 3].std() < 0.8  # the constant one is the narrowest, as far as the family can say so
    if prior.has_density:
        assert prior.log_prob(z[500:]).isfinite().all()


@pytest.mark.parametrize("cls", FLOWS)
def test_few_codes_are_one_batch(cls: type) -> None:
    prior = make(cls, 3)
    figures = prior.fit(torch.randn(5, 3), torch.randn(5, 3), budget(20))
    assert math.isfinite(figures["validation"])
    assert prior.eval().sample(10, torch.Generator().manual_seed(0)).isfinite().all()


def test_density_of_flow_and_of_its_relatives_is_finite_far_away() -> None:
    far = torch.full((2, 3), 50.0)
    for cls in (*DENSITIES, Flow):
        prior = make(cls, 3)
        prior.fit(torch.randn(300, 3), torch.randn(100, 3), budget(30))
        assert prior.eval().log_prob(far).isfinite().all(), cls.__name__
