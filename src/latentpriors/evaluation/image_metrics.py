"""What is said of a cell beside its FCD: other metrics on the same features, codes against samples, memorization."""

__all__ = ["code_figures", "image_figures", "nearest_images"]

import numpy as np
import torch
from torch import Tensor

from ..metrics import (
    class_balance,
    density_coverage,
    extrapolated_frechet,
    kernel_distance,
    memorization,
    nearest,
    precision_recall,
    sliced_wasserstein,
    two_sample_test,
)
from ..priors.base import Standardization
from .fcd import SAMPLES_PER_DIMENSION

# The classifier on whose penultimate features the figures beside FCD are taken; FCD itself is a mean over all.
FIRST = 0
SHARES = (0.1, 0.2, 0.5, 1.0)  # of the samples, at which FCD is taken to extrapolate it


def image_figures(
    features: list[dict[str, np.ndarray]], reference: dict[str, np.ndarray], exchangeable: bool = True
) -> dict[str, float | dict | None]:
    """Returns the figures of one seed's images beside their FCD.

    Arguments:
        features: The activations of each classifier, as `scoring.activations` returns them.
        reference: The real images' moments and features, as the stage `reference` wrote them.
        exchangeable: Whether the images come in an order of chance, as a seed's draws do: see `extrapolated_frechet`.
    """
    mine, real = features[FIRST]["penultimate"], reference[f"test.{FIRST}.penultimate.features"]
    balance = class_balance(features[FIRST]["logits"], reference["test.shares"])
    precision, recall = precision_recall(real, mine)
    density, coverage = density_coverage(real, mine)
    copied = memorization(mine, reference["train.features"], real)
    return {
        **_without_bias(features, reference, exchangeable),
        "kernel_distance": kernel_distance(real, mine),
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
        "class_distance": balance.total_variation,
        "classes_missing": balance.missing,
        "confidence": balance.confidence,
        **{f"feature_{name}": value for name, value in copied._asdict().items()},
    }


def code_figures(drawn: Tensor, codes: dict[str, Tensor]) -> dict[str, float]:
    """Returns how one seed's sampled codes compare with held-out ones, in units of the training codes' deviation.

    Arguments:
        drawn: Raw codes (n, D) of the samples.
        codes: Raw codes of "train" and "test", and the `mean` and `scale` that standardize them.
    """
    scaling = Standardization(codes["mean"], codes["scale"])
    mine, train, test = (scaling(z).double().numpy() for z in (drawn, codes["train"], codes["test"]))
    copied = memorization(mine, train, test)
    return {
        "sliced_wasserstein": sliced_wasserstein(mine, test),
        "two_sample_accuracy": two_sample_test(mine, test),
        **{f"code_{name}": value for name, value in copied._asdict().items()},
    }


def nearest_images(
    features: np.ndarray, images: Tensor, train: tuple[np.ndarray, Tensor], test: tuple[np.ndarray, Tensor]
) -> Tensor:
    """Returns a grid of eight samples, the training images nearest to them, and the held-out ones, a row for each.

    Arguments:
        features: The samples' penultimate activations (n, D).
        images: The samples (n, C, H, W).
        train, test: The activations (N, D) and the images (N, C, H, W) to look among.
    """
    rows = [images[:8]]
    for values, pictures in (train, test):
        rows.append(pictures[torch.from_numpy(nearest(features[:8], values)[1].copy())])
    return torch.cat(rows)


def _without_bias(features: list[dict[str, np.ndarray]], reference: dict[str, np.ndarray], exchangeable: bool) -> dict:
    """Returns FCD at some sample counts and at infinity, the mean over classifiers; None for too few samples."""
    n, D = features[0]["logits"].shape
    sizes = [round(n * share) for share in SHARES if n * share >= SAMPLES_PER_DIMENSION * D]
    if len(sizes) < 2:
        return {"fcd_infinity": None, "fcd_by_count": None}
    found = [
        extrapolated_frechet(
            f["logits"], reference[f"test.{k}.logits.mean"], reference[f"test.{k}.logits.cov"], sizes, 0, exchangeable
        )
        for k, f in enumerate(features)
    ]
    values = np.mean([values for values, _ in found], axis=0)
    return {
        "fcd_infinity": float(np.mean([limit for _, limit in found])),
        "fcd_by_count": {str(size): float(value) for size, value in zip(sizes, values, strict=True)},
    }
