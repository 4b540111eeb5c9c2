"""A contract that every registered prior and autoencoder passes: a new file is walked without a line here."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from small import SMALL

from latentpriors.autoencoders.base import Autoencoder
from latentpriors.fits import load_autoencoder, load_codes
from latentpriors.priors.base import FORMAT, FittedPrior, Prior, Standardization
from latentpriors.registry import find, names
from latentpriors.store import StoreError, save_tensors
from latentpriors.training import Budget

D = 3


def budget(steps: int = 30) -> Budget:
    return Budget(steps, 32, torch.Generator().manual_seed(0), evaluations=3)


def codes(n: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, D, generator=torch.Generator().manual_seed(seed))


def fitted(name: str) -> Prior:
    torch.manual_seed(0)
    prior = find("priors", name)(D, **SMALL.get(name, {}))
    prior.fit(codes(200), codes(100, 1), budget())
    return prior.eval()


def sample(prior: Prior, n: int, seed: int = 0) -> torch.Tensor:
    return prior.sample(n, torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module", params=names("priors"))
def prior(request: pytest.FixtureRequest) -> Prior:
    return fitted(request.param)


@pytest.mark.parametrize("n", [0, 1, 25_001])
def test_prior_samples_exactly_n_finite_codes(prior: Prior, n: int) -> None:
    z = sample(prior, n)
    assert z.shape == (n, D)
    assert z.dtype == torch.float32
    assert z.isfinite().all()
    assert not z.requires_grad


def test_prior_samples_follow_the_seed(prior: Prior) -> None:
    assert torch.equal(sample(prior, 50), sample(prior, 50))
    assert not torch.equal(sample(prior, 50), sample(prior, 50, seed=1))
    state = torch.get_rng_state()
    sample(prior, 50)
    assert torch.equal(state, torch.get_rng_state())  # no noise from anywhere else


def test_prior_saves_and_loads(prior: Prior, tmp_path: Path) -> None:
    (name,) = [name for name in names("priors") if find("priors", name) is type(prior)]
    scaling = Standardization(torch.tensor([1.0, -2.0, 0.0]), torch.tensor([2.0, 0.5, 1.0]))
    whole = FittedPrior(prior, scaling, {"name": name, "arguments": {"dim": D, **SMALL.get(name, {})}})
    whole.save(tmp_path / "p.safetensors")
    torch.manual_seed(99)
    loaded = FittedPrior.load(tmp_path / "p.safetensors")
    assert torch.equal(loaded.sample(20, seed=0), scaling.inverse(sample(prior, 20)))
    assert loaded.about == whole.about
    if prior.has_density:
        z = codes(5)
        assert torch.equal(loaded.log_prob(z), scaling.log_prob(prior.log_prob(scaling(z))))


def test_prior_fit_follows_the_seed(prior: Prior) -> None:
    (name,) = [name for name in names("priors") if find("priors", name) is type(prior)]
    assert torch.equal(sample(fitted(name), 20), sample(prior, 20))


def test_prior_density(prior: Prior) -> None:
    if prior.has_density:
        assert prior.log_prob(codes(7)).shape == (7,)
        assert prior.log_prob(codes(7)).isfinite().all()
        assert prior.log_prob(codes(0)).shape == (0,)
    else:
        with pytest.raises(NotImplementedError, match="no tractable density"):
            prior.log_prob(codes(1))


@pytest.mark.parametrize("kind", ["priors", "autoencoders"])
@pytest.mark.parametrize("precision", ["tf32", "bfloat16"])
def test_every_method_trains_in_every_precision(kind: str, precision: str) -> None:
    for name in names(kind):
        shape = {"priors": (D,), "autoencoders": ((1, 8, 8), D)}[kind]
        method = find(kind, name)(*shape, **SMALL.get(name, {}))
        lower = Budget(3, 32, torch.Generator().manual_seed(0), precision, evaluations=1)
        if kind == "priors":
            method.fit(codes(200), codes(100, 1), lower)
            assert sample(method.eval(), 5).dtype == torch.float32
        else:
            method.fit((images(50),), (images(20),), lower)
            assert method.decode(method.encode(images(2))[0]).dtype == torch.float32


@pytest.fixture(scope="module", params=names("autoencoders"))
def autoencoder(request: pytest.FixtureRequest) -> Autoencoder:
    return trained(request.param)


def images(n: int) -> torch.Tensor:
    return torch.rand(n, 1, 8, 8, generator=torch.Generator().manual_seed(n))


def trained(name: str) -> Autoencoder:
    torch.manual_seed(0)
    model = find("autoencoders", name)((1, 8, 8), D, channels=[4, 8], hidden=16, **SMALL.get(name, {}))
    model.fit((images(100),), (images(20),), budget())
    return model


@pytest.mark.parametrize("n", [1, 7])
def test_autoencoder_shapes(autoencoder: Autoencoder, n: int) -> None:
    mean, scale = autoencoder.encode(images(n))
    assert mean.shape == (n, D)
    assert scale is None or (scale.shape == (n, D) and (scale > 0).all())
    decoded = autoencoder.decode(mean)
    assert decoded.shape == (n, 1, 8, 8)
    assert decoded.dtype == torch.float32
    assert 0 <= decoded.min() <= decoded.max() <= 1
    assert autoencoder.codes(images(n)).shape == (n, D)


def test_autoencoder_follows_the_seed(autoencoder: Autoencoder) -> None:
    (name,) = [name for name in names("autoencoders") if find("autoencoders", name) is type(autoencoder)]
    again = trained(name)
    assert all(torch.equal(a, b) for a, b in zip(autoencoder.parameters(), again.parameters(), strict=True))


def test_autoencoder_saves_and_loads(autoencoder: Autoencoder, tmp_path: Path) -> None:
    (name,) = [name for name in names("autoencoders") if find("autoencoders", name) is type(autoencoder)]
    arguments = {"shape": [1, 8, 8], "latent": D, "channels": [4, 8], "hidden": 16, **SMALL.get(name, {})}
    about = {"name": name, "arguments": arguments, "format": FORMAT}
    save_tensors(tmp_path / "a.safetensors", autoencoder.state_dict(), about)
    loaded = load_autoencoder(tmp_path / "a.safetensors", "cpu")
    assert torch.equal(loaded.decode(codes(5)), autoencoder.decode(codes(5)))
    assert torch.equal(loaded.encode(images(5))[0], autoencoder.encode(images(5))[0])


def test_autoencoder_learns(autoencoder: Autoencoder) -> None:
    """Reconstructions are nearer than the mean image is, on stripes that two codes describe."""
    (name,) = [name for name in names("autoencoders") if find("autoencoders", name) is type(autoencoder)]
    stripes = torch.zeros(64, 1, 8, 8)
    for index in range(64):
        stripes[index, :, index % 8] = 1
    torch.manual_seed(0)
    model = find("autoencoders", name)((1, 8, 8), D, network="mlp", hidden=32, learning_rate=1e-2)
    model.fit((stripes,), (), budget(400))
    with torch.no_grad():
        error = (model.decode(model.encode(stripes)[0]) - stripes).square().mean()
    # Of seven directions, all alike, three codes get a linear map no further than 4/7.
    most = 4 / 7 if name == "pca" else 0.5
    assert error < most * (stripes.mean(0) - stripes).square().mean()


def test_all_methods_start_from_the_same_decoder() -> None:
    weights = []
    for name in set(names("autoencoders")) - {"pca"}:  # a linear one
        torch.manual_seed(0)
        weights.append(find("autoencoders", name)((1, 8, 8), D, network="conv").decoder.state_dict())
    for other in weights[1:]:
        assert all(torch.equal(tensor, other[key]) for key, tensor in weights[0].items())


@pytest.mark.parametrize(
    ("kind", "choices"), [("priors", "flow, .*gaussian"), ("autoencoders", "aae, aae_learned, aae_target, ae, .*vae")]
)
def test_unknown_methods_are_refused(kind: str, choices: str) -> None:
    with pytest.raises(ValueError, match=choices):
        find(kind, "nonsense")


LOADERS = {"a prior": FittedPrior.load, "an autoencoder": load_autoencoder, "codes": load_codes}


@pytest.mark.parametrize(("what", "load"), LOADERS.items(), ids=LOADERS)
def test_a_file_of_another_format_or_kind_is_refused(tmp_path: Path, what: str, load: Callable) -> None:
    path, known = tmp_path / "stale.safetensors", {"name": "native", "arguments": {"dim": D}, "format": FORMAT}
    z = {split: codes(5) for split in ("train", "validation", "test")} | {"mean": torch.zeros(D)}
    for tensors, about, message in (
        ({"origin": torch.zeros(D)}, known | {"format": 1}, rf"is of format 1, and {what}.* of format {FORMAT}"),
        ({"origin": torch.zeros(D)}, known | {"format": FORMAT + 1}, f"is of format {FORMAT + 1}"),
        ({"origin": torch.zeros(D)}, {"format": FORMAT}, f"does not hold {what}"),
        ({"prior.origin": torch.zeros(D + 1)}, known, f"does not hold {what}"),
        ({"prior.origin": torch.zeros(D)}, known | {"name": "ae2"}, f"does not hold {what}"),
        ({"prior.origin": torch.zeros(D)}, known | {"arguments": {"size": D}}, f"does not hold {what}"),
        (z | {"scale": torch.ones(D + 1)}, {"format": FORMAT}, f"does not hold {what}"),
    ):
        save_tensors(path, tensors, about)
        with pytest.raises(StoreError, match=f"^{path} {message}[^\n]*$"):
            load(path, "cpu")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_three_lines_of_the_public_interface(tmp_path: Path, dtype: torch.dtype) -> None:
    z = codes(3000).to(dtype) * torch.tensor([1.0, 10.0, 0.1]) + 4
    prior = FittedPrior.fit("gaussian", z.numpy())
    drawn = prior.sample(20_000, seed=0)
    assert drawn.std(0).tolist() == pytest.approx([1, 10, 0.1], rel=0.05)
    assert drawn.mean(0)[0] == pytest.approx(4, abs=0.1)
    exact = torch.distributions.MultivariateNormal(z.mean(0).double(), torch.cov(z.double().T))
    assert float((prior.log_prob(z[:9].numpy()) - exact.log_prob(z[:9].double())).abs().max()) < 0.3
    assert torch.equal(FittedPrior.fit("gaussian", z).sample(5, seed=1), prior.sample(5, seed=1))
    prior.save(tmp_path / "p.safetensors")
    assert torch.equal(FittedPrior.load(tmp_path / "p.safetensors").sample(5, seed=1), prior.sample(5, seed=1))
    for bad, message in ((z[:, 0], r"shape \(3000,\); \(N, D\)"), (z / 0, "NaN"), (z > 4, "numbers are needed")):
        with pytest.raises(ValueError, match=message):
            FittedPrior.fit("gaussian", bad)
    with pytest.raises(ValueError, match="priors: 'gausian' is unknown; choose from"):
        FittedPrior.fit("gausian", z)
