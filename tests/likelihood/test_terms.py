"""Likelihood figures against closed forms: a linear-Gaussian model, a VAE's own loss, and priors that fit or do not."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import score_likelihood as stage
import torch
from linear_model import SHAPE, TINY, D, Linear, images, made, seeded
from torch.distributions import MultivariateNormal

from latentpriors.autoencoders.base import Autoencoder, NativePrior
from latentpriors.autoencoders.cvae import CVAE
from latentpriors.autoencoders.vae import VAE
from latentpriors.autoencoders.vae_gaussian import GaussianVAE
from latentpriors.fits import fit_autoencoder
from latentpriors.likelihood.collapse import collapse
from latentpriors.likelihood.joint import Joint, native_prior
from latentpriors.likelihood.mismatch import code_mismatch, code_scale
from latentpriors.likelihood.proposals import Proposal, chosen_proposal
from latentpriors.likelihood.terms import image_bound, image_terms, likelihood_figures
from latentpriors.registry import names
from latentpriors.store import load_tensors, save_tensors
from latentpriors.training import Budget

WITHOUT_PIXELS = {"pca", "vae_gan"}
STOCHASTIC = {
    "avb",
    "beta_vae",
    "cvae",
    "vae",
    "vae_flow_posterior",
    "vae_flow_prior",
    "vae_gaussian",
    "vae_target",
    "vamp",
}


def stored(z: torch.Tensor) -> dict[str, torch.Tensor]:
    return {"test": z, "mean": torch.zeros(z.shape[1]), "scale": torch.ones(z.shape[1])}


def test_exact_posterior_makes_elbo_and_bound_the_likelihood() -> None:
    model = Linear()
    x = model.data(50)
    terms = image_terms(Joint(model), x, draws=3)
    assert torch.allclose(terms["elbo"], model.exact(x), atol=1e-3)
    assert torch.allclose(image_bound(Joint(model), x, 20), model.exact(x), atol=1e-3)
    # KL(N(m, S) || N(0, I)) and H(N(m, S)) in closed form, from many draws.
    terms = image_terms(Joint(model), x[:1].expand(20_000, -1, -1, -1), draws=1)
    q = MultivariateNormal(x[0].flatten() @ model.gain.T, scale_tril=model.q_scale)
    prior = MultivariateNormal(torch.zeros(D), torch.eye(D))
    assert float(terms["entropy"].mean()) == pytest.approx(float(q.entropy()), abs=0.03)
    expected = float(torch.distributions.kl_divergence(q, prior))
    assert float(terms["kl"].mean()) == pytest.approx(expected, abs=0.03)


def test_bound_closes_the_gap_of_a_wide_posterior() -> None:
    """log p(x) − ELBO = KL(q || exact posterior) = D/2 (w − 1 − log w) where q is w times as wide."""
    model = Linear(widening=4.0)
    x = model.data(2000)
    exact, elbo = model.exact(x), image_terms(Joint(model), x, draws=10)["elbo"]
    assert float((exact - elbo).mean()) == pytest.approx(0.5 * D * (4 - 1 - math.log(4)), abs=0.1)
    means = [float(image_bound(Joint(model), x[:300], samples).mean()) for samples in (2, 10, 200)]
    assert float(elbo[:300].mean()) < means[0] < means[1] < means[2]
    assert means[2] == pytest.approx(float(exact[:300].mean()), abs=0.05)


def test_figures_hold_the_bound_of_all_images_from_some() -> None:
    """The bound on a part, shifted by the ELBO of all, is the likelihood of all; that of the part alone is not."""
    model = Linear()
    x = model.data(100) * torch.linspace(0, 3, 100)[:, None, None, None]
    z = model.posterior(x, 1)[0][0]
    found = likelihood_figures(model, x, stored(z), seeded(), samples=5, bounded=10)
    assert found["iwae"] == pytest.approx(float(model.exact(x).mean()), abs=1e-2)
    assert found["iwae"] == pytest.approx(found["elbo"] + found["iwae_gap"])
    assert abs(found["iwae_gap"]) < 1e-3
    assert (found["iwae_images"], found["iwae_samples"], found["pixels"]) == (10, 5, "gaussian")


@pytest.mark.parametrize("cls", [VAE, GaussianVAE])
def test_terms_are_those_of_the_vaes_own_loss(cls: type[Autoencoder]) -> None:
    """Over noise and its mirror image the first two moments are those of N(0, I): the KL is the closed form's."""
    model, x = cls(**TINY), images(20)
    one = torch.randint(0, 2, (20, D), generator=seeded()).float() * 2 - 1
    losses = []
    for noise in (one, -one):
        model.noise = lambda *shape, noise=noise: noise
        losses.append(model.validation((x,)).item())
    model.noise = lambda *shape: torch.stack([one, -one])
    terms = image_terms(Joint(model), x, draws=2)
    assert -float(terms["elbo"].mean()) == pytest.approx(np.mean(losses), rel=1e-5)
    assert torch.allclose(terms["kl"], terms["nll"] - terms["entropy"])


def test_elbo_is_free_of_the_losss_weight() -> None:
    models = [made("vae"), made("beta_vae")]
    models[1].beta = 9.0
    for model in models:
        model.generator = seeded()
    a, b = (image_terms(Joint(model), images(20))["elbo"] for model in models)
    assert torch.equal(a, b)


@pytest.mark.parametrize("name", sorted(STOCHASTIC))
def test_bound_of_every_stochastic_method_is_above_its_elbo(name: str) -> None:
    model, x = made(name), images(1).repeat(600, 1, 1, 1)
    with torch.no_grad():  # posteriors far from the exact ones: else there is nothing to gain
        model.encoder[-1].weight.mul_(4)
    elbo = image_terms(Joint(model), x)["elbo"]
    one, many = image_bound(Joint(model), x, 1), image_bound(Joint(model), x, 20)
    error = float((elbo.std() + one.std()) / len(x) ** 0.5)
    assert float(one.mean()) == pytest.approx(float(elbo.mean()), abs=4 * error)
    assert many.mean() > elbo.mean()


def test_own_log_prior_is_the_density_of_the_native_prior() -> None:
    """Where a method has both, they are two ways to one number."""
    compared = [name for name in names("autoencoders") if made(name).log_prior]
    assert {"vamp", "vae_flow_prior", "vae_flow_posterior"} <= set(compared)
    for name in compared:
        model, z = made(name), 2 * torch.randn(30, D)
        with torch.no_grad():
            assert torch.allclose(model.log_prior(z), native_prior(model).log_prob(z), atol=1e-3), name


def test_prior_of_the_conditional_vae_is_the_mixture_of_its_classes() -> None:
    model, z = made("cvae"), 2 * torch.randn(30, D)
    classes = torch.distributions.Normal(model.centers.detach(), 1).log_prob(z[:, None]).sum(2)  # (30, K)
    expected = classes.logsumexp(1) - np.log(len(model.centers))
    assert torch.allclose(native_prior(model).log_prob(z), expected, atol=1e-3)


@pytest.mark.parametrize("name", names("autoencoders"))
def test_every_method_gives_what_it_has(name: str) -> None:
    model, x = made(name), images(40)
    codes = model.codes(x).detach().float()

    def figures(**more) -> dict[str, float | str]:
        sizes = {"samples": 3, "bounded": 5, "draws": 2, "labels": torch.arange(40) % 2}
        return likelihood_figures(model, x, stored(codes), seeded(), **sizes, **more)

    found = figures()
    assert {"squared_error", "code_scale", "code_scale_least", "mismatch_accuracy"} <= found.keys()
    assert ("nll" in found) == (name != "aae_learned")  # its prior has samples alone
    assert all(isinstance(value, str) or math.isfinite(value) for value in found.values())
    assert ("elbo" in found) == ("iwae" in found) == (name in STOCHASTIC)
    assert ("active_units" in found) == (name in STOCHASTIC | {"vae_gan"})
    assert ("reconstruction" in found) == (name not in WITHOUT_PIXELS)
    assert found == figures()
    looser = {"iwae", "proposal_width"} <= figures(validation=x).keys()
    assert looser == (name == "glf")  # without noise in the encoder, with a prior of their own


def test_a_deterministic_model_has_reconstruction_and_nll_alone() -> None:
    model, x = made("glf"), images(20)
    terms, own = image_terms(Joint(model), x), model.terms((x,))
    assert set(terms) == {"squared_error", "nll", "reconstruction"}
    for name in ("nll", "reconstruction"):
        assert torch.allclose(terms[name], own[name].double(), atol=1e-4)
    errors = (model.decode(model.encode(x)[0]) - x).square().sum((1, 2, 3)).double()
    assert torch.allclose(terms["squared_error"], errors, atol=1e-5)
    with pytest.raises(ValueError, match="GLF has no posterior over codes"):
        image_bound(Joint(model), x, 3)
    with pytest.raises(ValueError, match="PCA gives images no likelihood"):
        Joint(made("pca")).log_likelihood(x, torch.zeros(20, D))


def test_the_width_of_a_proposal_is_chosen_on_validation_images(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def look(joint: Joint, scale: torch.Tensor, given: torch.Tensor) -> Proposal:
        seen.append(given)
        return chosen_proposal(joint, scale, given)

    monkeypatch.setitem(likelihood_figures.__globals__, "chosen_proposal", look)
    model, x, validation = made("glf"), images(90), images(50, 1)
    likelihood_figures(model, x, stored(model.codes(x).detach()), seeded(), samples=2, bounded=2, validation=validation)
    assert torch.equal(seen[0], validation)


def test_mismatch_is_zero_where_codes_come_from_the_prior() -> None:
    """A mixture's own draws (cvae), and those moved by two of its standard deviations along one axis."""
    model = CVAE(**TINY, classes=3)
    z = native_prior(model).sample(2000, seeded(1))
    scaling = {"mean": z.mean(0), "scale": z.std(0)}
    near = code_mismatch(model, {"test": z} | scaling, seeded())
    assert near["mismatch_sliced_wasserstein"] < 0.08
    assert near["mismatch_accuracy"] == pytest.approx(0.5, abs=0.04)
    # A perfect match is at the floor, and the floor knows nothing of the codes.
    assert near["mismatch_sliced_wasserstein"] < 2 * near["mismatch_floor"] < 0.16
    moved = code_mismatch(model, {"test": z + torch.tensor([2.0, 0.0]) * scaling["scale"]} | scaling, seeded())
    # A shift by v costs |v| / √D, whatever the sets are.
    assert moved["mismatch_sliced_wasserstein"] == pytest.approx(2 / math.sqrt(D), abs=0.1)
    assert moved["mismatch_accuracy"] > 0.7
    assert moved["mismatch_floor"] == near["mismatch_floor"]


def test_mismatch_is_in_units_of_the_codes() -> None:
    model, z = made("vae"), torch.randn(500, D) + 0.5
    found = [
        code_mismatch(model, {"test": z, "mean": torch.zeros(D), "scale": torch.full((D,), scale)}, seeded())
        for scale in (1.0, 4.0)
    ]
    first, second = (figures["mismatch_sliced_wasserstein"] for figures in found)
    assert first == pytest.approx(4 * second, rel=1e-5)


@pytest.mark.parametrize("spread", [1.0, 1e-3])
def test_collapse_is_told_by_what_images_explain(spread: float) -> None:
    """Also where all codes are a thousandth of N(0, I): the verdict is relative to the codes' own scale."""
    x = images(400)

    def verdict(shares: list[float]) -> dict[str, float | str]:
        model = VAE(**TINY)
        signal = torch.nn.functional.normalize(x.flatten(1)[:, :D] - 0.5, dim=0) * 20  # standard deviation one
        mean, scale = spread * torch.tensor(shares) * signal, spread * torch.ones(400, D)
        model.encode = lambda batch: (mean, scale)
        return collapse(model, x, mean + scale * torch.randn(400, D))

    assert verdict([1.0, 1.0]) == {"active_units": 2, "collapse": "none"}
    assert verdict([1.0, 0.02]) == {"active_units": 1, "collapse": "partial"}
    assert verdict([0.01, 0.02]) == {"active_units": 0, "collapse": "full"}


def test_a_conditional_vae_whose_codes_say_the_class_alone_has_collapsed() -> None:
    model, x, y = CVAE(**TINY, classes=3), images(600), torch.arange(600) % 3
    model.generator = seeded()
    with torch.no_grad():
        own = 0.5 * torch.nn.functional.normalize(x.flatten(1)[:, :D] - 0.5, dim=0) * 600**0.5
        for shift, verdict in ((0.0, "full"), (own, "none")):
            mean = model.centers[y] + shift
            model.encode = lambda batch, mean=mean: (mean, torch.ones(600, D))
            codes = mean + torch.randn(600, D)
            assert collapse(model, x, codes, y)["collapse"] == verdict
    with pytest.raises(ValueError, match="CVAE learns from labels; give those"):
        collapse(model, x, codes)


def test_collapse_without_a_mean_in_closed_form_does_not_count_the_draws_noise() -> None:
    """Of 20 draws the means vary by a twentieth of the noise, five times what makes a unit active."""
    model, x = made("vae_flow_posterior"), images(2000)
    signal = torch.nn.functional.normalize(x.flatten(1)[:, :D] - 0.5, dim=0) * 2000**0.5
    for shares, active in (([0.0, 0.0], 0), ([0.0, 0.3], 1)):
        mean = torch.tensor(shares) * signal
        model.encode = lambda batch: (batch, None)
        model.posterior = lambda batch, S, mean=mean: (mean + torch.randn(S, 2000, D), None)
        assert collapse(model, x, mean + torch.randn(2000, D))["active_units"] == active


def test_bound_of_a_deterministic_encoder_comes_near_the_integral() -> None:
    """log p(x) = log ∫ p(x | z) p(z) dz on a grid, with a flow as p(z)."""
    model, x = made("glf"), images(4)
    model.generator, joint = seeded(), Joint(model)
    axis = torch.linspace(-12, 12, 400)
    grid = torch.cartesian_prod(axis, axis)
    with torch.no_grad():
        weights = joint.log_prior(grid).double() + 2 * math.log(24 / 399)
        assert float(weights.logsumexp(0)) == pytest.approx(0, abs=0.01)
        exact = torch.stack(
            [(weights + joint.log_likelihood(one.expand(len(grid), *one.shape), grid)).logsumexp(0) for one in x]
        )
        proposal = chosen_proposal(joint, torch.ones(D), x, widths=(1e-3, 1.0))
        bound = image_bound(Joint(model), x, 20_000, proposal)
        poor = image_bound(Joint(model), x, 20, Proposal(joint, torch.ones(D), 1e-3))
    assert proposal.width == 1.0
    assert torch.allclose(bound, exact, atol=0.1)
    assert (poor < exact - 1).all()


def trained_vae(beta: float, folder: Path) -> tuple[Autoencoder, dict[str, torch.Tensor], torch.Tensor]:
    """A VAE of grey images whose brightness varies: one number tells an image."""
    x = torch.rand(400, 1, 1, 1, generator=seeded()).repeat(1, *SHAPE)
    torch.manual_seed(0)
    splits = {"train": x[:200], "validation": x[200:300], "test": x[300:]}
    arguments = TINY | {"beta": beta, "learning_rate": 1e-2}
    fit_autoencoder("vae", arguments, splits, Budget(500, 50, seeded(), evaluations=3), seeded(), folder)
    model = VAE(**arguments)
    model.load_state_dict(load_tensors(folder / "weights.safetensors")[0])
    return model.eval(), load_tensors(folder / "codes.safetensors")[0], splits["test"]


def test_a_trained_vae_that_collapsed_is_called_so(tmp_path: Path) -> None:
    found = {beta: likelihood_figures(*_order(trained_vae(beta, tmp_path / str(beta)))) for beta in (0.02, 100.0)}
    assert found[0.02]["active_units"] >= 1
    assert found[0.02]["kl"] > 0.5
    assert (found[100.0]["collapse"], found[100.0]["active_units"]) == ("full", 0)
    assert found[100.0]["kl"] == pytest.approx(0, abs=0.2)
    assert found[0.02]["collapse"] != "full"


def _order(trained: tuple) -> tuple:
    model, codes, x = trained
    return model, x, codes, seeded(), 20, 20


def test_code_scale_is_the_mean_and_the_least() -> None:
    found = code_scale(torch.randn(20_000, 2) * torch.tensor([3.0, 0.1]))
    assert found["code_scale"] == pytest.approx(1.55, abs=0.05)
    assert found["code_scale_least"] == pytest.approx(0.1, abs=0.005)


def test_inputs_that_do_not_belong_together_are_refused() -> None:
    model, x = made("vae"), images(20)
    z = torch.randn(20, D)
    for changed, message in (
        ({"images": x[:, :, :2]}, "the autoencoder takes"),
        ({"images": (x * 255).byte()}, "floating point"),
        ({"codes": stored(z[:9])}, "do not belong to 20 images"),
        ({"codes": stored(z[:, :1])}, "of 2 dimensions"),
        ({"codes": stored(z / 0)}, "not finite"),
        ({"images": x * math.nan}, "not finite"),
    ):
        given = {"images": x, "codes": stored(z)} | changed
        with pytest.raises(ValueError, match=message):
            likelihood_figures(model, given["images"], given["codes"], seeded())


def test_native_prior_is_the_one_that_was_trained_along() -> None:
    model = made("vae")
    assert torch.allclose(native_prior(model).sample(20_000, seeded()).std(0), torch.ones(D), atol=0.03)
    state = {"origin": torch.zeros(D), "mean": torch.full((D,), 5.0), "cholesky": 0.1 * torch.eye(D)}
    model.native = lambda: NativePrior("gaussian", {}, state)
    drawn = native_prior(model).sample(2000, seeded())
    assert torch.allclose(drawn.mean(0), torch.full((D,), 5.0), atol=0.02)
    assert torch.allclose(drawn.std(0), torch.full((D,), 0.1), atol=0.01)


@pytest.mark.parametrize("name", ["vae", "ae"])
def test_stage_runs_on_two_seeds(tmp_path: Path, name: str) -> None:
    splits = {split: images(n, n) for split, n in (("train", 90), ("validation", 40), ("test", 30))}
    stored = {f"{k}.images": (255 * x).round().byte() for k, x in splits.items()}
    save_tensors(tmp_path / "images", stored | {"test.labels": torch.arange(30) % 3})
    for index in range(2):
        torch.manual_seed(index)
        folder = tmp_path / str(index)
        fit_autoencoder(name, TINY, splits, Budget(20, 20, seeded(index)), seeded(index), folder)
        for kind in ("weights", "codes"):
            (tmp_path / kind).mkdir(exist_ok=True)
            (folder / f"{kind}.safetensors").rename(tmp_path / kind / f"seed{index}.safetensors")
    arguments, written = {kind: tmp_path / kind for kind in ("images", "codes")}, []
    for _ in range(2):
        stage.score_likelihood(
            {"device": "cpu"}, name, weights=tmp_path / "weights", metrics=tmp_path / "figures.json", **arguments
        )
        written.append((tmp_path / "figures.json").read_text())
    found = json.loads(written[0])
    assert written[0] == written[1]
    assert ("elbo" in found) == ("iwae" in found) == (name == "vae")
    for figure in ("reconstruction", "nll", "code_scale", "mismatch_accuracy"):
        first, second = found[f"{figure}_by_seed"]
        assert first != second or figure == "mismatch_accuracy"
        assert found[figure] == pytest.approx((first + second) / 2)
    with pytest.raises(ValueError, match="holds no seed0"):
        stage.score_likelihood({"device": "cpu"}, name, weights=tmp_path, metrics=tmp_path / "x", **arguments)
