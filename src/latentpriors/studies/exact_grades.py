"""Grades for the metrics themselves: what they say of two samples whose true difference is known."""

__all__ = ["AMOUNTS", "grade"]

import numpy as np

from ..metrics import sliced_wasserstein, two_sample_test
from .densities import DENSITIES, NEAR, PLAIN, Density

AMOUNTS = (0.0, 0.1, 0.3, 1.0)  # shifts, in standard deviations of each coordinate
PAIRS = 3  # samples of each kind, averaged


def grade(density: str, n: int, seed: int) -> list[dict]:
    """Returns a row for each shift of a density: what is right, what each metric says, and whether that will do.

    Of two samples of n codes, one shifted by s standard deviations in every coordinate:

    - the sliced Wasserstein distance of the densities is s; of samples it should be √(s² + floor²), and may be off by
      the floor, which is the figure of two sets that the unshifted codes are dealt into at random;
    - the best accuracy of any classifier is known from the densities. The two-sample test should not be above it by
      more than chance, and for a plain shift not be far below it. Without a shift both are 0.5.
    """
    pairs = [_pair(DENSITIES[density], n, (seed, pair)) for pair in range(PAIRS)]
    floor, chance, rows = np.mean([floor for floor, _ in pairs]), 3 * 0.5 / np.sqrt(2 * n), []
    found = np.mean([said for _, said in pairs], axis=0)
    for amount, (wasserstein, accuracy, best) in zip(AMOUNTS, found, strict=True):
        expected = float(np.hypot(amount, floor))
        lowest = {0.0: best - chance}.get(amount, best - NEAR if amount >= PLAIN else 0.5 - chance)
        rows.append(
            {
                "density": density,
                "shift": amount,
                "sliced_wasserstein": float(wasserstein),
                "sliced_wasserstein_expected": expected,
                "sliced_wasserstein_passes": bool(abs(wasserstein - expected) <= floor),
                "two_sample_accuracy": float(accuracy),
                "two_sample_best": float(best),
                "two_sample_passes": bool(lowest <= accuracy <= best + chance),
            }
        )
    return rows


def _pair(truth: Density, n: int, seed: tuple[int, ...]) -> tuple[float, list[tuple[float, float, float]]]:
    """Returns the floor, and for each shift the distance of a sample and a moved one, the accuracy and the best one."""
    random = np.random.default_rng(seed)
    a, b = truth.draw(n, random), truth.draw(n, random)
    scale, dealt, found = b.std(0), random.permutation(np.concatenate([a, b])), []
    for amount in AMOUNTS:
        moved, both = b + amount * scale, np.concatenate([a, b + amount * scale])
        ratio = truth.log_prob(both) - truth.log_prob(both - amount * scale)
        best = float((1 / (1 + np.exp(-np.abs(ratio)))).mean())  # the likelier of the two is right so often
        found.append((sliced_wasserstein(a / scale, moved / scale), two_sample_test(a, moved), best))
    return sliced_wasserstein(dealt[:n] / scale, dealt[n:] / scale), found
