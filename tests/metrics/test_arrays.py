"""What every metric of features refuses, and that importing them stays cheap."""

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from latentpriors import metrics

LABELS = np.arange(40) % 2
METRICS = {
    "kernel_distance": metrics.kernel_distance,
    "precision_recall": metrics.precision_recall,
    "density_coverage": metrics.density_coverage,
    "nearest": metrics.nearest,
    "memorization samples": lambda a, b: metrics.memorization(a, b, b),
    "memorization held-out": lambda a, b: metrics.memorization(b, b, a),
    "sliced_wasserstein": metrics.sliced_wasserstein,
    "two_sample_test": metrics.two_sample_test,
    "class_structure": lambda a, b: metrics.class_structure(a, LABELS, b, LABELS),
}
GOOD = np.random.default_rng(0).normal(size=(40, 3))
SINGLE = {
    "extrapolated_frechet": lambda x: metrics.extrapolated_frechet(x, np.zeros(3), np.eye(3), [10, 40], 0),
    "class_balance": metrics.class_balance,
}


def with_entry(value: float) -> np.ndarray:
    x = GOOD.copy()
    x[7, 1] = value
    return x


BAD = {
    "NaN": (with_entry(np.nan), "not finite"),
    "infinite": (with_entry(-np.inf), "not finite"),
    "huge": (with_entry(1e200), "beyond"),
    "one row as a vector": (GOOD[0], "shape"),
    "images": (GOOD[:, :, None], "shape"),
    "a number": (np.float64(1), "shape"),
    "no columns": (GOOD[:, :0], "shape"),
    "no rows": (GOOD[:0], "rows"),
}


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
@pytest.mark.parametrize(("bad", "message"), BAD.values(), ids=BAD)
def test_bad_features_are_refused(metric: Callable, bad: np.ndarray, message: str) -> None:
    metric(GOOD, GOOD[::-1])
    for arguments in ((bad, GOOD), (GOOD, bad)):
        with pytest.raises(ValueError, match=message):
            metric(*arguments)


@pytest.mark.parametrize("metric", SINGLE.values(), ids=SINGLE)
@pytest.mark.parametrize(("bad", "message"), BAD.values(), ids=BAD)
def test_bad_features_of_one_set_are_refused(metric: Callable, bad: np.ndarray, message: str) -> None:
    metric(GOOD)
    with pytest.raises(ValueError, match=message):
        metric(bad)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_dimensions_must_agree(metric: Callable) -> None:
    with pytest.raises(ValueError, match=r"\d dimensions"):
        metric(GOOD, GOOD[:, :2])


@pytest.mark.parametrize("name", ["kernel_distance", "memorization samples", "two_sample_test"])
def test_one_row_is_too_few(name: str) -> None:
    with pytest.raises(ValueError, match="at least"):
        METRICS[name](GOOD[:1], GOOD)


def test_importing_metrics_imports_no_heavy_library() -> None:
    code = (
        "import sys, latentpriors.metrics; print([m for m in ('sklearn', 'scipy.stats', 'pandas') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
