"""The mathematics of the second-stage VAE and of the restricted Boltzmann machine, against closed forms."""

import itertools
import math

import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from latentpriors.metrics.latent import sliced_wasserstein
from latentpriors.priors.rbm import RBM
from latentpriors.priors.vae import SecondStageVAE
from latentpriors.training import Budget, TrainingDiverged


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def linear_vae() -> tuple[SecondStageVAE, MultivariateNormal]:
    """A second stage whose decoder is linear, with the density of codes that it then has."""
    prior = SecondStageVAE(3, hidden=[])
    (decoder,) = prior.decoder
    basis = torch.linalg.qr(torch.randn(3, 3, generator=seeded()))[0]
    with torch.no_grad():
        decoder.weight.copy_(basis * torch.tensor([1.5, 0.8, 0.1]))
        decoder.bias.copy_(torch.tensor([1.0, -2.0, 0.5]))
        prior.log_gamma.fill_(math.log(0.4))
    covariance = decoder.weight @ decoder.weight.T + 0.4**2 * torch.eye(3)
    return prior, MultivariateNormal(decoder.bias.detach(), covariance.detach())


def elbo(prior: SecondStageVAE, z: torch.Tensor, draws: int = 4000) -> torch.Tensor:
    with torch.no_grad():
        found = [prior.elbo(code.expand(draws, -1), torch.randn(draws, 3, generator=seeded())).mean() for code in z]
    return torch.stack(found)


def test_elbo_is_below_the_likelihood_of_a_linear_model() -> None:
    prior, truth = linear_vae()
    z = truth.sample((20,))
    assert (elbo(prior, z) < truth.log_prob(z) - 0.1).all()  # with an encoder that knows nothing


def test_elbo_with_the_exact_posterior_is_the_likelihood() -> None:
    prior, truth = linear_vae()
    (decoder,), (encoder,) = prior.decoder, prior.encoder
    # The columns of the decoder are orthogonal, so that the posterior's covariance is diagonal.
    variance = 1 / (1 + decoder.weight.square().sum(0) / 0.4**2)
    with torch.no_grad():
        gain = variance[:, None] * decoder.weight.T / 0.4**2
        encoder.weight.copy_(torch.cat([gain, torch.zeros(3, 3)]))
        encoder.bias.copy_(torch.cat([-gain @ decoder.bias, 0.5 * variance.log()]))
    z = truth.sample((20,))
    assert torch.allclose(elbo(prior, z), truth.log_prob(z), atol=0.1)


def test_samples_of_a_linear_model_have_the_observations_noise() -> None:
    prior, truth = linear_vae()
    drawn = prior.sample(100_000, seeded())
    assert torch.allclose(drawn.mean(0), truth.mean, atol=0.03)
    assert torch.allclose(drawn.T.cov(), truth.covariance_matrix, atol=0.05)


def test_second_stage_learns_a_correlated_gaussian() -> None:
    truth = MultivariateNormal(torch.zeros(2), torch.tensor([[1.0, 0.9], [0.9, 1.0]]))
    train, held_out = truth.sample((4000,)), truth.sample((4000,))
    prior = SecondStageVAE(2, hidden=[32], learning_rate=5e-3)
    before = sliced_wasserstein(prior.sample(4000, seeded()), held_out)
    figures = prior.fit(train, held_out[:1000], Budget(800, 256, seeded()))
    assert sliced_wasserstein(prior.sample(4000, seeded()), held_out) < 0.1 < before
    # The negative ELBO that chose the weights is above the entropy, and with this family hardly so.
    entropy = float(truth.entropy())
    assert entropy - 0.1 < figures["validation"] < entropy + 0.3


@pytest.mark.parametrize("make", [lambda: SecondStageVAE(2, hidden=[64, 64]), lambda: RBM(2, hidden=64, chains=256)])
def test_latent_variables_are_used_on_separate_clusters(make) -> None:
    """Where they tell nothing, a Gaussian of the same moments is left."""
    generator = seeded()
    centres = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    z = centres[torch.randint(4, (6000,), generator=generator)] + 0.1 * torch.randn(6000, 2, generator=generator)
    moments = MultivariateNormal(z.mean(0), z.T.cov()).sample((1000,))
    prior = make()
    prior.fit(z[:4000], z[4000:5000], Budget(1000, 256, seeded()))
    drawn = prior.eval().sample(1000, seeded())
    assert sliced_wasserstein(drawn, z[5000:]) < 0.7 * sliced_wasserstein(moments, z[5000:])


def test_second_stage_of_a_constant_dimension_stays_finite() -> None:
    prior = SecondStageVAE(2, hidden=[16], learning_rate=5e-2)
    z = torch.zeros(300, 2)
    figures = prior.fit(z, z, Budget(300, 64, seeded()))
    assert math.isfinite(figures["validation"])
    assert prior.sample(100, seeded()).isfinite().all()


def tiny_rbm() -> RBM:
    prior = RBM(2, hidden=3, gibbs_steps=200)
    with torch.no_grad():
        prior.weight.copy_(torch.tensor([[1.5, -1.0, 0.3], [0.2, 1.2, -0.8]]))
        prior.visible.copy_(torch.tensor([-0.5, 0.3]))
        prior.hidden.copy_(torch.tensor([-0.4, 0.2, 0.1]))
        prior.log_scale.copy_(torch.tensor([0.7, 0.5]).log())
    return prior


def joint(prior: RBM, z: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
    """−E(z, h) of one code (D,) and one hidden state (H,), by its sums."""
    variance = prior.log_scale.exp() ** 2
    total = -sum((z[i] - prior.visible[i]) ** 2 / (2 * variance[i]) for i in range(2))
    total = total + sum(prior.hidden[j] * h[j] for j in range(3))
    return total + sum(z[i] * prior.weight[i, j] * h[j] / variance[i] for i in range(2) for j in range(3))


def states() -> torch.Tensor:
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=3)))


def marginal(prior: RBM) -> MixtureSameFamily:
    """p(z) by enumeration: a Gaussian for each hidden state, weighted by the integral of its exp(−E)."""
    variance = prior.log_scale.exp() ** 2
    means = prior.visible + states() @ prior.weight.T
    # At its own mean, a Gaussian's density is the same for all: exp(−E) there gives the weights.
    heights = torch.stack([joint(prior, mean, h) for mean, h in zip(means, states(), strict=True)])
    parts = MultivariateNormal(means.detach(), torch.diag(variance.detach()).expand(8, 2, 2))
    return MixtureSameFamily(Categorical(logits=heights.detach()), parts)


def test_free_energy_is_the_marginal_but_for_a_constant() -> None:
    prior, z = tiny_rbm(), 2 * torch.randn(30, 2)
    summed = torch.stack([torch.stack([joint(prior, code, h) for h in states()]).logsumexp(0) for code in z])
    assert torch.allclose(-prior.free_energy(z), summed, atol=1e-4)
    constant = marginal(prior).log_prob(z) + prior.free_energy(z)
    assert constant.std() < 1e-4


def test_conditionals_follow_from_the_energy() -> None:
    prior, z = tiny_rbm(), torch.tensor([0.4, -1.1])
    weights = torch.stack([joint(prior, z, h) for h in states()]).softmax(0)
    assert torch.allclose(prior.activation(z[None])[0].sigmoid(), weights @ states(), atol=1e-5)
    # One Gibbs step from z: hidden states by these weights, then z anew around the mean that each gives.
    drawn = prior.gibbs(z.expand(200_000, 2), 1, seeded())
    means = prior.visible + states() @ prior.weight.T
    assert torch.allclose(drawn.mean(0), weights @ means, atol=0.02)
    within = prior.log_scale.exp() ** 2 + weights @ means**2 - (weights @ means) ** 2
    assert torch.allclose(drawn.var(0), within, atol=0.03)


def test_long_gibbs_sampling_draws_from_the_marginal() -> None:
    prior = tiny_rbm()
    truth = marginal(prior)
    drawn, exact = prior.sample(20_000, seeded()), truth.sample((20_000,))
    floor = sliced_wasserstein(exact, truth.sample((20_000,)))
    assert sliced_wasserstein(drawn, exact) < 3 * floor
    assert sliced_wasserstein(torch.randn(20_000, 2, generator=seeded()), exact) > 10 * floor


def two_modes(n: int, seed: int) -> torch.Tensor:
    sign = torch.randint(2, (n, 1), generator=seeded(seed)) * 2.0 - 1
    return sign * torch.tensor([0.9, 0.6]) + 0.25 * torch.randn(n, 2, generator=seeded(seed + 1))


@pytest.fixture(scope="module")
def two_mode_rbm() -> RBM:
    torch.manual_seed(0)
    prior = RBM(2, hidden=8, chains=200, learning_rate=2e-2)
    prior.fit(two_modes(4000, 0), two_modes(10, 2), Budget(1000, 200, seeded()))
    return prior


def test_persistent_contrastive_divergence_learns_two_modes(two_mode_rbm: RBM) -> None:
    drawn, held_out = two_mode_rbm.sample(4000, seeded()), two_modes(4000, 4)
    untrained = RBM(2, hidden=8).sample(4000, seeded())
    assert sliced_wasserstein(drawn, held_out) < 0.12 < sliced_wasserstein(untrained, held_out)
    side = drawn @ torch.tensor([0.9, 0.6]) > 0
    assert 0.35 < side.float().mean() < 0.65
    assert torch.allclose(drawn[side].mean(0), torch.tensor([0.9, 0.6]), atol=0.12)
    assert drawn[side].std(0).max() < 0.4  # each mode is narrow: no one Gaussian does it


def test_chains_are_no_part_of_the_state(two_mode_rbm: RBM) -> None:
    assert two_mode_rbm.chains.shape == (200, 2)
    assert "chains" not in two_mode_rbm.state_dict()


def test_moving_average_leaves_the_chains_alone() -> None:
    fits = []
    for ema in (0.5, None):
        torch.manual_seed(0)
        prior = RBM(2, hidden=4, chains=50)
        prior.ema = ema
        prior.fit(two_modes(500, 0), two_modes(10, 2), Budget(20, 50, seeded()))
        fits.append(prior)
    assert not torch.allclose(fits[0].weight, fits[1].weight, atol=1e-3)  # the mean of them all, and the last
    assert torch.equal(fits[0].chains, fits[1].chains)


@pytest.mark.parametrize("make", [lambda: RBM(2, learning_rate=1e4), lambda: SecondStageVAE(2, learning_rate=1e6)])
def test_diverging_fits_end(make) -> None:
    with pytest.raises(TrainingDiverged, match="try a lower learning rate"):
        make().fit(torch.randn(500, 2), torch.randn(100, 2), Budget(200, 100, seeded(), label="prior"))


def test_codes_with_nan_end_the_fit() -> None:
    z = torch.randn(100, 2)
    z[3] = torch.nan
    with pytest.raises(TrainingDiverged):
        RBM(2, hidden=4).fit(z, z, Budget(50, 100, seeded()))


def test_exploding_chains_are_no_samples() -> None:
    prior = RBM(2, hidden=4)
    with torch.no_grad():
        prior.visible.fill_(1e6)
    with pytest.raises(TrainingDiverged, match="Gibbs chain of the RBM"):
        prior.sample(10, seeded())


def test_evaluations_for_each_sample() -> None:
    assert SecondStageVAE(2).evaluations == 1
    assert RBM(2, gibbs_steps=7).evaluations == 7
