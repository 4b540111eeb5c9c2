"""The sweep over β: points against models trained by hand, failures that stay in the table, known fluctuations."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sweep as stage
import torch
from scipy.linalg import sqrtm
from scipy.stats import t as student
from small import SMALL
from torch.nn.functional import binary_cross_entropy_with_logits

from latentpriors import over_seeds
from latentpriors.autoencoders.glf import GLF
from latentpriors.autoencoders.vae import VAE, kl_divergence
from latentpriors.data.readers import read
from latentpriors.evaluation.previews import read_grid
from latentpriors.likelihood import joint
from latentpriors.networks import Classifier
from latentpriors.report.plots.style import save
from latentpriors.report.plots.sweep import fluctuation, scale_curves, sweep_lines
from latentpriors.store import load_tensors, save_tensors
from latentpriors.studies import sweep
from latentpriors.studies.sweep import (
    COLUMNS,
    FIGURES,
    SHOTS,
    at_beta,
    fit_point,
    follow,
    native_shots,
    points,
    summary,
)
from latentpriors.studies.swept import SWEPT
from latentpriors.training import Budget

NETWORK = {"latent": 2, "network": "mlp", "channels": [], "hidden": 16, "learning_rate": 5e-3}
SETTINGS = NETWORK | {"shape": [1, 8, 8]}
FLOW = SMALL["glf"]
N = 60  # scored samples


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def budget(steps: int = 60, **options: object) -> Budget:
    return Budget(steps, 64, seeded(), evaluations=6, **options)


@pytest.fixture(scope="module")
def images() -> dict[str, torch.Tensor]:
    x = read("digits", Path())["train"][0][:600]
    return {"train": x[:400], "validation": x[400:500], "test": x[500:]}


@pytest.fixture(scope="module")
def judge(images: dict) -> tuple[Classifier, dict[str, np.ndarray]]:
    """A classifier that has learned nothing, and its moments of real images."""
    torch.manual_seed(5)
    classifier, moments = Classifier((1, 8, 8), hidden=8).eval(), {}
    for split in ("validation", "test"):
        for layer, values in zip(("logits", "penultimate"), heard(classifier, images[split]), strict=True):
            moments |= {f"{split}.0.{layer}.mean": values.mean(0), f"{split}.0.{layer}.cov": np.cov(values.T)}
    return classifier, moments


@torch.no_grad()
def heard(classifier: Classifier, images: torch.Tensor) -> list[np.ndarray]:
    return [values.double().numpy() for values in classifier.activations(images.float() / 255)]


@torch.enable_grad()
def point(name: str, arguments: dict, images: dict, judge: tuple, folder: Path, **options: object) -> dict:
    torch.manual_seed(0)
    shares = {split: x.float() / 255 for split, x in images.items()}
    return fit_point(
        name, SETTINGS | arguments, shares, budget(**options), seeded(1), seeded(2), [judge[0]], judge[1], N, folder
    )


@torch.enable_grad()
def by_hand(cls: type, arguments: dict, images: dict) -> tuple[torch.nn.Module, torch.Tensor]:
    """Returns a model that nobody looked at while it was trained, and the test images."""
    torch.manual_seed(0)
    model = cls(**SETTINGS, **arguments)
    model.fit((images["train"].float() / 255,), (images["validation"].float() / 255,), budget())
    return model.eval(), images["test"].float() / 255


def cross_entropy(model: torch.nn.Module, x: torch.Tensor, z: torch.Tensor) -> float:
    return float(binary_cross_entropy_with_logits(model.decoder(z), x, reduction="sum")) / len(x)


def fcd(model: torch.nn.Module, drawn: torch.Tensor, judge: tuple) -> float:
    """Returns the Fréchet distance of decoded codes to the test images, by the matrix square root."""
    classifier, reference = judge
    values = heard(classifier, (torch.sigmoid(model.decoder(drawn)) * 255).round().byte())[0]
    mean, covariance = reference["test.0.logits.mean"], reference["test.0.logits.cov"]
    own = np.cov(values.T)
    root = sqrtm(own @ covariance).real
    return float(((values.mean(0) - mean) ** 2).sum() + np.trace(own + covariance - 2 * root))


def test_the_points_have_every_method_at_every_beta_and_glf_once_without() -> None:
    found = points([1, 10])
    assert found[0] == ("glf", None)
    assert [name for name, _ in found].count("glf") == 1
    assert set(found[1:]) == {(name, beta) for name in SWEPT for beta in (1, 10)}
    assert at_beta("glf", {"transforms": 3}, None) == {"transforms": 3}
    assert at_beta("glf_regularized", {"beta": 10.0}, 3) == {"beta": 3}


@torch.no_grad()
def test_beta_weighs_the_reconstruction_of_the_vae_too(images: dict) -> None:
    model, x = VAE(**SETTINGS, **at_beta("vae", {"beta": 1.0}, 10)), images["test"].float() / 255
    model.generator = seeded(3)
    loss = 10 * float(model.validation((x,)))
    mean, scale = model.encode(x)
    z = mean + scale * torch.randn(mean.shape, generator=seeded(3))
    assert loss == pytest.approx(10 * cross_entropy(model, x, z) + float(kl_divergence(mean, scale).mean()), rel=1e-5)


@torch.no_grad()
def test_glf_is_what_it_is_by_hand(images: dict, judge: tuple, tmp_path: Path) -> None:
    found = point("glf", FLOW, images, judge, tmp_path)
    model, x = by_hand(GLF, FLOW, images)
    z = model.encoder(x)
    assert found["reconstruction"] == pytest.approx(cross_entropy(model, x, z), rel=1e-5)
    assert found["nll"] == pytest.approx(-float(model.prior.log_prob(z).mean()), rel=1e-5)
    assert found["code_scale"] == pytest.approx(float(np.std(z.numpy(), axis=0, ddof=1).mean()), rel=1e-5)
    drawn = model.prior.sample(N, seeded(2))
    assert found["fcd"] == pytest.approx(fcd(model, drawn, judge), rel=1e-4)
    assert not {"entropy", "kl", "collapse", "failure"} & found.keys()
    assert found.keys() <= set(FIGURES)
    shots = load_tensors(tmp_path / "shots.safetensors")[0]
    assert sorted(shots) == ["0000010", "0000020", "0000030", "0000040", "0000050", "0000060"]
    first = torch.sigmoid(model.decoder(model.prior.sample(SHOTS, seeded(2))))
    assert (shots["0000060"].float() / 255 - first).abs().max() <= 0.5 / 255 + 1e-6  # of the flow, not of N(0, I)
    assert not torch.equal(shots["0000010"], shots["0000060"])


@torch.no_grad()
def test_the_vae_at_beta_is_what_it_is_by_hand(images: dict, judge: tuple, tmp_path: Path) -> None:
    found = point("vae", at_beta("vae", {}, 10), images, judge, tmp_path)
    model, x = by_hand(VAE, {"beta": 0.1}, images)
    mean, scale = model.encode(x)
    z = mean + scale * torch.randn((400, *mean.shape), generator=seeded(9))
    kl = float(kl_divergence(mean, scale).mean())
    assert found["kl"] == pytest.approx(kl, rel=0.1)
    assert found["entropy"] == pytest.approx(
        float((scale.log() + 0.5 * math.log(2 * math.pi * math.e)).sum(1).mean()), abs=0.2
    )
    assert found["reconstruction"] == pytest.approx(
        cross_entropy(model, x.repeat(400, 1, 1, 1), z.flatten(0, 1)), rel=0.02
    )
    assert found["elbo"] == pytest.approx(-found["reconstruction"] - found["kl"])
    assert found["fcd"] == pytest.approx(fcd(model, torch.randn(N, 2, generator=seeded(2)), judge), rel=1e-4)
    heavier = point("vae", at_beta("vae", {}, 0.1), images, judge, tmp_path)
    assert heavier["kl"] < 0.3 * kl


def test_a_look_measures_the_weights_of_its_step_and_changes_nothing(images: dict) -> None:
    torch.manual_seed(0)
    model, x, log = GLF(**SETTINGS, **FLOW), images["validation"].float() / 255, []
    model.generator = seeded(4)
    before, look = model.generator.get_state(), follow(model, x, lambda step, figures: log.append((step, figures)))
    look(7)
    look(8)
    assert log[0][0] == 7
    assert log[0][1] == log[1][1]
    assert log[0][1].keys() == {"reconstruction", "nll", "code_scale"}
    with torch.no_grad():
        assert log[0][1]["reconstruction"] == pytest.approx(cross_entropy(model, x, model.encoder(x)), rel=1e-5)
        assert log[0][1]["nll"] == pytest.approx(-float(model.prior.log_prob(model.encoder(x)).mean()), rel=1e-5)
    assert model.training
    assert torch.equal(model.generator.get_state(), before)


def test_shots_leave_the_training_and_its_randomness_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    model = GLF(**SETTINGS, **FLOW)
    before = torch.random.get_rng_state()
    shots = native_shots(model, 3)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert model.training
    assert (shots.shape, shots.dtype) == ((SHOTS, 1, 8, 8), torch.uint8)
    assert shots.any(3).any(2).all()
    assert torch.equal(native_shots(model, 3), shots)
    monkeypatch.setattr(sweep, "native_prior", _Broken)
    assert not native_shots(model, 3).any()


def test_a_point_that_diverges_is_a_failure_without_figures(images: dict, judge: tuple, tmp_path: Path) -> None:
    arguments = {"beta": 1e38, "transforms": 2, "flow_hidden": [8]}
    found = point("vae_flow_prior", arguments, images, judge, tmp_path)
    assert "try a lower learning rate" in found.pop("failure")
    assert found == {}


class _Broken:
    has_density = True

    def __init__(self, model: torch.nn.Module):
        self.latent = model.latent

    def sample(self, n: int, generator: torch.Generator) -> torch.Tensor:
        return torch.full((n, self.latent), math.nan)

    def log_prob(self, z: torch.Tensor) -> torch.Tensor:
        return -z.square().sum(1)


def test_a_prior_that_breaks_costs_the_figures_of_its_samples(
    images: dict, judge: tuple, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joint, "native_prior", _Broken)
    found = point("vae", {}, images, judge, tmp_path, steps=5)
    assert found["failure"] == "the prior drew codes that are not finite"
    assert found["reconstruction"] > 0
    assert "fcd" not in found


def test_the_summary_has_students_interval_and_says_what_failed() -> None:
    verdicts = {1.0: "none", 2.0: "partial", 6.0: "none"}
    row = summary([{"fcd": score, "collapse": verdict} for score, verdict in verdicts.items()])
    low, high = student.interval(0.95, 2, loc=3, scale=np.std([1, 2, 6], ddof=1) / math.sqrt(3))
    assert (row["fcd"], row["fcd_low"], row["fcd_high"]) == pytest.approx((3, low, high))
    assert (row["fcd_by_seed"], row["collapse"], row["seeds"]) == ([1, 2, 6], "partial", 3)
    assert "failures" not in row
    row = summary([{"fcd": 5.0, "nll": -7.0}, {"failure": "it diverged"}])
    assert (row["failures"], row["failure"], row["fcd"], row["fcd_low"]) == (1, "it diverged", 5, None)
    assert row["fcd_by_seed"] == [5, None]
    assert "kl" not in row
    json.dumps(row, allow_nan=False)
    assert summary([{"failure": "it diverged"}]) == {"seeds": 1, "failure": "it diverged", "failures": 1}


def followed(method: str, beta: float, values: list[float], figure: str = "code_scale", seed: int = 0) -> pd.DataFrame:
    steps = 30 * np.arange(1, len(values) + 1)
    return pd.DataFrame(
        {"method": method, "beta": beta, "step": steps, "seed": seed, "figure": figure, "value": values}
    )


def test_fluctuation_of_what_is_known() -> None:
    first = [9.0, 1.0, 30.0, -4.0]  # looks 1 to 4 of 10: not yet the second half
    table = pd.concat([
        followed("glf", math.nan, [*first, 2, 2, 2, 2, 2, 2]),
        followed("glf", math.nan, [*first, 1, 2, 3, 4, 5, 6], "nll"),
        followed("vae", 3, [*first, 1, 1.1, 1, 1.1, 1, 1.1]),
        followed("vae", 3, [*first, -4, -6, -4, -6, -4, -6], "nll"),
        followed("vae", 10, [*first, 32, 16, 8, 4, 2, 1]),
        followed("vae", 10, [*first, 1, 1, 1, 1, 1, math.inf], "nll"),
        followed("vae", 10, [*first, 32, 16, 8, 4, 2, 1], seed=1),
        followed("vae", 10, [*first, 4, 6, 4, 6, 4, 6], "nll", seed=1),
    ])  # fmt: skip
    found = fluctuation(table).set_index(["method", "beta"])
    swing = np.std([2, -2, 2, -2, 2], ddof=1)
    assert found.loc[("glf", math.nan)].tolist() == [0, 0, 0]  # nothing moves, or steadily
    relative = [0.1, 1 / 1.1 - 1, 0.1, 1 / 1.1 - 1, 0.1]
    assert found.loc[("vae", 3)].tolist() == pytest.approx([np.std(relative, ddof=1), swing / 5, swing])
    assert found.loc[("vae", 10)].tolist() == pytest.approx([0, swing / 10, swing / 2])  # half of the seeds swing


def test_the_pictures(tmp_path: Path) -> None:
    facts = [
        {"method": name, "beta": beta, "seed": seed, "nll": seed, "reconstruction": beta, "fcd": beta + seed}
        for name in SWEPT for beta in (1, 10) for seed in (0, 1)
    ]  # fmt: skip
    facts[-1] |= {"nll": math.nan, "reconstruction": math.nan, "fcd": math.nan, "failure": "it diverged"}
    facts += [{"method": "glf", "beta": math.nan, "seed": seed, "fcd": 2.0 + 2 * seed, "nll": -5.0} for seed in (0, 1)]
    picture = sweep_lines(pd.DataFrame(facts).reindex(columns=list(COLUMNS)))
    save(picture, tmp_path / "lines.png")
    panels = {axes.get_title(): axes for axes in picture.axes}
    assert all(axes.get_position().width > 0.3 for axes in picture.axes)  # a stray mark can take all the room
    drawn = {
        line.get_color(): line for line in panels["FCD"].lines if line.get_marker() == "o" and len(line.get_xdata())
    }
    assert len(drawn) == len(SWEPT)
    assert all(line.get_xdata().tolist() == [1, 10] for line in drawn.values())
    assert next(iter(drawn.values())).get_ydata().tolist() == [1.5, 10.5]
    (dashed,) = [line for line in panels["FCD"].lines if line.get_linestyle() == "--" and len(line.get_ydata())]
    assert dashed.get_ydata()[0] == 3
    assert [line.get_xdata().tolist() for line in panels["FCD"].lines if line.get_marker() == "x"].count([10]) == 1
    table = pd.concat([
        followed(name, beta, [1.0, 0.1, math.nan], figure)
        for name, beta in (("glf", math.nan), ("glf_regularized", 1), ("glf_regularized", 10), ("vae", 1))
        for figure in ("code_scale", "nll")
    ])  # fmt: skip
    panels = scale_curves(table).axes
    assert [axes.get_title() for axes in panels] == ["β = 1", "β = 10", "", ""]
    assert [axes.get_yscale() for axes in panels] == ["log", "log", "linear", "linear"]
    drawn = [[line.get_ydata().tolist() for line in axes.lines if len(line.get_ydata())] for axes in panels]
    assert drawn == [[[1.0, 0.1]] * 2] * 4  # not the VAE's
    quiet = [followed("glf_regularized", beta, [2.0, 3.0] * 60, "nll") for beta in (1, 10)]
    wild = scale_curves(pd.concat([*quiet, followed("glf_regularized", 10, [2.0, 1e7, 3.0], "nll", seed=1)])).axes
    assert wild[3].get_ylim()[1] < 4
    assert [[text.get_text() for text in axes.texts] for axes in wild] == [[], [], [], ["peak 1e+07"]]


def test_the_stage(tmp_path: Path, images: dict, judge: tuple, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = {name: SMALL.get(name, {}) | {"factor": 2} for name in ("glf", *SWEPT)}
    blocks["glf_regularized"] = FLOW | {"method": "glf", "stop_gradient": False, "factor": 2}
    toy = {
        "sweep": {"factor": 0.5, "betas": [2, 1e38]}, "samples": 50,
        "autoencoder": {"steps": 4, "batch_size": 64, "precision": "float32", "network": NETWORK},
    }  # fmt: skip
    params = {"seeds": 1, "device": "cpu", "datasets": {"toy": toy}, "autoencoders": blocks}
    save_tensors(tmp_path / "images", {f"{split}.images": x for split, x in images.items()})
    save_tensors(tmp_path / "reference", {name: torch.tensor(value) for name, value in judge[1].items()})
    about = {"arguments": {"shape": [1, 8, 8], "hidden": 8}}
    save_tensors(tmp_path / "classifier/seed0.safetensors", judge[0].state_dict(), about)
    files = ("images", "reference", "classifier", "metrics", "preview")
    arguments = {"dataset": "toy", **{name: tmp_path / name for name in files}}
    monkeypatch.setattr(over_seeds, "WORK", tmp_path / "work")
    stage.sweep(params, **arguments)
    found = json.loads((tmp_path / "metrics").read_text())
    assert (found["factor"], found["samples"]) == (0.5, 50)
    table = pd.read_csv(tmp_path / "preview/points.csv")
    assert len(table) == 1 + 2 * len(SWEPT)
    assert table[table.method == "glf"].beta.isna().all()
    failed = table[table.failure.notna()]
    assert set(failed.beta) == {1e38}
    assert {"glf_regularized", "vae_flow_prior"} <= set(failed.method)
    assert failed.fcd.isna().all()
    assert found["glf_regularized-1e+38"]["failures"] == 1
    assert "fcd" not in found["glf_regularized-1e+38"]
    scored = table[table.failure.isna()]
    assert {"glf", *SWEPT} == set(scored.method)
    assert np.isfinite(scored[["nll", "reconstruction", "fcd", "fcd_validation", "mismatch_accuracy"]]).all(axis=None)
    assert found["glf"]["fcd"] == pytest.approx(float(table.fcd[table.method == "glf"].item()), rel=1e-4)
    logged = pd.read_csv(tmp_path / "preview/curves.csv")
    assert set(logged.step) == {1, 2, 3, 4}
    assert set(logged.figure) == {"reconstruction", "nll", "entropy", "kl", "code_scale"}
    assert logged[logged.method == "glf"].beta.isna().all()
    assert len(logged[(logged.method == "vae") & (logged.beta == 2) & (logged.figure == "kl")]) == 4
    drawn = {path.name for path in (tmp_path / "preview/samples").iterdir()}
    assert {"glf.png", *(f"{name}-2.png" for name in SWEPT)} <= drawn
    assert read_grid(tmp_path / "preview/samples/glf.png").shape == (4 * SHOTS, 8, 8)
