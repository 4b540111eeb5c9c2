"""Completing images: against brute force over codes, on an answer that is a coin's flip, and the stage as a whole."""

import json
import math
from pathlib import Path

import completion as stage
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch.distributions import Bernoulli, Normal

from latentpriors import over_seeds
from latentpriors.store import save_tensors
from latentpriors.studies.completion import Baseline, CompletionVAE, completions, seen_quarters
from latentpriors.training import Budget, train

SMALL = {"shape": (1, 4, 4), "quarters": 1, "network": "mlp", "channels": (), "hidden": 16}
CONV = SMALL | {"shape": (3, 8, 8), "quarters": 3, "network": "conv", "channels": (4,)}


def made(cls: type[Baseline], settings: dict, **kwargs: object) -> Baseline:
    model = cls(**settings, **kwargs)
    for parameter in model.parameters():  # answers that depend on what they should, also before any training
        parameter.data.mul_(3)
    return model.eval()


def binary(n: int, shape: tuple[int, ...] = (1, 4, 4)) -> torch.Tensor:
    return torch.randint(2, (n, *shape)).float()


def test_the_seen_quarters() -> None:
    assert seen_quarters(2, 2, 1).tolist() == [[0, 0], [1, 0]]
    assert seen_quarters(2, 2, 2).tolist() == [[1, 0], [1, 0]]
    assert seen_quarters(2, 2, 3).tolist() == [[1, 0], [1, 1]]
    assert [seen_quarters(5, 7, quarters).sum() for quarters in (1, 2, 3)] == [3 * 3, 5 * 3, 5 * 3 + 3 * 4]
    for quarters in (0, 4):
        with pytest.raises(ValueError, match=f"{quarters} of four quarters cannot be the seen part"):
            seen_quarters(4, 4, quarters)


@pytest.mark.parametrize("settings", [SMALL, CONV], ids=["mlp", "conv"])
@pytest.mark.parametrize("cls", [Baseline, CompletionVAE])
@torch.no_grad()
def test_what_is_seen_stays_and_what_is_missing_is_not_looked_at(cls: type[Baseline], settings: dict) -> None:
    model, x = made(cls, settings), torch.rand(5, *settings["shape"])
    missing = model.seen.expand_as(x) == 0
    other = torch.where(missing, torch.rand_like(x), x)
    found = []
    for images in (x, other):
        model.generator = torch.Generator().manual_seed(0)
        found.append(model.complete(images))
    assert torch.equal(found[0][~missing], x[~missing])
    assert torch.equal(found[0], found[1])
    assert not torch.allclose(found[0][missing], x[missing], atol=0.1)


@torch.no_grad()
def test_cross_entropy_is_that_of_the_missing_pixels_alone() -> None:
    model, x = made(Baseline, SMALL), torch.rand(3, 1, 4, 4)
    p = torch.sigmoid(model.decoder(model.told(x))).double()
    each = -(x * p.log() + (1 - x) * (1 - p).log())
    each[:, :, 2:, :2] = 0
    assert torch.allclose(model.nll(x).double(), each.sum((1, 2, 3)), rtol=1e-4)


class Tiny:
    """A conditional VAE with one code dimension, and −log p(y | x) of one image by the trapezoidal rule."""

    def __init__(self) -> None:
        self.model, self.x = made(CompletionVAE, SMALL, latent=1), binary(1)
        self.model.generator = torch.Generator().manual_seed(0)
        # q is wider than the prior and beside it: an estimate with equal weights would be wrong.
        last = self.model.recognition_network[-1]
        prior = self.model.prior_network(self.model.with_mask(self.x * self.model.seen))[0]
        last.weight.data.mul_(0.1)
        last.bias.data.copy_(prior + torch.tensor([0.5 * math.exp(prior[1] / 2), 0.6]))
        self.exact = self.integral(*prior.double())

    def integral(self, mean: torch.Tensor, log_variance: torch.Tensor) -> float:
        p = Normal(mean, (log_variance / 2).exp())
        z = torch.linspace(-9, 9, 2001).double() * p.stddev + mean
        told = self.model.told(self.x).expand(len(z), -1)
        logits = self.model.logits(told, z[:, None].float())
        rows, columns = torch.nonzero(seen_quarters(4, 4, 1) == 0, as_tuple=True)
        log_y = Bernoulli(logits=logits[:, 0, rows, columns].double()).log_prob(self.x[0, 0, rows, columns].double())
        return -float(torch.trapezoid((log_y.sum(1) + p.log_prob(z)).exp(), z).log())


@torch.no_grad()
def test_importance_sampling_finds_the_integral_over_the_codes() -> None:
    tiny = Tiny()
    copies = tiny.model.nll(tiny.x.expand(1500, 1, 4, 4), 10)
    assert copies.dtype == torch.float64
    assert -float((-copies).logsumexp(0) - math.log(1500)) == pytest.approx(tiny.exact, abs=0.03)


@torch.no_grad()
def test_the_bound_is_below_the_likelihood_and_tightens_with_the_samples() -> None:
    tiny = Tiny()
    x = tiny.x.expand(4000, 1, 4, 4)
    means = [float(tiny.model.nll(x, samples).mean()) for samples in (1, 3, 12)]
    assert means[0] > means[1] + 0.01 > means[2] + 0.02 > tiny.exact + 0.01
    bound = sum(tiny.model.terms(x)).double()
    assert float(bound.mean()) == pytest.approx(means[0], abs=5 * float(bound.std()) / 4000**0.5 + 0.05)


def coins(n: int) -> torch.Tensor:
    """Images whose seen quarter is noise and whose other pixels are all black or all white, by a coin's flip."""
    missing = seen_quarters(4, 4, 1) == 0
    return torch.where(missing, torch.randint(2, (n, 1, 1, 1)).float(), torch.rand(n, 1, 4, 4))


def test_a_coins_flip_costs_the_vae_one_bit_and_the_baseline_one_for_each_pixel() -> None:
    x, test, nll = coins(600), coins(200), {}
    for cls in (Baseline, CompletionVAE):
        torch.manual_seed(0)
        model = cls(**SMALL | {"hidden": 32}, learning_rate=1e-2)
        train(model, (x,), Budget(250, 100, torch.Generator().manual_seed(0)), (coins(200),))
        with torch.no_grad():
            nll[cls], answers = float(model.nll(test, 50).mean()), model.complete(test)
    assert nll[Baseline] == pytest.approx(12 * math.log(2), abs=0.15)
    assert math.log(2) - 0.05 < nll[CompletionVAE] < math.log(2) + 0.2
    whites = answers[:, :, seen_quarters(4, 4, 1) == 0].mean(2)
    assert ((whites - 0.5).abs() > 0.4).float().mean() > 0.9  # all black or all white, hardly ever a mixture
    assert 0.3 < (whites > 0.5).float().mean() < 0.7


def test_the_pictures_rows() -> None:
    x = torch.rand(3, 1, 4, 4)
    made_of = completions(made(Baseline, SMALL), made(CompletionVAE, SMALL), x).unflatten(0, (3, 8)).float() / 255
    assert torch.allclose(made_of[:, 1], x, atol=0.003)
    assert torch.allclose(made_of[:, :, :, 2:, :2], x[:, None, :, 2:, :2].expand(3, 8, 1, 2, 2), atol=0.003)
    assert (made_of[:, 0, :, :2] * 255).unique().item() == 128
    assert made_of[:, 3:, :, :2].std(1).max() > 0.1  # the VAE's answers differ


def test_the_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = {"latent": 2, "network": "mlp", "channels": [], "hidden": 8, "learning_rate": 1e-2}
    toy = {
        "completion": {"factor": 2, "quarters": [1, 3], "samples": 2},
        "autoencoder": {"steps": 1, "batch_size": 8, "precision": "float32", "network": network},
    }
    params = {"seeds": 2, "device": "cpu", "datasets": {"toy": toy}}
    images = {split: torch.randint(256, (9, 1, 8, 8)).byte() for split in ("train", "validation", "test")}
    save_tensors(tmp_path / "images", {f"{split}.images": x for split, x in images.items()})
    arguments = {"dataset": "toy", **{name: tmp_path / name for name in ("images", "metrics", "preview")}}
    monkeypatch.setattr(over_seeds, "WORK", tmp_path / "work")
    stage.completion(params, **arguments)
    found = json.loads((tmp_path / "metrics").read_text())
    assert (found["steps"], found["samples"], found["device"]) == (2, 2, "cpu")
    for name in ("baseline_1", "cvae_1", "baseline_3", "cvae_3"):
        assert found[f"{name}_nll"] == pytest.approx(np.mean(found[f"{name}_nll_by_seed"]))
    assert found["cvae_3_bound"] == pytest.approx(found["cvae_3_reconstruction"] + found["cvae_3_kl"], rel=1e-5)
    assert found["baseline_1_nll"] > 2 * found["baseline_3_nll"]  # three times the pixels
    logged = pd.read_csv(tmp_path / "preview/curves.csv")
    assert {"baseline_1_model", "cvae_3_validation"} < set(logged.figure)
    assert set(logged.seed) == {0, 1}
    picture = np.asarray(Image.open(tmp_path / "preview/completions.png"))
    assert picture.shape == (16 * 8, 8 * 8)
    truth = images["test"][:8].numpy().reshape(64, 8)
    assert (picture[:, 8:16] == np.concatenate([truth, truth])).all()
    before = found["baseline_1_nll"]
    images["test"] = torch.zeros_like(images["test"])  # scored are test images, and nothing else looks at them
    save_tensors(tmp_path / "images", {f"{split}.images": x for split, x in images.items()})
    stage.completion(params, **arguments)
    assert json.loads((tmp_path / "metrics").read_text())["baseline_1_nll"] != pytest.approx(before, rel=1e-4)
    assert pd.read_csv(tmp_path / "preview/curves.csv").equals(logged)
