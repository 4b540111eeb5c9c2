"""What defines wae, rae and vamp, against brute force and closed forms; and native priors on their way to files."""

from pathlib import Path

import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from latentpriors.autoencoders.ae import AE
from latentpriors.autoencoders.base import bernoulli_cross_entropy
from latentpriors.autoencoders.rae import RAE, jacobian_penalty
from latentpriors.autoencoders.vae import kl_divergence
from latentpriors.autoencoders.vamp import VampVAE
from latentpriors.autoencoders.wae import SCALES, WAE, mmd
from latentpriors.fits import fit_autoencoder, fit_prior, load_autoencoder, load_codes
from latentpriors.metrics.latent import sliced_wasserstein
from latentpriors.priors.base import FORMAT, FittedPrior
from latentpriors.store import load_tensors
from latentpriors.training import Budget, TrainingDiverged, train

SMALL = {"shape": (1, 8, 8), "latent": 4, "network": "mlp", "hidden": 16}


def images(n: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(n, 1, 8, 8, generator=seeded(seed))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def kernel(a: torch.Tensor, b: torch.Tensor) -> float:
    C = 2 * len(a)
    return sum(float(s * C / (s * C + ((a - b) ** 2).sum())) for s in SCALES)


def test_mmd_is_the_sum_over_pairs() -> None:
    z, e = torch.randn(7, 3) + 1, torch.randn(5, 3)
    within = sum(kernel(z[i], z[j]) for i in range(7) for j in range(7) if i != j) / (7 * 6)
    within += sum(kernel(e[i], e[j]) for i in range(5) for j in range(5) if i != j) / (5 * 4)
    between = sum(kernel(a, b) for a in z for b in e) / 35
    assert mmd(z, e).item() == pytest.approx(within - 2 * between, abs=1e-5)


def test_mmd_of_equal_distributions_is_zero_on_average() -> None:
    equal = torch.stack([mmd(torch.randn(20, 4), torch.randn(20, 4)) for _ in range(2000)])
    assert abs(equal.mean()) < 4 * equal.std() / 2000**0.5
    assert (equal < 0).float().mean() > 0.3  # as an unbiased estimate of zero must be
    narrow = torch.stack([mmd(0.5 * torch.randn(20, 4), torch.randn(20, 4)) for _ in range(200)])
    assert narrow.mean() > 10 * abs(equal.mean())


def test_mmd_needs_pairs() -> None:
    with pytest.raises(ValueError, match="1 and 5 codes has no pairs"):
        mmd(torch.randn(1, 3), torch.randn(5, 3))


def test_wae_pulls_the_codes_to_the_prior() -> None:
    distances = {}
    for cls in (AE, WAE):
        torch.manual_seed(0)
        own = {"discrepancy": 100.0} if cls is WAE else {}
        model = cls(**SMALL, learning_rate=5e-3, **own)
        train(model, (images(400),), Budget(400, 100, seeded()))
        with torch.no_grad():
            z = model.encode(images(400))[0]
        distances[cls] = sliced_wasserstein(z, torch.randn(400, 4, generator=seeded()))
    assert distances[WAE] < 0.4 < 0.6 * distances[AE]


def test_wae_validates_a_last_batch_of_one_image() -> None:
    model = WAE(**SMALL)
    loss = bernoulli_cross_entropy(images(1), model.decoder(model.encode(images(1))[0]))
    assert model.validation((images(1),)).item() == pytest.approx(loss.item())


def jacobians(decode, z: torch.Tensor) -> torch.Tensor:
    """|∂decode/∂z|² of each code, by automatic differentiation of every pixel."""
    return torch.stack([torch.autograd.functional.jacobian(decode, code[None]).square().sum() for code in z])


def test_jacobian_penalty_agrees_with_autograd() -> None:
    weight = torch.randn(4, 12)
    z, draws = torch.randn(3, 4), 20_000

    def decode(z: torch.Tensor) -> torch.Tensor:
        return torch.tanh(z @ weight).reshape(-1, 1, 3, 4)

    found = jacobian_penalty(decode, z.repeat(draws, 1), torch.randn(3 * draws, 1, 3, 4)).reshape(draws, 3).mean(0)
    assert torch.allclose(found, jacobians(decode, z), rtol=0.05)
    linear = jacobian_penalty(lambda z: z @ weight, z.repeat(draws, 1), torch.randn(3 * draws, 12)).mean()
    assert linear.item() == pytest.approx(weight.square().sum().item(), rel=0.05)


def test_rae_gradient_penalty_flattens_the_decoder() -> None:
    slopes = []
    for weight in (0.0, 1.0):
        torch.manual_seed(0)
        model = RAE(**SMALL, decoder_weight=weight, code_weight=0.1, learning_rate=5e-3)
        train(model, (images(200),), Budget(300, 100, seeded()))
        with torch.no_grad():
            z = model.encode(images(20))[0]
        slopes.append(float(jacobians(model.decode, z).mean()))
    assert slopes[1] < 0.5 * slopes[0]


def test_rae_loss_is_its_terms() -> None:
    x = images(5)
    model = RAE(**SMALL, code_weight=0.7, regularizer="weights", decoder_weight=0.3)
    z = model.encode(x)[0]
    loss = bernoulli_cross_entropy(x, model.decoder(z)).mean() + 0.35 * (z**2).sum(1).mean()
    assert model.validation((x,)).item() == pytest.approx(loss.item(), rel=1e-5)
    loss = loss + 0.3 * sum(p.detach().square().sum() for p in model.decoder.parameters())
    assert model((x,), "reconstruction").item() == pytest.approx(loss.item(), rel=1e-5)


def test_rae_gradient_loss_is_its_terms_on_average() -> None:
    x, model = images(2), RAE(**SMALL, code_weight=0.7, decoder_weight=30.0)
    z = model.encode(x)[0].detach()
    rest = model.validation((x,)).item()
    draws = torch.stack([model((x,), "reconstruction").detach() for _ in range(2000)]) - rest
    expected = 30 * float(jacobians(model.decode, z).mean())
    assert draws.mean().item() == pytest.approx(expected, abs=4 * float(draws.std()) / 2000**0.5)


@pytest.mark.parametrize("network", ["mlp", "conv"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_rae_spectral_layers_have_norm_one(network: str, precision: str, tmp_path: Path) -> None:
    arguments = {"shape": [1, 8, 8], "latent": 4, "network": network, "channels": [4, 8], "hidden": 16}
    splits = {split: images(60) for split in ("train", "validation", "test")}
    budget = Budget(100, 20, seeded(), precision)
    fit_autoencoder("rae", arguments | {"regularizer": "spectral"}, splits, budget, seeded(), tmp_path)
    model = load_autoencoder(tmp_path / "weights.safetensors", "cpu")
    linear = [layer for layer in model.decoder.modules() if isinstance(layer, torch.nn.Linear)]
    assert linear
    for layer in linear:
        assert torch.linalg.matrix_norm(layer.weight, 2).item() == pytest.approx(1, abs=0.02)


def test_rae_with_another_regularizer_is_refused() -> None:
    with pytest.raises(ValueError, match="'ridge' is unknown; choose from gradient, weights, spectral"):
        RAE(**SMALL, regularizer="ridge")


def mixture(model: VampVAE) -> MixtureSameFamily:
    with torch.no_grad():
        mean, scale = model.encode(model.pseudo_logits.sigmoid())
    return MixtureSameFamily(Categorical(torch.ones(len(mean))), Independent(Normal(mean, scale), 1))


def spread_vamp() -> VampVAE:
    """A VampPrior whose components are far enough from each other and from N(0, I) to tell them apart."""
    model = VampVAE(**SMALL, pseudo_inputs=6)
    with torch.no_grad():
        model.encoder[-1].weight.mul_(20)
    return model


def test_vamp_density_agrees_with_torch() -> None:
    model, z = spread_vamp(), 2 * torch.randn(50, 4)
    assert torch.allclose(model.log_prior(z), mixture(model).log_prob(z), atol=1e-4)


def test_vamp_divergence_with_one_standard_component_is_the_vaes() -> None:
    model, x = VampVAE(**SMALL, pseudo_inputs=1), images(6)
    mean, scale = (tensor.detach() for tensor in model.encode(x))
    model.components = lambda: (torch.zeros(1, 4), torch.ones(1, 4))
    draws = torch.stack([model.kl(mean, scale, torch.randn(6, 4)) for _ in range(4000)])
    error = draws.std(0) / 4000**0.5
    assert ((draws.mean(0) - kl_divergence(mean, scale)).abs() < 4 * error).all()


def test_vamp_moves_its_pseudo_inputs() -> None:
    model = VampVAE(**SMALL, pseudo_inputs=6)
    before = model.pseudo_logits.detach().clone()
    train(model, (images(50),), Budget(5, 25, seeded()))
    assert ((model.pseudo_logits - before).abs() > 0).float().mean() > 0.9


def test_vamp_divergence_is_smaller_than_the_vaes_on_clusters() -> None:
    """Three kinds of images are three clusters of codes: a prior that can have them costs less than N(0, I)."""
    x = images(3).round().repeat(60, 1, 1, 1)
    model = VampVAE(**SMALL, pseudo_inputs=6, learning_rate=5e-3)
    train(model, (x,), Budget(400, 60, seeded()))
    with torch.no_grad():
        mean, scale = model.encode(x)
        divergence = model.kl(mean, scale, torch.randn(mean.shape, generator=seeded())).mean()
        assert divergence < 0.8 * kl_divergence(mean, scale).mean()


def budget() -> Budget:
    return Budget(30, 20, seeded(), evaluations=3)


def fitted(name: str, folder: Path) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    splits = {split: images(n, n) for split, n in (("train", 90), ("validation", 40), ("test", 50))}
    own = {"pseudo_inputs": 5} if name == "vamp" else {}
    fit_autoencoder(name, SMALL | own, splits, budget(), seeded(), folder)
    return load_codes(folder / "codes.safetensors", "cpu")


def test_an_autoencoders_native_prior_reaches_its_cell(tmp_path: Path) -> None:
    codes = fitted("vamp", tmp_path)
    truth = mixture(load_autoencoder(tmp_path / "weights.safetensors", "cpu"))
    figures = fit_prior("native", {}, codes, budget(), tmp_path)
    prior = FittedPrior.load(tmp_path / "prior.safetensors")
    assert torch.equal(prior.scaling(codes["test"]), codes["test"])
    assert torch.allclose(prior.log_prob(codes["test"]), truth.log_prob(codes["test"]), atol=1e-4)
    assert figures["nll"] == pytest.approx(-float(truth.log_prob(codes["test"]).mean()), abs=1e-4)
    assert figures["nll_validation"] == pytest.approx(-float(truth.log_prob(codes["validation"]).mean()), abs=1e-4)
    assert figures["parameters"] == 0
    drawn = prior.sample(20_000, seeded())
    exact = truth.sample((20_000,))
    assert sliced_wasserstein(drawn, exact) < 3 * sliced_wasserstein(truth.sample((20_000,)), exact)


def test_other_priors_on_the_same_codes_are_fitted_as_ever(tmp_path: Path) -> None:
    codes = fitted("vamp", tmp_path)
    fit_prior("gmm", {"components": [2]}, codes, budget(), tmp_path)
    prior = FittedPrior.load(tmp_path / "prior.safetensors")
    assert torch.equal(prior.scaling.scale, codes["scale"])
    assert len(prior.prior.means) == 2
    without = {name: tensor for name, tensor in codes.items() if name != "native"}
    fit_prior("gmm", {"components": [2]}, without, budget(), tmp_path)
    assert torch.equal(FittedPrior.load(tmp_path / "prior.safetensors").prior.means, prior.prior.means)


@pytest.mark.parametrize("name", ["ae", "vae", "aae", "wae", "rae"])
def test_without_one_native_is_the_standard_normal(name: str, tmp_path: Path) -> None:
    codes = fitted(name, tmp_path)
    assert codes.keys() == {"train", "validation", "test", "mean", "scale"}
    fit_prior("native", {}, codes, budget(), tmp_path)
    state, about = load_tensors(tmp_path / "prior.safetensors")
    assert about == {"arguments": {"dim": 4}, "name": "native", "format": FORMAT}
    assert state.keys() == {"prior.origin", "mean", "scale"}


@pytest.mark.parametrize("cls", [WAE, RAE, VampVAE])
def test_diverging_trainings_end(cls) -> None:
    x = images(50)
    x[3] = torch.nan
    with pytest.raises(TrainingDiverged, match="try a lower learning rate"):
        train(cls(**SMALL), (x,), Budget(50, 25, seeded()))
