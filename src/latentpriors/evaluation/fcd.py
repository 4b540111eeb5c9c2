"""Images to the figures of a cell: the frozen classifiers' activations, and their distances to real ones."""

__all__ = [
    "LAYERS", "activations", "certainty", "classifier_hash", "distances", "fcd_figures", "load_classifiers",
    "load_reference",
]  # fmt: skip


import hashlib
from pathlib import Path

import numpy as np
from torch import Tensor, cat

from ..metrics import frechet_distance, moments, student_interval
from ..networks import Classifier
from ..store import load_tensors
from ..training import evaluate

LAYERS = ("logits", "penultimate")

# A covariance from fewer samples than this for each dimension says more about the count than about the images.
SAMPLES_PER_DIMENSION = 10


def load_classifiers(folder: Path, device: str = "cpu") -> list[Classifier]:
    """Returns the frozen classifiers of a folder, in the order of their names."""
    classifiers = []
    for path in sorted(Path(folder).glob("*.safetensors")):
        weights, about = load_tensors(path, device)
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


def load_reference(path: Path) -> dict[str, np.ndarray]:
    """Returns the real images' activations and moments, as the stage `reference` wrote them."""
    return {name: tensor.numpy() for name, tensor in load_tensors(Path(path))[0].items()}


def activations(classifiers: list[Classifier], images: Tensor) -> list[dict[str, np.ndarray]]:
    """Returns for each classifier the activations (N, D) of each layer, of uint8 images (N, C, H, W)."""
    found = []
    for classifier in classifiers:
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
    return cat(classifier.activations(images.float() / 255), dim=1)
