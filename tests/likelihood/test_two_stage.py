"""The likelihood of pixels under a prior that was fitted afterwards, against closed forms and an integral."""

import json
import math
from pathlib import Path

import pytest
import score_bound as stage
import torch
from linear_model import NOISE, TINY, D, Linear, images, made, seeded
from torch.distributions import MultivariateNormal

from latentpriors.fits import fit_autoencoder, fit_prior
from latentpriors.likelihood.joint import Joint
from latentpriors.likelihood.two_stage import two_stage_figures
from latentpriors.priors.base import FittedPrior
from latentpriors.store import load_tensors, save_tensors
from latentpriors.training import Budget


def fitted(z: torch.Tensor) -> tuple[FittedPrior, MultivariateNormal]:
    """Returns a prior fitted to codes, and its density."""
    prior = FittedPrior.fit("gaussian", z, validation=z)
    return prior, MultivariateNormal(z.mean(0), torch.cov(z.T, correction=0))


def skewed(n: int) -> torch.Tensor:
    return torch.randn(n, D, generator=seeded(5)) @ torch.tensor([[1.5, 0.0], [0.4, 0.3]]) + torch.tensor([0.5, -1.0])


def test_figures_are_those_of_the_linear_model_with_the_fitted_prior() -> None:
    """x | z ~ N(W z, NOISE² I) and z ~ N(m, S) give x ~ N(W m, W S Wᵀ + NOISE² I)."""
    torch.manual_seed(0)
    model = Linear(widening=1.5)
    x = model.data(200)
    prior, density = fitted(skewed(500))
    found = two_stage_figures(model, prior, x, {"test": skewed(200)}, seeded(), x, samples=2000, bounded=200)
    covariance = model.W @ density.covariance_matrix @ model.W.T + NOISE**2 * torch.eye(16)
    exact = MultivariateNormal(model.W @ density.mean, covariance).log_prob(x.flatten(1)).mean()
    assert found["iwae"] == pytest.approx(float(exact), abs=0.02)
    assert found["elbo"] < found["iwae"] - 0.05
    assert found["kl"] == pytest.approx(found["nll"] - found["entropy"])
    assert found["pixels"] == "gaussian"
    assert abs(found["iwae"] - float(model.exact(x).mean())) > 0.5  # not the bound with the model's own prior


def test_bound_without_a_posterior_comes_near_the_integral() -> None:
    model, x = made("ae"), images(4)
    prior, density = fitted(skewed(500))
    axis = torch.linspace(-8, 8, 400)
    grid = torch.cartesian_prod(axis, axis)
    with torch.no_grad():
        weights = density.log_prob(grid).double() + 2 * math.log(16 / 399)
        likelihoods = [Joint(model).log_likelihood(one.expand(len(grid), *one.shape), grid) for one in x]
        exact = torch.stack([(weights + one).logsumexp(0) for one in likelihoods]).mean()
    found = two_stage_figures(model, prior, x, {"test": skewed(4)}, seeded(), images(9, 1), 20_000, 4)
    assert found["iwae"] == pytest.approx(float(exact), abs=0.1)
    assert found["proposal_width"] > 0
    assert "elbo" not in found


def test_the_width_is_chosen_on_validation_images(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    chosen = two_stage_figures.__globals__["chosen_proposal"]
    look = lambda joint, scale, given, **more: seen.append(given) or chosen(joint, scale, given, **more)  # noqa: E731
    monkeypatch.setitem(two_stage_figures.__globals__, "chosen_proposal", look)
    prior, _ = fitted(skewed(500))
    test, validation = images(4), images(9, 1)
    two_stage_figures(made("ae"), prior, test, {"test": skewed(4)}, seeded(), validation, 5, 4)
    assert torch.equal(seen[0], validation)


def test_what_has_no_likelihood_is_refused() -> None:
    prior, _ = fitted(skewed(500))
    none = FittedPrior.native("wgan", {"hidden": [8]}, {}, D)
    codes = {"test": skewed(4)}
    with pytest.raises(ValueError, match="wgan has no density"):
        two_stage_figures(made("ae"), none, images(4), codes, seeded(), images(4))
    with pytest.raises(ValueError, match="PCA gives images no likelihood"):
        two_stage_figures(made("pca"), prior, images(4), codes, seeded(), images(4))


def test_stage_runs_on_two_seeds(root: Path, tmp_path: Path) -> None:
    splits = {split: images(n, n) for split, n in (("train", 90), ("validation", 40), ("test", 30))}
    save_tensors(tmp_path / "images", {f"{k}.images": (255 * x).round().byte() for k, x in splits.items()})
    for index in range(2):
        torch.manual_seed(index)
        folder = tmp_path / str(index)
        fit_autoencoder("ae", TINY, splits, Budget(20, 20, seeded(index)), seeded(index), folder)
        fit_prior(
            "gaussian", {"dim": D}, load_tensors(folder / "codes.safetensors")[0], Budget(1, 20, seeded()), folder
        )
        for kind in ("weights", "codes", "prior"):
            (tmp_path / kind).mkdir(exist_ok=True)
            (folder / f"{kind}.safetensors").rename(tmp_path / kind / f"seed{index}.safetensors")
    arguments = {kind: tmp_path / kind for kind in ("images", "weights", "codes")}
    stage.score_bound(
        {"device": "cpu"}, "ae", "gaussian", priors=tmp_path / "prior", metrics=tmp_path / "x", **arguments
    )
    found = json.loads((tmp_path / "x").read_text())
    first, second = found["iwae_by_seed"]
    assert first != second
    assert found["iwae"] == pytest.approx((first + second) / 2)
    with pytest.raises(ValueError, match="holds no seed0"):
        stage.score_bound({"device": "cpu"}, "ae", "gaussian", priors=tmp_path, metrics=tmp_path / "x", **arguments)
