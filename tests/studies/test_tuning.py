"""The recipe of equal tuning, its scores and its log."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from latentpriors.autoencoders.ae import AE
from latentpriors.evaluation.fcd import activations
from latentpriors.evaluation.interpolation import images as decoded
from latentpriors.fits import load_autoencoder
from latentpriors.likelihood.joint import native_prior
from latentpriors.metrics import frechet_distance, moments
from latentpriors.networks import Classifier
from latentpriors.registry import KINDS
from latentpriors.report.plots.tuning import best_lines
from latentpriors.report.tuning import tuning_report
from latentpriors.studies.trials import CHOSEN_ON, best_after, choice, finished, load_log, record
from latentpriors.studies.tuning import check_recipe, score_autoencoder, score_prior, trials
from latentpriors.training import Budget
from latentpriors.yaml_files import read_yaml

RECIPE = {
    "trials": 2,
    "autoencoders": {"vae": {"default": {"beta": 1.0}, "changes": [{"learning_rate": 1.0e-3}]}},
    "priors": {"flow": {"default": {"hidden": [8]}, "changes": [{"transforms": 3}]}},
}


# Not all of their trials on CHOSEN_ON have been run: until then those on digits decide.
WAITING = {"aae_learned", "vae_gan", "avb"}


def test_the_committed_recipe_is_right(root: Path) -> None:
    recipe, params = (read_yaml(root / f"{name}.yaml") for name in ("tuning", "params"))
    check_recipe(recipe)
    assert recipe["trials"] == 6
    assert recipe["share"] == pytest.approx(1 / 3, abs=1e-3)
    assert sorted([*recipe["priors"], *recipe["untuned"]]) == sorted(params["priors"])
    for kind, name in [(k, name) for k in KINDS for name in recipe[k]]:
        # All that the method's block in params.yaml sets is spelt out: a trial stays what it was when that changes.
        listed = trials(recipe, kind, name)
        assert set().union(*listed) >= params[kind][name].keys() >= listed[0].keys()


def test_trials_are_the_default_and_its_changes() -> None:
    assert trials(RECIPE, "priors", "flow") == [{"hidden": [8]}, {"hidden": [8], "transforms": 3}]
    assert trials(RECIPE, "autoencoders", "vae")[1] == {"beta": 1.0, "learning_rate": 1e-3}


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("nothing", [], "priors: 'nothing' is unknown; choose from flow"),
        ("flow", [], "flow: 1 trials, the default among them; each method has 2"),
        ("flow", [{"hiden": 3}], "trial 2: 'hiden' is unknown"),
        ("flow", [{"hidden": [8]}], "trial 2: an earlier trial has the same settings"),
    ],
)
def test_mistakes_in_a_recipe_are_named(name: str, changes: list[dict], message: str) -> None:
    recipe = RECIPE | {"priors": RECIPE["priors"] | {"flow": {"default": {"hidden": [8]}, "changes": changes}}}
    with pytest.raises(ValueError, match=message):
        trials(recipe, "priors", name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trials": "six"}, "tuning.yaml trials: a whole number is needed, not 'six'"),
        ({"foo": 1}, "tuning.yaml: 'foo' is unknown; choose from trials, "),
        ({"priors": None}, "tuning.yaml priors: a block of keys is needed, not None"),
        ({"priors": {"kde": {"default": {}}}}, "tuning.yaml priors.kde: changes is missing"),
        ({"priors": {"kde": {"default": {}, "changes": "abc"}}}, "tuning.yaml priors.kde.changes: a list is needed"),
        (
            {"priors": {"kde": {"default": {}, "changes": [5]}}},
            "tuning.yaml priors.kde: a block of keys is needed, not 5",
        ),
    ],
)
def test_a_recipe_of_another_form_is_named(root: Path, change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_recipe(read_yaml(root / "tuning.yaml") | change)


def row(prior: str, trial: int, fcd: float | None, **settings: object) -> dict:
    return {"method": prior, "trial": trial, "settings": settings, "steps": 10, "fcd_validation": fcd, "seconds": 1.0}


def test_the_log_keeps_what_is_finished_and_replaces_what_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "metrics/digits.csv"
    assert len(load_log(path)) == 0
    record(path, row("flow", 1, 2.0, hidden=[8]))
    record(path, row("flow", 2, 3.0, hidden=[9]) | {"nll_validation": 1.5})
    assert finished(load_log(path), "flow", 1, {"hidden": [8]}, 10)
    assert not finished(load_log(path), "flow", 1, {"hidden": [9]}, 10)
    assert not finished(load_log(path), "flow", 1, {"hidden": [8]}, 20)
    assert not finished(load_log(path), "gmm", 1, {"hidden": [8]}, 10)
    record(path, row("flow", 1, 1.0, hidden=[7]))
    log = load_log(path)
    assert log.fcd_validation.tolist() == [1.0, 3.0]
    assert np.isnan(log.nll_validation[0])
    assert [file.name for file in path.parent.iterdir()] == ["digits.csv"]


def test_trials_that_finish_at_once_are_all_logged(tmp_path: Path) -> None:
    path = tmp_path / "digits.csv"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: record(path, row("flow", i, float(i))), range(20)))
    assert load_log(path).trial.tolist() == list(range(20))


def test_best_after_k_trials(tmp_path: Path) -> None:
    path = tmp_path / "digits.csv"
    for trial, fcd in enumerate([None, 3.0, 4.0, 1.0], 1):
        record(path, row("flow", trial, fcd) | ({"failure": "diverged"} if fcd is None else {}))
    record(path, row("gmm", 1, 5.0))
    best = best_after(load_log(path))
    assert best[best.method == "flow"].best.tolist()[1:] == [3.0, 3.0, 1.0]
    assert np.isnan(best.best[0])
    assert best[best.method == "gmm"].best.tolist() == [5.0]
    assert len(best_lines({"digits": best, "mnist": best.iloc[:0]}).axes) == 1
    with pytest.raises(ValueError, match="no trial is logged"):
        best_lines({"digits": best.iloc[:0]})


def test_a_change_must_be_worth_it(tmp_path: Path) -> None:
    path = tmp_path / "digits.csv"
    for prior, figures in {"flow": [2.0, 1.85, 3.0], "gmm": [2.0, 1.75, 1.7], "kde": [None, 5.0, 6.0]}.items():
        for trial, fcd in enumerate(figures, 1):
            record(path, row(prior, trial, fcd, bound=trial) | ({"failure": "diverged"} if fcd is None else {}))
    log = load_log(path)
    assert [choice(log, name) for name in ("flow", "gmm", "kde")] == [1, 3, 2]
    text = tuning_report({kind: {"digits": log, "mnist": log} for kind in KINDS}, tmp_path)
    assert "2 of 3 defaults were changed**: gmm, kde. gmm has no steps" in (tmp_path / "report.md").read_text()
    assert "bound 3" in text
    assert (tmp_path / "best_priors.png").is_file()
    assert (tmp_path / "best_autoencoders.png").is_file()


def test_params_have_what_was_chosen(root: Path) -> None:
    recipe, params = (read_yaml(root / f"{name}.yaml") for name in ("tuning", "params"))
    for kind, name in [(k, name) for k in KINDS for name in recipe[k]]:
        log = load_log(root / f"metrics/tuning/{kind}/{CHOSEN_ON}.csv")
        if name in WAITING:
            assert (log.method == name).sum() < recipe["trials"], f"{name} waits no more"
            log = load_log(root / f"metrics/tuning/{kind}/digits.csv")
        assert (log.method == name).sum() == recipe["trials"], f"{name}: run stages/tune.py"
        assert params[kind][name] == trials(recipe, kind, name)[choice(log, name) - 1], name


def test_a_score_is_the_distance_to_the_validation_split_and_sees_no_test_code(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model, classifier = AE((1, 8, 8), 2, network="mlp", hidden=8).eval(), Classifier((1, 8, 8)).eval()
    z = torch.randn(600, 2)
    codes = {"train": z[:400], "validation": z[400:], "mean": z.mean(0), "scale": z.std(0)}
    features = np.random.default_rng(0).normal(size=(500, 10))
    reference = {}
    for layer in ("logits", "penultimate"):
        width = 10 if layer == "logits" else classifier.logits.in_features
        part = features if width == 10 else np.random.default_rng(1).normal(size=(500, width))
        reference[f"validation.0.{layer}.mean"], reference[f"validation.0.{layer}.cov"] = moments(part)

    def scored(codes: dict) -> dict:
        budget = Budget(1, 10, torch.Generator().manual_seed(0))
        return score_prior("gaussian", {}, codes, model, [classifier], reference, 5000, budget, tmp_path)

    found = scored(codes)
    assert scored(codes | {"test": torch.full((5, 2), float("nan"))}) == found
    train, held_out = z[:400].double().numpy(), z[400:].double().numpy()
    expected = -multivariate_normal(train.mean(0), np.cov(train.T, bias=True)).logpdf(held_out).mean()
    assert found["nll_validation"] == pytest.approx(expected, abs=1e-3)
    # The prior is the codes' Gaussian: decoded noise with their moments has the same distance, up to chance.
    with torch.no_grad():
        noise = torch.randn(5000, 2) @ torch.linalg.cholesky(z[:400].T.cov()).T + z[:400].mean(0)
        images = (model.decode(noise) * 255).round() / 255
        logits = classifier.activations(images)[0].double().numpy()
    target = reference["validation.0.logits.mean"], reference["validation.0.logits.cov"]
    assert found["fcd_validation"] == pytest.approx(frechet_distance(*moments(logits), *target), rel=0.02)


@pytest.mark.parametrize("name", ["vae", "aae_learned"])
def test_an_autoencoder_is_scored_by_its_native_samples_against_the_validation_split(tmp_path: Path, name: str) -> None:
    torch.manual_seed(0)
    shape = (1, 8, 8)
    images = {split: torch.rand(500, *shape) for split in ("train", "validation")}
    labels, classifier = {split: torch.arange(500) % 10 for split in images}, Classifier(shape).eval()
    features = activations([classifier], (images["validation"] * 255).byte())[0]
    reference = {
        f"validation.0.{layer}.{kind}": value
        for layer in ("logits", "penultimate")
        for kind, value in zip(("mean", "cov"), moments(features[layer]), strict=True)
    }
    arguments = {"shape": list(shape), "latent": 2, "network": "mlp", "hidden": 8}
    budget = Budget(3, 50, torch.Generator().manual_seed(0), evaluations=1)
    noise = torch.Generator().manual_seed(1)
    found = score_autoencoder(name, arguments, images, labels, [classifier], reference, 2000, budget, noise, tmp_path)
    model = load_autoencoder(tmp_path / "weights.safetensors", "cpu")
    logits = activations([classifier], decoded(model, native_prior(model).sample(2000)))[0]["logits"]
    target = reference["validation.0.logits.mean"], reference["validation.0.logits.cov"]
    assert found["fcd_validation"] == pytest.approx(frechet_distance(*moments(logits), *target), rel=0.05)
    assert ("nll_validation" in found) == (name == "vae")  # the other's own prior has samples alone
