"""Whether a conditional VAE draws what it is asked for: images of classes, as the frozen classifiers see them."""

__all__ = ["class_accuracy", "class_samples", "conditional_accuracy", "style_grid"]

import numpy as np
import torch
from torch import Tensor

from ..autoencoders.cvae import CVAE
from ..evaluation.fcd import activations
from ..evaluation.interpolation import images
from ..networks import Classifier


def conditional_accuracy(
    model: CVAE, classifiers: list[Classifier], n: int, generator: torch.Generator
) -> dict[str, float | list[float]]:
    """Returns what `class_accuracy` says of n images of each class, against the classes that were asked for.

    Raises:
        ValueError: n is below one.
    """
    if n < 1:
        raise ValueError(f"{n} images of each class say nothing; give at least 1")
    return class_accuracy(classifiers, *class_samples(model, n, generator))


def class_samples(model: CVAE, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Returns n images of each of K classes as bytes, (n K, C, H, W), and their classes, (n K,).

    The classes come in turn, 0, 1 ... K − 1, 0 ..., and each image has noise of its own.
    """
    K, D = model.centers.shape
    y = torch.arange(K, device=model.centers.device).repeat(n)
    noise = torch.randn(n * K, D, generator=generator, device=y.device)
    return images(model, model.class_codes(y, noise)), y


def class_accuracy(classifiers: list[Classifier], pictures: Tensor, labels: Tensor) -> dict[str, float | list[float]]:
    """Returns which share of images is taken for what it should be, as a mean over classes and then classifiers.

    `accuracy` is that share, `accuracy_by_class` has it for each class that there is, in order, and
    `accuracy_by_classifier` for each classifier.

    Arguments:
        classifiers: The frozen ones.
        pictures: As bytes, with shape (N, C, H, W).
        labels: What each should be, with shape (N,).

    Raises:
        ValueError: there are no images, or not as many labels as images.
    """
    if not len(labels) or len(labels) != len(pictures):
        raise ValueError(f"{len(pictures)} images and {len(labels)} labels: give some images, and each its label")
    asked = labels.cpu().numpy()
    right = np.array([found["logits"].argmax(1) == asked for found in activations(classifiers, pictures)])
    by_class = np.array([right[:, asked == label].mean(1) for label in np.unique(asked)])  # (K, classifiers)
    return {
        "accuracy": float(by_class.mean()),
        "accuracy_by_class": by_class.mean(1).tolist(),
        "accuracy_by_classifier": by_class.mean(0).tolist(),
    }


def style_grid(model: CVAE, rows: int, generator: torch.Generator) -> Tensor:
    """Returns pictures as bytes, (rows K, C, H, W): a row for each noise vector, a column for each of K classes."""
    K, D = model.centers.shape
    noise = torch.randn(rows, D, generator=generator, device=model.centers.device).repeat_interleave(K, 0)
    return images(model, model.class_codes(torch.arange(K, device=noise.device).repeat(rows), noise))
