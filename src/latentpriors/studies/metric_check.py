"""Whether FCD measures what it should: it grows with corruption, and neither order, batches nor arithmetic move it."""

__all__ = ["STRENGTHS", "agreement", "follow", "invariance", "spearman"]

import warnings
from collections.abc import Iterable

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ..evaluation.fcd import LAYERS, activations, distances
from ..metrics import frechet_distance, moments
from ..networks import Classifier
from .corruptions import CORRUPTIONS, corrupt

# Denser where images are still recognized, and short of 1, where an occluded image is black and has no features.
STRENGTHS = (0.0, 0.1, 0.2, 0.4, 0.6, 0.8)
EXAMPLES = 4
BATCHES = (32, 500)


def follow(
    classifiers: list[Classifier], images: Tensor, labels: Tensor, reference: dict[str, np.ndarray], seed: int = 0
) -> tuple[pd.DataFrame, Tensor]:
    """Returns FCD along each corruption, and a few of the corrupted images.

    Arguments:
        classifiers: The frozen ones; FCD is the mean over them.
        images, labels: Held-out images, uint8 with shape (N, C, H, W), and their classes (N,).
        reference: The moments of the test split, as `distances` takes them.
        seed: Of the corruptions.

    Returns:
        Rows of corruption, strength and fcd. Images (E, C, H, W) in the order of corruptions, examples and strengths.
    """
    classes = labels.unique()[:EXAMPLES]
    shown = torch.stack([(labels == label).nonzero()[0, 0] for label in classes])
    rows, examples = [], []
    for name in CORRUPTIONS:
        growing = []
        for strength in STRENGTHS:
            corrupted = corrupt(images, name, strength, labels, seed)
            fcd = distances(activations(classifiers, corrupted), reference, "test")["logits"].mean()
            rows.append({"corruption": name, "strength": strength, "fcd": float(fcd)})
            growing.append(corrupted[shown])
        examples.append(torch.stack(growing, 1).flatten(0, 1))
    return pd.DataFrame(rows), torch.cat(examples)


def spearman(table: pd.DataFrame) -> dict[str, float]:
    """Returns Spearman's rank correlation of FCD and strength for each corruption of a table that `follow` made.

    Raises:
        ValueError: FCD is the same at every strength, or not finite.
    """
    from scipy import stats  # imported here: it takes a second, which only this check should pay

    found = {}
    for name, part in table.groupby("corruption", sort=False):
        if not np.isfinite(part.fcd).all() or part.fcd.nunique() < 2:
            raise ValueError(f"FCD does not change with {name}, or is not finite: it has no rank correlation")
        found[name] = float(stats.spearmanr(part.strength, part.fcd).statistic)
    return found


def invariance(
    classifiers: list[Classifier], images: Tensor, reference: dict[str, np.ndarray], seed: int = 0
) -> dict[str, float]:
    """Returns by how much FCD changes at most, relative to itself, in another order and in batches of other sizes."""

    def fcd(batches: Iterable[Tensor]) -> np.ndarray:
        parts = [activations(classifiers, batch) for batch in batches]
        joined = [
            {layer: np.concatenate([p[k][layer] for p in parts]) for layer in LAYERS} for k in range(len(parts[0]))
        ]
        return distances(joined, reference, "test")["logits"]

    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(images), generator=generator).to(images.device)
    expected = fcd([images])
    return {
        "order": _difference(fcd([images[order]]), expected),
        "batch_size": max(_difference(fcd(images.split(size)), expected) for size in BATCHES),
    }


def agreement(reference: dict[str, np.ndarray]) -> dict[str, float]:
    """Returns for each layer by how much three implementations differ at most, relative to the distance itself.

    They share nothing but the real features: ours; NumPy's moments and SciPy's square root of S1 S2 (a Schur
    decomposition); PyTorch's moments and the eigenvalues of S1 S2. All are in float64.

    Arguments:
        reference: The arrays "SPLIT.K.LAYER.features", with shape (N, D); train and validation are held against test.
    """
    found = {}
    for layer in LAYERS:
        differences = []
        for k in range(sum(name.startswith("test.") and name.endswith(f"{layer}.features") for name in reference)):
            test = reference[f"test.{k}.{layer}.features"]
            for split in ("train", "validation"):
                other = reference[f"{split}.{k}.{layer}.features"]
                ours = frechet_distance(*moments(other), *moments(test))
                differences += [_difference(f(other, test), ours) for f in (_by_square_root, _by_eigenvalues)]
        found[layer] = max(differences)
    return found


def _by_square_root(x: np.ndarray, y: np.ndarray) -> float:
    from scipy.linalg import sqrtm  # imported here, as above

    x, y = x.astype(np.float64), y.astype(np.float64)
    S1, S2 = np.cov(x.T), np.cov(y.T)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a unit that never fires makes the product singular
        root = sqrtm(S1 @ S2).real
    return float(((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(S1 + S2 - 2 * root))


def _by_eigenvalues(x: np.ndarray, y: np.ndarray) -> float:
    x, y = torch.tensor(x, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
    S1, S2 = torch.cov(x.T), torch.cov(y.T)
    # Those of a product of two such matrices are real and not negative, up to rounding.
    roots = torch.linalg.eigvals(S1 @ S2).real.clamp(min=0).sqrt()
    return float((x.mean(0) - y.mean(0)).square().sum() + S1.trace() + S2.trace() - 2 * roots.sum())


def _difference(found: np.ndarray | float, expected: np.ndarray | float) -> float:
    return float(np.max(np.abs(found - expected) / np.abs(expected)))
