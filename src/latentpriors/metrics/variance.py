"""Where the variance of a figure comes from, and what one run cannot show."""

__all__ = ["one_run_interval", "variance_components", "variance_shares"]

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from .arrays import array, count, fraction, number

FACTORS = ("autoencoder", "prior", "sampling", "classifier", "test_part")


def variance_components(values: ArrayLike, clip: bool = True) -> dict[str, float]:
    r"""Returns the variance that each source adds to one figure, in squared units of the figure.

    In the random model y = μ + a + p(a) + s(a, p) + k + t + residual, mean squares are equated with their expectations:
    MS_residual = σ²; MS_s = σ² + KT σ²_s; MS_p = MS_s + SKT σ²_p; MS_a = MS_p + PSKT σ²_a; MS_k = σ² + APST σ²_k;
    MS_t = σ² + APSK σ²_t. A prior is a fresh fit even where its seed has the same number on another autoencoder, so it
    is nested. The residual holds all interactions, such as a run that one classifier likes better than others do.

    A negative estimate says "too small to be seen in this design"; it is returned as 0.0, which is how it is known, and
    which makes estimates too large on average. The autoencoder's has only A − 1 degrees of freedom: from three seeds
    it is an order of magnitude. Classifiers act on FCD by factors more than by sums: the components of its logarithms
    have a smaller residual and are squared relative deviations.

    References:
        Variance Components (Searle, Casella and McCulloch, 1992)

    Arguments:
        values: With shape (A, P, S, K, T): autoencoder seeds, prior seeds on each, draws of samples from each prior,
            classifiers, disjoint parts of the test split.
        clip: Whether negative estimates become 0; the unclipped ones are unbiased.

    Raises:
        ValueError: not five axes of two or more levels, or a value that is no finite number.

    Example:
        >>> autoencoders, classifiers = np.reshape([0, 2], (2, 1, 1, 1, 1)), np.reshape([0, 4], (2, 1))
        >>> values = np.zeros((2, 2, 2, 2, 2)) + autoencoders + classifiers
        >>> components = variance_components(values)  # of 0 and 2 the variance is 2, of 0 and 4 it is 8
        >>> {name: round(value, 6) for name, value in components.items() if value > 1e-9}
        {'autoencoder': 2.0, 'classifier': 8.0}
    """
    y = array(values, "the design's values")
    if y.ndim != 5 or min(y.shape) < 2:
        raise ValueError(f"the design has shape {y.shape}; (A, P, S, K, T) with two or more levels of each is needed")
    if not np.isfinite(y).all():
        raise ValueError("the design has values that are not finite; every run needs a figure")
    found = _estimates(_mean_squares(y), *y.shape)
    return {name: max(value, 0.0) if clip else value for name, value in found.items()}


def variance_shares(components: Mapping[str, float]) -> dict[str, float]:
    """Returns the share of each component in their sum, the variance of one figure.

    Raises:
        ValueError: a component is missing, negative or no finite number, or none is above zero.

    Example:
        >>> none = dict.fromkeys(["autoencoder", "prior", "sampling", "classifier", "test_part", "residual"], 0.0)
        >>> shares = variance_shares(none | {"autoencoder": 3.0, "residual": 1.0})
        >>> shares["autoencoder"], shares["residual"]
        (0.75, 0.25)
    """
    components = _checked(components)
    total = sum(components.values())
    if total == 0:
        raise ValueError("all components are zero: the figures do not vary, so there is nothing to share")
    return {name: value / total for name, value in components.items()}


def one_run_interval(
    components: Mapping[str, float], mean: float, classifiers: int = 1, parts: int = 1, confidence: float = 0.95
) -> dict[str, dict[str, float]]:
    """Returns how far two published figures of one run each differ by chance where the methods are equally good.

    A run is one autoencoder seed, one prior seed and one draw of samples. Under "same_classifier" both are scored with
    one classifier on one test split, whose components drop out of the difference; under "own_classifier" each with a
    classifier of its own, on one test split. For each: "sd", the standard deviation of the difference; "smallest", the
    smallest difference that one run each can show at this confidence (1.96 sd at 95%), both in units of the figure; and
    "relative", the smallest as a share of the mean, to carry over to tables on another scale. The components are taken
    as known: estimated from few seeds, these are orders of magnitude.

    Arguments:
        components: As `variance_components` returns them, of figures (not of logarithms).
        mean: The mean figure of the design.
        classifiers, parts: Over how many classifiers and test parts a published figure is the mean. They share the
            residual out; with 1 it counts in full, which is on the safe side.

    Raises:
        ValueError: a component is missing, negative or no finite number, the mean is not positive, a count is below
            one, or the confidence is outside (0, 1).

    Example:
        >>> none = dict.fromkeys(["autoencoder", "prior", "sampling", "classifier", "test_part", "residual"], 0.0)
        >>> found = one_run_interval(none | {"autoencoder": 2.0, "classifier": 6.0}, mean=10)
        >>> {name: round(value, 3) for name, value in found["same_classifier"].items()}  # √(2 · 2), 1.96 · 2, 3.92 / 10
        {'sd': 2.0, 'smallest': 3.92, 'relative': 0.392}
        >>> round(found["own_classifier"]["sd"], 3)  # √(2 · (2 + 6))
        4.0
    """
    components, confidence = _checked(components), fraction(confidence, "confidence")
    classifiers, parts = count(classifiers, "classifiers"), count(parts, "parts")
    if not (mean := number(mean, "mean")) > 0:
        raise ValueError(f"the mean is {mean}; it must be positive")
    run = sum(components[name] for name in ("autoencoder", "prior", "sampling"))
    run += components["residual"] / (classifiers * parts)
    own = run + components["classifier"] / classifiers
    z = ndtri(0.5 + confidence / 2)
    sds = {name: float(np.sqrt(2 * variance)) for name, variance in (("same_classifier", run), ("own_classifier", own))}
    return {n: {"sd": sd, "smallest": float(z * sd), "relative": float(z * sd / mean)} for n, sd in sds.items()}


def _mean_squares(y: np.ndarray) -> dict[str, float]:
    A, P, S, K, T = y.shape
    mean = y.mean()
    a, p, s = (y.mean(axes, keepdims=True) for axes in ((1, 2, 3, 4), (2, 3, 4), (3, 4)))
    k, t = (y.mean(axes, keepdims=True) for axes in ((0, 1, 2, 4), (0, 1, 2, 3)))
    effects = dict(zip(FACTORS, (a - mean, p - a, s - p, k - mean, t - mean), strict=True))
    freedom = dict(zip(FACTORS, (A - 1, A * (P - 1), A * P * (S - 1), K - 1, T - 1), strict=True))
    effects["residual"] = y - s - k - t + 2 * mean
    freedom["residual"] = y.size - 1 - sum(freedom.values())
    return {name: float((e**2).sum() * y.size / e.size / freedom[name]) for name, e in effects.items()}


def _estimates(ms: dict[str, float], A: int, P: int, S: int, K: int, T: int) -> dict[str, float]:
    return {
        "autoencoder": (ms["autoencoder"] - ms["prior"]) / (P * S * K * T),
        "prior": (ms["prior"] - ms["sampling"]) / (S * K * T),
        "sampling": (ms["sampling"] - ms["residual"]) / (K * T),
        "classifier": (ms["classifier"] - ms["residual"]) / (A * P * S * T),
        "test_part": (ms["test_part"] - ms["residual"]) / (A * P * S * K),
        "residual": ms["residual"],
    }


def _checked(components: Mapping[str, float]) -> dict[str, float]:
    missing = sorted({*FACTORS, "residual"} - set(components))
    if missing:
        raise ValueError(f"components are missing: {missing}")
    found = {name: number(value, f"the component {name}") for name, value in components.items()}
    if not all(value >= 0 for value in found.values()):
        raise ValueError(f"a component is negative: {found}; estimate them with clip=True")
    return found
