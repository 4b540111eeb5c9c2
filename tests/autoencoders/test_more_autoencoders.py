"""What defines beta_vae, vae_gaussian, cvae, dae, sae and pca, against closed forms and other libraries."""

from pathlib import Path

import numpy as np
import pytest
import sklearn.decomposition
import torch
from torch.distributions import Bernoulli, Categorical, Independent, MixtureSameFamily, Normal
from torch.distributions import kl_divergence as torch_kl

from latentpriors.autoencoders.ae import AE
from latentpriors.autoencoders.base import bernoulli_cross_entropy
from latentpriors.autoencoders.beta_vae import BetaVAE
from latentpriors.autoencoders.cvae import CVAE
from latentpriors.autoencoders.dae import DAE
from latentpriors.autoencoders.pca import PCA
from latentpriors.autoencoders.sae import SAE, activity_divergence, l1_norm
from latentpriors.autoencoders.vae import VAE, kl_divergence
from latentpriors.autoencoders.vae_gaussian import GaussianVAE, gaussian_nll
from latentpriors.fits import fit_autoencoder, fit_prior, load_autoencoder, load_codes
from latentpriors.likelihood.collapse import collapse
from latentpriors.priors.base import FittedPrior
from latentpriors.training import Budget, TrainingDiverged

SMALL = {"shape": (1, 8, 8), "latent": 4, "network": "mlp", "hidden": 16}


def images(n: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(n, 1, 8, 8, generator=seeded(seed))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def budget(steps: int = 30, batch_size: int = 50) -> Budget:
    return Budget(steps, batch_size, seeded(), evaluations=3)


def bars(n: int, classes: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """Images with one of the first rows lit, some pixels of it missing, and the row as their class."""
    y = torch.arange(n) % classes
    x = torch.zeros(n, 1, 8, 8)
    x[torch.arange(n), 0, y] = (torch.rand(n, 8, generator=seeded()) > 0.2).float()
    return x, y


def loss_and_gradients(cls: type, x: torch.Tensor, **own) -> tuple[torch.Tensor, list[torch.Tensor]]:
    torch.manual_seed(0)
    model = cls(**SMALL, **own)
    model.generator = seeded()
    loss = model((x,), "reconstruction")
    return loss, torch.autograd.grad(loss, list(model.parameters()))


@pytest.mark.parametrize("beta", [1.0, 3.0])
def test_beta_vae_without_capacity_is_the_vae(beta: float) -> None:
    (a, of_a), (b, of_b) = (loss_and_gradients(cls, images(9), beta=beta) for cls in (BetaVAE, VAE))
    assert a.item() == pytest.approx(b.item(), rel=1e-6)
    assert all(torch.allclose(g, h, atol=1e-6) for g, h in zip(of_a, of_b, strict=True))


def test_beta_vae_costs_the_distance_from_its_capacity() -> None:
    x, model = images(9), BetaVAE(**SMALL, beta=7.0)
    with torch.no_grad():
        kl = float(torch_kl(Normal(*model.encode(x)), Normal(0.0, 1.0)).sum(1).mean())
        losses = []
        for capacity in (kl, kl + 0.5, kl - 0.5, 0.0):
            model.capacity, model.generator = capacity, seeded()
            losses.append(float(model.validation((x,))))
    assert [loss - losses[0] for loss in losses] == pytest.approx([0, 3.5, 3.5, 7 * kl], abs=1e-4)


def test_beta_vae_capacity_rises_linearly_over_the_run() -> None:
    seen = []

    class Watched(BetaVAE):
        def _loss(self, x: torch.Tensor, capacity: float) -> torch.Tensor:
            seen.append((self.training, capacity))
            return super()._loss(x, capacity)

    Watched(**SMALL, capacity=10.0).fit((images(60),), (images(20),), budget(20, 20))
    assert [c for training, c in seen if training] == pytest.approx([10 * step / 20 for step in range(20)])
    assert {c for training, c in seen if not training} == {10.0}


def test_beta_vae_meets_its_capacity() -> None:
    x = bars(200)[0]
    divergences = []
    for capacity in (1.0, 4.0):
        torch.manual_seed(0)
        model = BetaVAE(**SMALL, beta=20.0, capacity=capacity, learning_rate=5e-3)
        model.fit((x,), (), budget(400, 100))
        divergences.append(kl_divergence(*model.encode(x)).mean().item())
    assert divergences == pytest.approx([1, 4], rel=0.15)


def test_gaussian_nll_agrees_with_torch() -> None:
    x, mean, scale = images(6), images(6, 1), torch.tensor(0.3)
    expected = -Independent(Normal(mean, scale), 3).log_prob(x)
    assert torch.allclose(gaussian_nll(x, mean, scale), expected, rtol=1e-5)


def test_gaussian_vae_loss_is_the_elbo_by_monte_carlo() -> None:
    x, model = images(3), GaussianVAE(**SMALL, scale=0.4, beta=2.0)
    with torch.no_grad():
        q = Normal(*model.encode(x))
        z = q.sample((4000,))
        log_ratio = (q.log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum(2)
        pixels = model.decode(z.flatten(0, 1)).unflatten(0, (4000, 3))
        draws = (2 * log_ratio - Normal(pixels, 0.4).log_prob(x).sum((2, 3, 4))).mean(1)
        losses = torch.stack([model((x,), "reconstruction") for _ in range(1000)])
    error = draws.std() / 4000**0.5 + losses.std() / 1000**0.5
    assert abs(draws.mean() - losses.mean()) < 4 * error


def test_gaussian_vae_learns_the_scale_of_its_errors() -> None:
    x = (0.5 + 0.2 * torch.randn(400, 1, 8, 8, generator=seeded())).clamp(0, 1)
    model = GaussianVAE(**SMALL, learned=True, learning_rate=1e-2)
    model.fit((x,), (), budget(600, 100))
    with torch.no_grad():
        error = (model.decode(model.codes(x)) - x).square().mean().sqrt()
        assert model.scale().item() == pytest.approx(error.item(), rel=0.05)
    fixed = GaussianVAE(**SMALL, scale=0.3)
    fixed.fit((x,), (), budget())
    assert fixed.scale().item() == pytest.approx(0.3)


def test_cvae_divergence_agrees_with_torch() -> None:
    model, y = CVAE(**SMALL, classes=3), torch.tensor([2, 0, 0, 1, 2])
    torch.nn.init.normal_(model.centers)
    mean, scale = torch.randn(5, 4), torch.rand(5, 4) + 0.1
    each = torch.stack([torch_kl(Normal(mean, scale), Normal(m, 1.0)).sum(1) for m in model.centers], 1)
    assert torch.allclose(model.divergence(mean, scale, y), each[torch.arange(5), y], atol=1e-5)
    assert torch.allclose(model.divergence(mean, scale, None), each.mean(1), atol=1e-5)


def test_cvae_is_the_vae_where_there_is_one_class() -> None:
    x = images(9)
    torch.manual_seed(0)
    model = CVAE(**SMALL, classes=1)
    torch.nn.init.zeros_(model.centers)
    model.generator = seeded()
    loss = model((x, torch.zeros(9)), "reconstruction").item()
    assert loss == pytest.approx(loss_and_gradients(VAE, x)[0].item(), rel=1e-6)


def cvae(x: torch.Tensor, y: torch.Tensor) -> CVAE:
    torch.manual_seed(0)
    model = CVAE(**SMALL, classes=4, learning_rate=1e-2)
    model.fit((x, y), (), budget(1000, 100))
    return model


def test_cvae_samples_follow_the_class() -> None:
    model, y = cvae(*bars(400)), torch.arange(200) % 4
    lit = model.sample(y, seeded()).mean((1, 3)).argmax(1)
    assert (lit == y).float().mean() > 0.95
    style = model.class_codes(torch.arange(4), torch.zeros(4, 4))
    assert model.decode(style).mean((1, 3)).argmax(1).tolist() == [0, 1, 2, 3]


def test_cvae_ignores_labels_that_carry_nothing() -> None:
    x, y = bars(400)
    told, untold = cvae(x, y), cvae(x, torch.randint(4, y.shape, generator=seeded()))
    distances = [torch.pdist(model.centers.detach()).max().item() for model in (told, untold)]
    assert distances[1] < 0.15 * distances[0]
    codes = torch.randn(50, 1, 4, generator=seeded()) + untold.centers.detach()
    pictures = untold.decode(codes.flatten(0, 1)).unflatten(0, (50, 4))
    assert pictures.std(1).mean() < 0.2 * pictures.std(0).mean()  # over classes, over noise


def test_cvae_trains_and_decodes_without_labels() -> None:
    x = bars(200)[0]
    model = CVAE(**SMALL, classes=4, learning_rate=1e-2)
    before = torch.pdist(model.centers.detach()).max()
    model.fit((x,), (x,), budget(400, 100))
    assert torch.pdist(model.centers.detach()).max() < 0.1 * before  # nothing tells the classes apart


def test_cvae_gets_labels_and_its_mixture_reaches_the_cell(tmp_path: Path) -> None:
    (x, y), arguments = bars(120), SMALL | {"classes": 4}
    splits = dict.fromkeys(("train", "validation", "test"), x)
    with pytest.raises(ValueError, match="cvae learns from labels; give those"):
        fit_autoencoder("cvae", arguments, splits, budget(), seeded(), tmp_path)
    for classes in (3, 5):
        wrong = SMALL | {"classes": classes}
        with pytest.raises(ValueError, match=f"cvae has {classes} classes and the images have 4; set `classes`"):
            fit_autoencoder("cvae", wrong, splits, budget(), seeded(), tmp_path, dict.fromkeys(splits, y))
    fit_autoencoder("cvae", arguments, splits, budget(300), seeded(), tmp_path, dict.fromkeys(splits, y))
    model = load_autoencoder(tmp_path / "weights.safetensors", "cpu")
    assert torch.pdist(model.centers.detach()).min() > 0.5
    codes = load_codes(tmp_path / "codes.safetensors", "cpu")
    fit_prior("native", {}, codes, budget(), tmp_path)
    prior = FittedPrior.load(tmp_path / "prior.safetensors")
    truth = MixtureSameFamily(Categorical(torch.ones(4)), Independent(Normal(model.centers, torch.ones(4, 4)), 1))
    assert torch.allclose(prior.log_prob(codes["test"]), truth.log_prob(codes["test"]), atol=1e-4)


@pytest.mark.parametrize("corruption", ["gaussian", "masking"])
def test_dae_target_is_the_clean_image(corruption: str) -> None:
    """Two kinds of images under heavy noise: the clean one is found where a copy of the input would be far off."""
    clean = torch.zeros(200, 1, 8, 8)
    clean[:100, :, :4], clean[100:, :, 4:] = 1, 1
    model = DAE(**SMALL, corruption=corruption, amount=0.7, learning_rate=5e-3)
    model.fit((clean,), (), budget(400, 100))
    with torch.no_grad():
        noisy = model.corrupted(clean)
        error = (model.decode(model.encode(noisy)[0]) - clean).square().mean()
        assert error < 0.02 < 0.1 < (noisy.clamp(0, 1) - clean).square().mean()
        loss = model.validation((clean,))
    assert loss < 0.1 * bernoulli_cross_entropy(clean, torch.logit(noisy.clamp(0.01, 0.99))).mean()


def test_dae_noise_is_what_it_says() -> None:
    x = images(3000) + 0.5
    difference = DAE(**SMALL, corruption="gaussian", amount=0.3).corrupted(x) - x
    assert difference.std().item() == pytest.approx(0.3, rel=0.02)
    masked = DAE(**SMALL, corruption="masking", amount=0.3).corrupted(x)
    assert (masked == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)
    assert ((masked == 0) | (masked == x)).all()


def test_dae_without_noise_is_the_autoencoder() -> None:
    for corruption in ("gaussian", "masking"):
        loss = loss_and_gradients(DAE, images(9), corruption=corruption, amount=0.0)[0]
        assert loss.item() == pytest.approx(loss_and_gradients(AE, images(9))[0].item())


def test_sparsities_are_the_formulas_by_hand() -> None:
    assert l1_norm(torch.tensor([[3.0, -4.0], [0.0, 1.0]])).item() == pytest.approx(4)
    z = torch.tensor([[0.1, 0.9], [0.3, 0.1]])  # mean activities 0.2 and 0.5
    expected = 0.2 * np.log(0.2 / 0.5) + 0.8 * np.log(0.8 / 0.5)
    assert activity_divergence(z, 0.2).item() == pytest.approx(expected, abs=1e-6)
    mean = z.mean(0).double()
    each = torch_kl(Bernoulli(torch.full_like(mean, 0.4)), Bernoulli(mean))
    assert activity_divergence(z, 0.4).item() == pytest.approx(each.sum().item(), abs=1e-5)


@pytest.mark.parametrize("sparsity", ["kl", "l1"])
def test_sae_loss_is_its_terms(sparsity: str) -> None:
    x, model = images(9), SAE(**SMALL, sparsity=sparsity, weight=2.5, activity=0.2)
    z = model.encoder(x) if sparsity == "l1" else model.encoder(x).sigmoid()
    extra = l1_norm(z) if sparsity == "l1" else activity_divergence(z, 0.2)
    expected = bernoulli_cross_entropy(x, model.decoder(z)).mean() + 2.5 * extra
    assert model((x,), "reconstruction").item() == pytest.approx(expected.item(), rel=1e-6)


def test_sae_meets_its_activity() -> None:
    x = bars(400)[0]
    model = SAE(**SMALL, weight=30.0, activity=0.1, learning_rate=5e-3)
    model.fit((x,), (), budget(400, 100))
    with torch.no_grad():
        z = model.encode(x)[0]
    assert torch.allclose(z.mean(0), torch.full((4,), 0.1), atol=0.03)
    assert 0 < z.min() < z.max() < 1


@pytest.fixture(scope="module")
def photographs() -> torch.Tensor:
    x = torch.rand(300, 10, generator=seeded()) @ torch.rand(10, 64, generator=seeded(1)) / 6
    return (x + 0.02 * torch.randn(300, 64, generator=seeded(2))).clamp(0, 1).reshape(300, 1, 8, 8)


def test_pca_agrees_with_scikit_learn(photographs: torch.Tensor) -> None:
    train, held_out = photographs.split(200)
    model, points = PCA(**SMALL), []
    taken = Budget(1, 50, seeded(), log=lambda *point: points.append(point), look=points.append)
    figures = model.fit((train,), (held_out,), taken)
    theirs = sklearn.decomposition.PCA(4, svd_solver="full").fit(train.flatten(1).double().numpy())
    x = held_out.flatten(1).double().numpy()
    expected = theirs.inverse_transform(theirs.transform(x))
    with torch.no_grad():
        z = model.encode(held_out)[0]
        linear, decoded = model.decoder(z).flatten(1), model.decode(z).flatten(1)
    assert np.allclose(linear, expected, atol=1e-5)
    assert np.allclose(decoded, expected.clip(0, 1), atol=1e-5)
    assert figures["validation"] == pytest.approx(((expected.clip(0, 1) - x) ** 2).sum(1).mean(), rel=1e-4)
    assert np.allclose(np.abs(z.numpy()), np.abs(theirs.transform(x)), atol=1e-5)
    assert np.allclose(model.variances, theirs.explained_variance_, rtol=1e-4)
    assert points == [(1, figures), 1]


def test_pca_native_prior_is_the_gaussian_of_its_codes(photographs: torch.Tensor, tmp_path: Path) -> None:
    splits = dict.fromkeys(("train", "validation", "test"), photographs)
    figures = fit_autoencoder("pca", SMALL, splits, budget(), seeded(), tmp_path)
    assert figures["parameters"] == 2 * 64 * 4 + 64 + 4
    codes = load_codes(tmp_path / "codes.safetensors", "cpu")
    fit_prior("native", {}, codes, budget(), tmp_path)
    found = FittedPrior.load(tmp_path / "prior.safetensors").log_prob(codes["test"])
    moments = codes["test"].mean(0), torch.cov(codes["test"].T)
    assert torch.allclose(found, torch.distributions.MultivariateNormal(*moments).log_prob(codes["test"]), atol=1e-2)


def test_pca_of_too_little_is_refused() -> None:
    with pytest.raises(ValueError, match="4 images of 64 pixels do not have 4 principal axes"):
        PCA(**SMALL).fit((images(4),), (), budget())
    with pytest.raises(ValueError, match="not finite; clean them"):
        PCA(**SMALL).fit((images(9) / 0,), (), budget())


def test_a_heavy_divergence_collapses_the_posterior() -> None:
    x, units = bars(200)[0], []
    for beta in (0.1, 100.0):
        torch.manual_seed(0)
        model = BetaVAE(**SMALL, beta=beta, learning_rate=5e-3)
        model.fit((x,), (), budget(300, 100))
        units.append(collapse(model, x, model.codes(x).detach())["active_units"])
    assert units == [4, 0]


@pytest.mark.parametrize(
    ("cls", "own", "message"),
    [
        (DAE, {"corruption": "salt"}, "'salt' is unknown; choose from gaussian, masking"),
        (DAE, {"amount": 1.2}, "1.2 is no masking noise"),
        (SAE, {"sparsity": "l0"}, "'l0' is unknown; choose from kl, l1"),
        (SAE, {"activity": 1.0}, "1.0 is not possible"),
        (GaussianVAE, {"scale": 0.0}, "0.0 is no standard deviation"),
    ],
)
def test_impossible_settings_are_refused(cls: type, own: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cls(**SMALL, **own)


@pytest.mark.parametrize("cls", [BetaVAE, GaussianVAE, CVAE, DAE, SAE])
def test_diverging_trainings_end(cls: type) -> None:
    x = images(50)
    x[3] = torch.nan
    with pytest.raises(TrainingDiverged, match="try a lower learning rate"):
        cls(**SMALL).fit((x,), (), budget(50, 25))
