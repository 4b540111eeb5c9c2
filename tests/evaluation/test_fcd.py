"""From images to a cell's figures."""

from pathlib import Path

import numpy as np
import pytest
import torch

from latentpriors.evaluation.fcd import (
    LAYERS,
    activations,
    certainty,
    distances,
    fcd_figures,
    load_classifiers,
    load_reference,
)
from latentpriors.metrics import frechet_distance, moments
from latentpriors.networks import Classifier
from latentpriors.over_seeds import merged
from latentpriors.store import StoreError, save_tensors


def test_classifiers_are_loaded_in_order_and_score_bytes(tmp_path: Path) -> None:
    made = []
    for index in range(2):
        classifier = Classifier((1, 8, 8)).eval()
        arguments = {"arguments": {"shape": [1, 8, 8]}}
        save_tensors(tmp_path / f"seed{index}.safetensors", classifier.state_dict(), arguments)
        made.append(classifier)
    images = torch.randint(256, (5, 1, 8, 8)).byte()
    for classifier, found in zip(made, activations(load_classifiers(tmp_path), images), strict=True):
        logits, features = classifier.activations(images.float() / 255)
        assert np.allclose(found["logits"], logits.detach(), atol=1e-6)
        assert np.allclose(found["penultimate"], features.detach(), atol=1e-6)
    with pytest.raises(ValueError, match="train_classifier"):
        load_classifiers(tmp_path / "empty")


def reference_of(path: Path, classifiers: list[Classifier], judges: list[Classifier], images: torch.Tensor) -> None:
    """Writes the moments as the stage `reference` does."""
    tensors = {}
    for name, scorers in (("test", classifiers), ("judge", judges)):
        for k, found in enumerate(activations(scorers, images)):
            for layer in LAYERS:
                mean, cov = moments(found[layer])
                tensors |= {
                    f"{name}.{k}.{layer}.mean": torch.tensor(mean),
                    f"{name}.{k}.{layer}.cov": torch.tensor(cov),
                }
    save_tensors(path, tensors)


@torch.no_grad()
def test_a_reference_of_other_classifiers_is_refused(tmp_path: Path) -> None:
    path, images = tmp_path / "digits/reference.safetensors", torch.randint(256, (50, 1, 8, 8)).byte()
    one, two, judge = (Classifier((1, 8, 8)).eval() for _ in range(3))
    big = Classifier((1, 8, 8), hidden=20).eval()
    reference_of(path, [one, two], [judge], images)
    assert load_reference(path, [one, two], [judge])["test.1.logits.mean"].shape == (10,)
    for classifiers, judges in (
        ([two, one], [judge]), ([one, two], [one]), ([one], []), ([one, two, judge], []), ([one, big], []),
    ):  # fmt: skip
        with pytest.raises(StoreError, match=r"reference.safetensors does not hold .*dvc repro reference@digits"):
            load_reference(path, classifiers, judges)
    one.logits.weight *= 1.01  # trained on a little
    with pytest.raises(StoreError, match=r"test.0.logits are of another one"):
        load_reference(path, [one, two])


def test_stale_classifiers_and_images_of_other_data_are_refused(tmp_path: Path) -> None:
    weights = Classifier((1, 8, 8)).state_dict()
    for about in ({}, {"arguments": {"shape": [1, 28, 28]}}, {"arguments": {"shape": [1, 8, 8], "width": 3}}):
        save_tensors(tmp_path / "seed0.safetensors", weights, about)
        with pytest.raises(
            StoreError, match=r"seed0.safetensors does not hold a classifier \([^\n]*\); take it from git"
        ):
            load_classifiers(tmp_path)
    with pytest.raises(ValueError, match=r"images of \(1, 28, 28\) and a classifier of \(1, 8, 8\)"):
        activations([Classifier((1, 8, 8))], torch.zeros(5, 1, 28, 28).byte())


def test_classifier_learns_and_is_small(tmp_path: Path) -> None:
    from latentpriors.training import Budget, train

    y = torch.arange(200) % 4
    x = torch.zeros(200, 1, 8, 8)
    for index, label in enumerate(y):
        x[index, 0, label * 2, 2:6] = 1
    classifier = Classifier((1, 8, 8), classes=4)
    train(classifier, (x, y), Budget(150, 50, torch.Generator().manual_seed(0)), (x, y))
    assert classifier.validation((x, y)) == 0
    save_tensors(tmp_path / "c", Classifier((1, 28, 28)).state_dict())
    assert (tmp_path / "c").stat().st_size < 200_000


def features(shift: float, n: int = 300) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {"logits": random.normal(shift, size=(n, 4)), "penultimate": random.normal(shift, size=(n, 20))}


def test_distances_and_figures() -> None:
    reference = {}
    for k in range(2):
        for layer, values in features(0).items():
            reference[f"test.{k}.{layer}.mean"], reference[f"test.{k}.{layer}.cov"] = moments(values)
    seeds = [distances([features(s), features(2 * s)], reference, "test") for s in (0.5, 1.0)]
    assert seeds[0]["logits"] == pytest.approx([4 * 0.25, 4 * 1.0])
    assert seeds[0]["penultimate"] == pytest.approx([20 * 0.25, 20 * 1.0])
    trace = np.trace(moments(features(0)["logits"])[1])
    assert seeds[0]["relative"] == pytest.approx(seeds[0]["logits"] / trace)
    found = merged([fcd_figures(seed, seed, 300, 20) for seed in seeds])
    found |= certainty(found["fcd_by_seed"], found["fcd_by_classifier"])
    assert found["fcd"] == pytest.approx((2.5 + 10) / 2)
    assert found["fcd_by_seed"] == pytest.approx([2.5, 10])
    assert found["fcd_by_classifier"] == pytest.approx([2.5, 10])
    assert found["fcd_classifier_std"] == pytest.approx(np.std([2.5, 10], ddof=1))
    assert found["fcd_low"] < found["fcd"] < found["fcd_high"]
    assert found["fcd_penultimate"] == pytest.approx(5 * found["fcd"])
    assert found["fcd_validation"] == pytest.approx(found["fcd"])
    assert found["seeds"] == 2


def test_too_few_samples_get_no_penultimate_figure_and_yardsticks_no_validation() -> None:
    one = {"logits": np.ones(2), "penultimate": np.ones(2), "relative": np.ones(2)}
    assert fcd_figures(one, None, 199, 20)["fcd_penultimate"] is None
    assert fcd_figures(one, None, 200, 20)["fcd_penultimate"] == 1
    assert fcd_figures(one, None, 200, 20)["fcd_validation"] is None


def test_distance_of_a_sample_to_itself_is_zero() -> None:
    both = moments(features(0)["penultimate"])
    assert frechet_distance(*both, *both) == pytest.approx(0, abs=1e-9)
