"""Images to the figures of a cell: the frozen classifiers' activations, and their distances to real ones."""

__all__ = [
    "LAYERS", "activations", "certainty", "classifier_hash", "distances", "fcd_figures", "load_classifiers",
    "load_reference",
]  # fmt: skip


import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..metrics import frechet_distance, moments, student_interval
from ..networks import Classifier
from ..store import contents
from ..training import evaluate

LAYERS = ("logits", "penultimate")

# A covariance from fewer samples than this for each dimension says more about the count than about the images.
SAMPLES_PER_DIMENSION = 10
# Of the logits' spread: other classifiers miss the mean logits of a reference by 0.1 or more, rounding by 1e-7.
TOLERANCE = 1e-3


def load_classifiers(folder: Path, device: str = "cpu") -> list[Classifier]:
    """Returns the frozen classifiers of a folder, in the order of their names.

    Raises:
        ValueError: there are none, or a file does not hold one.
    """
    classifiers = []
    for path in sorted(Path(folder).glob("*.safetensors")):
        with contents(path, "a classifier", device, advice="take it from git again") as (weights, about):
            classifier = Classifier(**about["arguments"]).to(device)
            classifier.load_state_dict(weights)
            classifiers.append(classifier.eval())
    if not classifiers:
        raise ValueError(f"{folder} holds no classifier; run the stage train_classifier")
    return classifiers


def classifier_hash(folder: Path) -> str:
    """Returns 12 hexadecimal digits that say which classifiers scored: of the SHA-256 of their files, in order."""
    digest = hashlib.sha256()
    for path in sorted(Path(folder).glob("*.safetensors")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@torch.no_grad()
def load_reference(
    path: Path, classifiers: list[Classifier], judges: Sequence[Classifier] = ()
) -> dict[str, np.ndarray]:
    """Returns the real images' activations and moments, as the stage `reference` wrote them with these classifiers.

    It says itself whose they are: a classifier's last layer, which is linear, makes the mean logits of the mean
    penultimate features.

    Raises:
        StoreError: the file is missing, damaged, or of other classifiers than these.
    """
    what, advice = "activations of these classifiers", f"run `dvc repro reference@{Path(path).parent.name}`"
    with contents(path, what, advice=advice) as (reference, _):
        for name, scorers in (("test", classifiers), ("judge", judges)):
            for k, scorer in enumerate(scorers):
                logits, penultimate = (reference[f"{name}.{k}.{layer}.mean"] for layer in LAYERS)
                missed = scorer.logits(penultimate.to(scorer.logits.weight)).to(logits) - logits
                if not missed.abs().max() < TOLERANCE * reference[f"{name}.{k}.logits.cov"].trace().sqrt():
                    raise ValueError(f"{name}.{k}.logits are of another one")
        if f"test.{len(classifiers)}.logits.mean" in reference:
            raise ValueError(f"they are of more than these {len(classifiers)}")
        return {name: tensor.numpy() for name, tensor in reference.items()}


def activations(classifiers: list[Classifier], images: Tensor) -> list[dict[str, np.ndarray]]:
    """Returns for each classifier the activations (N, D) of each layer, of uint8 images (N, C, H, W).

    Raises:
        ValueError: the images have another shape than those of the classifiers.
    """
    found = []
    for classifier in classifiers:
        if tuple(images.shape[1:]) != classifier.shape:
            raise ValueError(f"images of {tuple(images.shape[1:])} and a classifier of {classifier.shape}: other data")
        # Both layers side by side, so that the images pass through the network once.
        both = evaluate(lambda x, c=classifier: _joined(c, x), (images,)).cpu().numpy()
        classes = classifier.logits.out_features
        found.append({"logits": both[:, :classes], "penultimate": both[:, classes:]})
    return found


def distances(
    images: list[dict[str, np.ndarray]], reference: dict[str, np.ndarray], split: str
) -> dict[str, np.ndarray]:
    """Returns the FCD of images to a split for each classifier, (K,), in each layer, and relative to tr(S).

    Arguments:
        images: The activations, as `activations` returns them.
        reference: The arrays "SPLIT.K.LAYER.mean" and "SPLIT.K.LAYER.cov".
        split: "test", "validation" or "train".
    """
    result = {}
    for layer in LAYERS:
        moved = [moments(features[layer]) for features in images]
        fixed = [
            (reference[f"{split}.{k}.{layer}.mean"], reference[f"{split}.{k}.{layer}.cov"]) for k in range(len(images))
        ]
        result[layer] = np.array([frechet_distance(*a, *b) for a, b in zip(moved, fixed, strict=True)])
        if layer == "logits":
            result["relative"] = result[layer] / [np.trace(cov) for _, cov in fixed]
    return result


def fcd_figures(
    test: dict[str, np.ndarray], validation: dict[str, np.ndarray] | None, n: int, width: int
) -> dict[str, float | list[float] | None]:
    """Returns the figures of one seed's images from their distances, means over the classifiers.

    Arguments:
        test, validation: What `distances` returns; a yardstick has no `validation`.
        n: The number of images.
        width: The dimension of the penultimate layer, which gets no figure where n is too small for it.
    """
    return {
        "fcd": float(test["logits"].mean()),
        "fcd_penultimate": float(test["penultimate"].mean()) if n >= SAMPLES_PER_DIMENSION * width else None,
        "fcd_relative": float(test["relative"].mean()),
        "fcd_validation": float(validation["logits"].mean()) if validation else None,
        "fcd_by_classifier": test["logits"].tolist(),
    }


def certainty(by_seed: list[float], by_classifier: list[float]) -> dict[str, float | None]:
    """Returns how sure an FCD is: Student's interval over seeds, and its standard deviation over classifiers."""
    _, low, high = student_interval(by_seed)
    spread = float(np.std(by_classifier, ddof=1)) if len(by_classifier) > 1 else None
    return {"fcd_low": low, "fcd_high": high, "fcd_classifier_std": spread, "seeds": len(by_seed)}


def _joined(classifier: Classifier, images: Tensor) -> Tensor:
    return torch.cat(classifier.activations(images.float() / 255), dim=1)
