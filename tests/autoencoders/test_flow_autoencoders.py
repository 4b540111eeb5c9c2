"""What defines glf, glf_regularized and the VAEs with flows, against automatic differentiation and closed forms."""

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.distributions import Independent, Normal

from latentpriors.autoencoders.base import Autoencoder, bernoulli_cross_entropy
from latentpriors.autoencoders.glf import GLF
from latentpriors.autoencoders.vae import VAE, kl_divergence
from latentpriors.autoencoders.vae_flow_posterior import VAEFlowPosterior
from latentpriors.autoencoders.vae_flow_prior import VAEFlowPrior
from latentpriors.fits import fit_autoencoder, fit_prior, load_autoencoder, load_codes
from latentpriors.metrics.bounds import iwae_bound
from latentpriors.priors.base import FittedPrior
from latentpriors.priors.flow import Flow
from latentpriors.registry import find
from latentpriors.training import Budget, TrainingDiverged, train

SMALL = {"shape": (1, 8, 8), "latent": 4, "network": "mlp", "hidden": 16}
FLOW = {"transforms": 3, "flow_hidden": (16,)}
METHODS = [GLF, VAEFlowPosterior, VAEFlowPrior]
REGULARIZED = {"stop_gradient": False}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(n: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(n, 1, 8, 8, generator=seeded(seed))


def gradients(loss: torch.Tensor, module: nn.Module) -> list[torch.Tensor]:
    parameters = list(module.parameters())
    found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    return [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, found, strict=True)]


def make_identity(couplings: nn.ModuleList) -> None:
    for coupling in couplings:
        nn.init.zeros_(coupling.hyper[-1].weight)
        nn.init.zeros_(coupling.hyper[-1].bias)


def spread_posterior(model: Autoencoder) -> Autoencoder:
    """Makes posteriors of images differ, and a flow that is far from the identity."""
    with torch.no_grad():
        model.encoder[-1].weight.mul_(4)
        for coupling in model.flow.transforms if isinstance(model, VAEFlowPosterior) else ():
            nn.init.normal_(coupling.hyper[-1].weight, std=0.5)
            nn.init.normal_(coupling.hyper[-1].bias, std=0.5)
    return model


def with_weights_of(other: Autoencoder, model: Autoencoder) -> Autoencoder:
    model.load_state_dict(model.state_dict() | other.state_dict())
    return model


def signs(n: int) -> list[torch.Tensor]:
    """Noise of ±1 and its mirror image: over both, moments up to the second are exactly those of N(0, I)."""
    one = torch.randint(0, 2, (n, SMALL["latent"]), generator=seeded()).float() * 2 - 1
    return [one, -one]


@pytest.mark.parametrize(("own", "weight"), [({}, 0.0), (REGULARIZED | {"beta": 7.0}, 1.0)])
def test_glfs_weights_are_chosen_on_what_its_encoder_minimizes(own: dict, weight: float) -> None:
    model, x = GLF(**SMALL, **FLOW, **own), images(9)
    reconstruction = bernoulli_cross_entropy(x, model.decoder(model.encode(x)[0])).mean()
    nll = -model.prior.log_prob(model.encode(x)[0]).mean()
    expected = own.get("beta", 1.0) * reconstruction + weight * nll
    assert float(model.validation((x,))) == pytest.approx(float(expected), rel=1e-5)


def test_glfs_encoder_gets_no_gradient_from_the_flow() -> None:
    model, x = GLF(**SMALL, **FLOW), images(9)
    reconstruction = bernoulli_cross_entropy(x, model.decoder(model.encode(x)[0])).mean()
    expected = gradients(reconstruction, model.encoder)
    assert all(map(torch.allclose, gradients(model((x,), "reconstruction"), model.encoder), expected))
    nll = model.terms((x,))["nll"].mean()
    assert all((g == 0).all() for g in gradients(nll, model.encoder))
    assert all(g.abs().max() > 0 for g in gradients(nll, model.prior))


def test_regularized_glfs_encoder_gets_the_gradient_of_both_terms() -> None:
    model, x = GLF(**SMALL, **FLOW, **REGULARIZED, beta=3.0), images(9)
    z = model.encode(x)[0]
    nll = -model.prior.flow().log_prob(z).mean()
    loss = 3 * bernoulli_cross_entropy(x, model.decoder(z)).mean() + nll
    assert any(g.abs().max() > 1e-3 for g in gradients(nll, model.encoder))
    found, expected = gradients(model((x,), "reconstruction"), model.encoder), gradients(loss, model.encoder)
    assert all(torch.allclose(a, b, rtol=1e-4, atol=1e-5) for a, b in zip(found, expected, strict=True))
    assert model.validation((x,)).item() == pytest.approx(loss.item(), rel=1e-5)


@pytest.mark.parametrize("own", [{}, REGULARIZED])
def test_glfs_players_move_their_own_weights(own: dict) -> None:
    model, x = GLF(**SMALL, **FLOW, **own), images(9)
    players = {turn: {id(p) for p in player.parameters} for turn, player in model.players().items()}
    assert players["flow"] == {id(p) for p in model.prior.parameters()}
    assert players["reconstruction"] == {id(p) for part in (model.encoder, model.decoder) for p in part.parameters()}
    assert all((g == 0).all() for g in gradients(model((x,), "flow"), model.encoder))
    assert all(g.abs().max() > 0 for g in gradients(model((x,), "flow"), model.prior))


def test_glfs_flow_turn_is_the_likelihood_of_noisy_codes() -> None:
    x = images(50)
    model = GLF(**SMALL, **FLOW, noise_scale=0.0)
    with torch.no_grad():
        z = model.encode(x)[0]
        assert model((x,), "flow").item() == pytest.approx(-model.prior.log_prob(z).mean().item(), rel=1e-5)
        model.noise_scale, seen = 0.5, []
        model.prior.log_prob = lambda codes: seen.append(codes) or codes.sum(1)
        for _ in range(400):
            model((x,), "flow")
    noise = torch.stack(seen) - z
    assert torch.allclose(noise.std((0, 1)) / z.std(0), torch.full((4,), 0.5), atol=0.02)


def test_regularized_glf_shrinks_its_codes() -> None:
    """Its NLL has no lower bound as the codes shrink, and at a small beta little holds them apart."""
    spreads = []
    for own in ({}, REGULARIZED | {"beta": 0.1}):
        torch.manual_seed(0)
        model = GLF(**SMALL, **FLOW, **own, learning_rate=5e-3)
        train(model, (images(200),), Budget(150, 100, seeded()))
        with torch.no_grad():
            spreads.append(float(model.encode(images(200))[0].std(0).mean()))
    assert spreads[1] < 0.3 * spreads[0]


def log_q_by_jacobian(model: VAEFlowPosterior, x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """log q(z | x) of one image at z(noise): the density of the noise over the Jacobian of all that it goes through."""

    def code(noise: torch.Tensor) -> torch.Tensor:
        model.noise = lambda *shape: noise.reshape(shape)
        return model.codes(x[None])[0]

    jacobian = torch.autograd.functional.jacobian(code, noise)
    return Independent(Normal(torch.zeros(4), 1.0), 1).log_prob(noise) - torch.linalg.slogdet(jacobian)[1]


def test_flow_posteriors_density_is_that_of_the_change_of_variables() -> None:
    model, noise = spread_posterior(VAEFlowPosterior(**SMALL, **FLOW)), torch.randn(5, 4)
    for x, e in zip(images(5), noise, strict=True):
        expected = log_q_by_jacobian(model, x, e)
        model.noise = lambda *shape, e=e: e.expand(shape)
        assert model.posterior(x[None], 1)[1].item() == pytest.approx(expected.item(), abs=1e-4)


def test_flow_posteriors_entropy_agrees_with_monte_carlo() -> None:
    """Against H(u) + E log |det ∂f/∂u|, the determinant by brute force on other samples."""
    model, x, draws = spread_posterior(VAEFlowPosterior(**SMALL, **FLOW)), images(1), 3000
    with torch.no_grad():
        mean, scale = Autoencoder.encode(model, x)
        found = model.terms((x.expand(20_000, -1, -1, -1),))["entropy"]
    f = model.flow(torch.cat([mean, scale.log()], 1)[0].detach())
    u = mean + scale * torch.randn(draws, 4, generator=seeded(1))
    determinants = torch.linalg.slogdet(torch.func.vmap(torch.func.jacrev(f))(u.detach()))[1].detach()
    expected = Independent(Normal(mean, scale), 1).entropy() + determinants.mean()
    error = found.std() / 20_000**0.5 + determinants.std() / draws**0.5
    assert determinants.std() > 0.1  # else any constant would do
    assert found.mean().item() == pytest.approx(expected.item(), abs=4 * float(error))


def test_flow_posteriors_couplings_see_the_image() -> None:
    """Noise that gives u = 1 for either image leads to different codes: f itself is another."""
    model, x = spread_posterior(VAEFlowPosterior(**SMALL, **FLOW)), images(2)
    mean, scale = Autoencoder.encode(model, x)
    model.noise = lambda *shape: ((1 - mean) / scale).reshape(shape)
    first, second = model.codes(x)
    assert (first - second).abs().max() > 0.01


def test_flow_posterior_with_the_identity_is_the_vae() -> None:
    x, vae = images(6), spread_posterior(VAE(**SMALL))
    model = with_weights_of(vae, VAEFlowPosterior(**SMALL, **FLOW))  # as new, its flow is the identity
    assert torch.equal(model.encode(x)[0], vae.encode(x)[0])
    losses = {}
    for which in (vae, model):
        parts = []
        for noise in signs(6):
            which.noise = lambda *shape, noise=noise: noise.reshape(shape)
            parts.append(which((x,), "reconstruction").item())
        losses[which] = sum(parts) / 2
    assert losses[model] == pytest.approx(losses[vae], rel=1e-5)


def test_flow_prior_with_the_identity_is_the_vae() -> None:
    x, vae = images(6), spread_posterior(VAE(**SMALL))
    model = with_weights_of(vae, VAEFlowPrior(**SMALL, **FLOW, beta=1.0))
    make_identity(model.prior.flow.transform.transforms)
    mean, scale = vae.encode(x)
    terms = []
    for noise in signs(6):
        for which in (vae, model):
            which.noise = lambda *shape, noise=noise: noise.reshape(shape)
        expected = vae((x,), "reconstruction") - kl_divergence(mean, scale).mean()
        found = model.terms((x,))
        assert found["reconstruction"].mean().item() == pytest.approx(expected.item(), rel=1e-5)
        terms.append(found["kl"])
    assert torch.allclose(sum(terms) / 2, kl_divergence(mean, scale), atol=1e-4)


@pytest.mark.parametrize("cls", [VAEFlowPosterior, VAEFlowPrior])
def test_beta_weighs_the_reconstruction(cls) -> None:
    x, model = images(6), spread_posterior(cls(**SMALL, **FLOW, beta=7.0))
    model.noise = lambda *shape: torch.ones(shape)
    terms = model.terms((x,))
    assert all(value.shape == (6,) for value in terms.values())
    assert torch.allclose(terms["kl"], terms["nll"] - terms["entropy"], atol=1e-5)
    expected = (7 * terms["reconstruction"] + terms["kl"]).mean()
    assert model((x,), "reconstruction").item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("cls", [VAEFlowPosterior, VAEFlowPrior])
def test_posterior_and_prior_make_the_bound_at_one_sample_the_elbo(cls) -> None:
    x, model = images(2).repeat(3000, 1, 1, 1), spread_posterior(cls(**SMALL, **FLOW))

    def log_p_x_given_z(x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        return -bernoulli_cross_entropy(x, model.decoder(z))

    with torch.no_grad():
        terms = model.terms((x,))
    elbo = -(terms["reconstruction"] + terms["kl"]).double()
    one, many = (iwae_bound(log_p_x_given_z, model.posterior, model.log_prior, x, samples) for samples in (1, 10))
    error = (elbo.std() + one.std()) / len(x) ** 0.5
    assert one.mean().item() == pytest.approx(elbo.mean().item(), abs=4 * float(error))
    assert many.mean() > one.mean()


def test_flow_prior_moves_the_flow() -> None:
    model = VAEFlowPrior(**SMALL, **FLOW)
    before = [p.detach().clone() for p in model.prior.parameters()]
    train(model, (images(50),), Budget(5, 25, seeded()))
    assert all((p != old).any() for p, old in zip(model.prior.parameters(), before, strict=True))


@pytest.mark.parametrize("name", ["glf", "vae_flow_prior"])
def test_native_prior_is_the_models_flow(name: str, tmp_path: Path) -> None:
    splits = {split: images(n, n) for split, n in (("train", 90), ("validation", 40), ("test", 50))}
    budget = Budget(30, 20, seeded(), evaluations=3)
    fit_autoencoder(name, SMALL | FLOW, splits, budget, seeded(), tmp_path)
    codes = load_codes(tmp_path / "codes.safetensors", "cpu")
    model = load_autoencoder(tmp_path / "weights.safetensors", "cpu")
    figures = fit_prior("native", {}, codes, budget, tmp_path)
    prior = FittedPrior.load(tmp_path / "prior.safetensors")
    assert isinstance(prior.prior, Flow)
    assert torch.equal(prior.scaling(codes["test"]), codes["test"])
    with torch.no_grad():
        expected = model.prior.flow().log_prob(codes["test"])
        assert torch.equal(prior.log_prob(codes["test"]), expected)
    assert figures["nll"] == pytest.approx(-float(expected.mean()), abs=1e-4)
    assert figures["parameters"] == 0


def test_flow_posteriors_native_prior_is_the_standard_normal() -> None:
    assert VAEFlowPosterior(**SMALL, **FLOW).native() is None


@pytest.mark.parametrize("cls", METHODS)
def test_codes_of_one_dimension_are_refused(cls) -> None:
    with pytest.raises(ValueError, match="codes need at least two"):
        cls(**SMALL | {"latent": 1}, **FLOW)


@pytest.mark.parametrize("cls", METHODS)
def test_diverging_trainings_end(cls) -> None:
    x = images(50)
    x[3] = torch.nan
    with pytest.raises(TrainingDiverged, match="try a lower learning rate"):
        train(cls(**SMALL, **FLOW), (x,), Budget(50, 25, seeded()))


@pytest.mark.parametrize("name", ["glf", "vae_flow_posterior", "vae_flow_prior"])
def test_what_params_may_set_reaches_the_flow(name: str) -> None:
    model = find("autoencoders", name)(**SMALL, transforms=5, flow_hidden=[8, 9])
    flow = model.flow if name == "vae_flow_posterior" else model.prior.flow.transform
    assert len(flow.transforms) == 5
    assert [len(layer.weight) for layer in flow.transforms[0].hyper if hasattr(layer, "weight")][:2] == [8, 9]
