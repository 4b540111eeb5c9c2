"""What all metrics take and refuse, and that importing them stays cheap."""

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch

from latentpriors import metrics
from latentpriors.metrics import compare
from latentpriors.metrics.arrays import array

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


Z = np.random.default_rng(0).normal(size=(2, 40, 3))
ROW = np.array([1.0, 2.0, 4.0])
DESIGN = np.random.default_rng(0).normal(size=(2, 2, 2, 2, 2))
GROUPS = dict.fromkeys("abc", "x")
PARTS = dict.fromkeys(["autoencoder", "prior", "sampling", "classifier", "test_part", "residual"], 1.0)

# Each argument that is an array: a good one, and the call with another in its place.
ARRAYS = {
    "class_balance logits": (Z[0], metrics.class_balance),
    "class_balance reference": (np.full(3, 1 / 3), lambda x: metrics.class_balance(Z[0], x)),
    "class_structure codes": (Z[0], lambda x: metrics.class_structure(x, LABELS, Z[1], LABELS)),
    "class_structure labels": (LABELS, lambda x: metrics.class_structure(Z[0], x, Z[1], LABELS)),
    "compare": (ROW, lambda x: compare({"a": ROW, "b": x}, GROUPS)),
    "compare of one row": (ROW, lambda x: compare({"a": x}, GROUPS)),
    "density_coverage real": (Z[0], lambda x: metrics.density_coverage(x, Z[1])),
    "density_coverage fake": (Z[0], lambda x: metrics.density_coverage(Z[1], x)),
    "difference_interval": (ROW, lambda x: metrics.difference_interval(ROW[::-1], x, False)),
    "extrapolated_frechet features": (
        Z[0],
        lambda x: metrics.extrapolated_frechet(x, np.zeros(3), np.eye(3), [10, 40], 0),
    ),
    "extrapolated_frechet sizes": (
        np.array([10, 40]),
        lambda x: metrics.extrapolated_frechet(Z[0], np.zeros(3), np.eye(3), x, 0),
    ),
    "frechet_distance mean": (np.zeros(3), lambda x: metrics.frechet_distance(x, np.eye(3), np.ones(3), np.eye(3))),
    "frechet_distance cov": (np.eye(3), lambda x: metrics.frechet_distance(ROW, np.eye(3), ROW, x)),
    "holm": (np.array([0.1, 0.2]), metrics.holm),
    "kernel_distance": (Z[0], lambda x: metrics.kernel_distance(Z[1], x)),
    "letters": (ROW, lambda x: metrics.letters(x, [])),
    "memorization": (Z[0], lambda x: metrics.memorization(x, Z[1], Z[1])),
    "moments": (Z[0], metrics.moments),
    "nearest": (Z[0], lambda x: metrics.nearest(x, Z[1])),
    "precision_recall": (Z[0], lambda x: metrics.precision_recall(x, Z[1])),
    "prior_of_variances": (ROW, lambda x: metrics.prior_of_variances(x, np.full(len(ROW), 2.0))),
    "prior_of_variances freedoms": (np.full(3, 2.0), lambda x: metrics.prior_of_variances([1.0, 2.0, 3.0], x)),
    "rank_agreement": (ROW, lambda x: metrics.rank_agreement(pd.DataFrame({"fcd": ROW, "nll": x}))),
    "seeds_needed": (ROW, lambda x: metrics.seeds_needed(x, ROW[::-1], True)),
    "sliced_wasserstein": (Z[0], lambda x: metrics.sliced_wasserstein(x, Z[1])),
    "student_interval": (ROW, metrics.student_interval),
    "two_sample_test": (Z[0], lambda x: metrics.two_sample_test(x, Z[1])),
    "variance_components": (DESIGN, metrics.variance_components),
}
NUMBERS = {
    "one_run_interval component": (1.0, lambda x: metrics.one_run_interval(PARTS | {"prior": x}, 1.0)),
    "one_run_interval mean": (1.0, lambda x: metrics.one_run_interval(PARTS, x)),
    "variance_shares": (1.0, lambda x: metrics.variance_shares(PARTS | {"prior": x})),
}
FRACTIONS = {
    "compare": lambda c: compare({"a": ROW, "b": 3 * ROW}, GROUPS, confidence=c),
    "compare of one row": lambda c: compare({"a": ROW}, GROUPS, confidence=c),
    "detectable_difference": lambda c: metrics.detectable_difference(3, True, confidence=c),
    "detectable_difference power": lambda c: metrics.detectable_difference(3, True, power=c),
    "difference_interval": lambda c: metrics.difference_interval(ROW, ROW[::-1], True, c),
    "difference_interval of one seed": lambda c: metrics.difference_interval([1.0], [2.0], True, c),
    "one_run_interval": lambda c: metrics.one_run_interval(PARTS, 1.0, confidence=c),
    "prior_of_variances": lambda c: metrics.prior_of_variances([1.0, 2.0], [2, 2], c),
    "seeds_needed": lambda c: metrics.seeds_needed(ROW, 3 * ROW, True, confidence=c),
    "seeds_needed power": lambda c: metrics.seeds_needed(ROW, 3 * ROW, True, power=c),
    "student_interval": lambda c: metrics.student_interval(ROW, c),
    "student_interval of one value": lambda c: metrics.student_interval([1.0], c),
}
COUNTS = {
    "class_structure seed": lambda n: metrics.class_structure(Z[0], LABELS, Z[1], LABELS, n),
    "density_coverage": lambda n: metrics.density_coverage(Z[0], Z[1], n),
    "detectable_difference": lambda n: metrics.detectable_difference(n, True),
    "detectable_difference tests": lambda n: metrics.detectable_difference(3, True, tests=n),
    "extrapolated_frechet seed": lambda n: metrics.extrapolated_frechet(Z[0], np.zeros(3), np.eye(3), [10, 40], n),
    "one_run_interval classifiers": lambda n: metrics.one_run_interval(PARTS, 1.0, classifiers=n),
    "one_run_interval parts": lambda n: metrics.one_run_interval(PARTS, 1.0, parts=n),
    "precision_recall": lambda n: metrics.precision_recall(Z[0], Z[1], n),
    "seeds_needed most": lambda n: metrics.seeds_needed(ROW, 3 * ROW, True, most=n),
    "seeds_needed tests": lambda n: metrics.seeds_needed(ROW, 3 * ROW, True, tests=n),
    "sliced_wasserstein": lambda n: metrics.sliced_wasserstein(Z[0], Z[1], projections=n),
    "sliced_wasserstein seed": lambda n: metrics.sliced_wasserstein(Z[0], Z[1], n),
    "two_sample_test seed": lambda n: metrics.two_sample_test(Z[0], Z[1], n),
}
# Their numbers come from `compare`, or they are the names of tuples.
OTHERS = {"ClassBalance", "Memorization", "kendall_with_ties", "ranked"}


def test_every_public_metric_is_here() -> None:
    assert {name.split()[0] for name in ARRAYS | NUMBERS | FRACTIONS | COUNTS} | OTHERS == set(metrics.__all__)


def one_object(good: np.ndarray) -> np.ndarray:
    x = good.astype(object)
    x[(0,) * x.ndim] = {}
    return x


@pytest.mark.parametrize(("good", "call"), ARRAYS.values(), ids=ARRAYS)
def test_arrays_are_of_real_numbers(good: np.ndarray, call: Callable) -> None:
    call(good)
    for bad in (good + 0j, good.astype(str), np.full(good.shape, "x"), one_object(good), good.astype("M8[s]")):
        with pytest.raises(ValueError, match=r"numbers|sizes"):
            call(bad)


def test_a_mask_is_not_passed_over() -> None:
    masked = np.ma.masked_array([1.0, 2.0, 99.0], mask=[False, False, True])
    with pytest.raises(ValueError, match="values are masked in places"):
        metrics.student_interval(masked)
    assert metrics.student_interval(masked.compressed()) == metrics.student_interval([1.0, 2.0])


@pytest.mark.parametrize(("good", "call"), NUMBERS.values(), ids=NUMBERS)
def test_single_numbers_are_real_and_finite(good: float, call: Callable) -> None:
    call(good)
    for bad in (1j, "1", None, np.nan, np.inf, -1.0, [1.0, 2.0]):
        with pytest.raises(ValueError, match=r"number|negative|positive"):
            call(bad)


@pytest.mark.parametrize("call", FRACTIONS.values(), ids=FRACTIONS)
def test_confidence_and_power_are_between_0_and_1(call: Callable) -> None:
    call(0.9)
    for bad in (95, 1, 1.0, 0, -1, np.nan, "0.95", "x", 0.5 + 0j, None, True, [0.9, 0.8]):
        with pytest.raises(ValueError, match=r"(confidence|power) (is|are)"):
            call(bad)


@pytest.mark.parametrize("call", COUNTS.values(), ids=COUNTS)
def test_counts_and_seeds_are_whole_numbers(call: Callable) -> None:
    call(1)
    call(np.int64(1))
    for bad in (-1, 1.5, np.nan, "1", 1j, None, True):
        with pytest.raises(ValueError, match="whole number of at least"):
            call(bad)


def test_rankings_are_tables_of_compare() -> None:
    good = compare({"a": ROW, "b": 3 * ROW}, GROUPS)[0]
    for bad in ("text", 1j, good.drop(columns="better"), ROW):
        with pytest.raises(ValueError, match="the table that `compare` returns"):
            metrics.kendall_with_ties(good, bad)


@pytest.mark.parametrize("dtype", ["f2", "f4", ">f8", "g", "i1", "u8", "?"])
def test_arrays_of_all_real_types_are_taken(dtype: str) -> None:
    assert array(np.array([0, 1], dtype=dtype)).tolist() == [0.0, 1.0]


def test_tensors_of_all_real_types_are_taken() -> None:
    for dtype in (torch.float16, torch.bfloat16, torch.float64, torch.int32, torch.bool):
        assert array(torch.tensor([0, 1]).to(dtype)).tolist() == [0.0, 1.0]
    assert array(torch.ones(2, requires_grad=True)).tolist() == [1.0, 1.0]
    for bad in (torch.tensor([1j]), torch.tensor([1j]).conj(), torch.ones(2, requires_grad=True) + 1j, [[1.0], [1, 2]]):
        with pytest.raises(ValueError, match="numbers"):
            array(bad)


def test_importing_metrics_imports_no_heavy_library() -> None:
    code = (
        "import sys, latentpriors.metrics; print([m for m in ('sklearn', 'scipy.stats', 'pandas') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
