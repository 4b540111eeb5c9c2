"""Variance components by hand and by simulation, and the differences that one run cannot show."""

import numpy as np
import pytest

from latentpriors.metrics import one_run_interval, variance_components, variance_shares

VARIANCES = {"autoencoder": 4.0, "prior": 2.0, "sampling": 0.5, "classifier": 3.0, "test_part": 1.0, "residual": 0.25}


def design(random: np.random.Generator, variances: dict[str, float], shape: tuple[int, ...]) -> np.ndarray:
    """Returns figures of the model, with shape (..., A, P, S, K, T)."""
    A, P, S, K, T = shape[-5:]
    sizes = ((A, 1, 1, 1, 1), (A, P, 1, 1, 1), (A, P, S, 1, 1), (1, 1, 1, K, 1), (1, 1, 1, 1, T), (A, P, S, K, T))
    scales = np.sqrt(list(variances.values()))
    return 10 + sum(scale * random.normal(size=(*shape[:-5], *size)) for scale, size in zip(scales, sizes, strict=True))


def test_by_hand() -> None:
    # Deviations of ±2; ±1 on one autoencoder and ±3 on the other; ±0.5; ±1.5; ±0.25; no residual.
    sign = np.array([-1.0, 1.0])
    priors = np.array([[1.0], [3.0]]) * sign
    y = 7 + 2 * sign[:, None, None, None, None] + priors[:, :, None, None, None] + 0.5 * sign[:, None, None]
    y = y + 1.5 * sign[:, None] + 0.25 * sign
    # Mean squares: 16 (4 + 4) / 1 = 128; 8 (1 + 1 + 9 + 9) / 2 = 80; 4 (8 / 4) / 4 = 2; 16 (2.25 + 2.25) = 72; 2; 0.
    assert variance_components(y) == pytest.approx(
        {"autoencoder": 3, "prior": 9.75, "sampling": 0.5, "classifier": 4.5, "test_part": 0.125, "residual": 0}
    )
    assert variance_components(100 + 3 * y)["prior"] == pytest.approx(9 * 9.75)
    # An interaction of all five, ±0.5: a sum of squares of 32 / 4, with 31 − 1 − 2 − 4 − 1 − 1 degrees of freedom.
    every = np.einsum("a,b,c,d,e->abcde", *5 * [sign])
    found = variance_components(y + 0.5 * every)
    assert found["residual"] == pytest.approx(8 / 22)
    assert found["sampling"] == pytest.approx((2 - 8 / 22) / 4)
    assert found["autoencoder"] == pytest.approx(3)


@pytest.mark.parametrize("shape", [(3, 3, 2, 3, 2), (2, 2, 4, 3, 5)])
@pytest.mark.parametrize("absent", [None, "prior", "test_part"])
def test_unbiased_in_simulation(shape: tuple[int, ...], absent: str | None) -> None:
    random, runs = np.random.default_rng(0), 1000
    variances = VARIANCES | ({absent: 0.0} if absent else {})
    found = [variance_components(y, clip=False) for y in design(random, variances, (runs, *shape))]
    for name, expected in variances.items():
        estimates = np.array([components[name] for components in found])
        assert estimates.mean() == pytest.approx(expected, abs=4 * estimates.std() / runs**0.5), name


def test_negative_estimates_become_zero() -> None:
    random = np.random.default_rng(0)
    figures = design(random, VARIANCES | {"prior": 0.0}, (20, 2, 2, 2, 2, 2))
    assert min(variance_components(y, clip=False)["prior"] for y in figures) < 0
    for y in figures:
        raw, clipped = variance_components(y, clip=False), variance_components(y)
        assert clipped == {name: max(value, 0.0) for name, value in raw.items()}
        assert sum(variance_shares(clipped).values()) == pytest.approx(1)


def test_axes_are_what_they_say() -> None:
    shape = (2, 3, 4, 5, 6)
    for name, axes in (("autoencoder", 0), ("classifier", 3), ("test_part", 4)):
        steps = np.arange(shape[axes], dtype=float).reshape([-1 if i == axes else 1 for i in range(5)])
        found = variance_components(np.broadcast_to(steps, shape))
        assert variance_shares(found) == pytest.approx({key: float(key == name) for key in found})
        assert found[name] == pytest.approx(np.arange(shape[axes]).var(ddof=1))


def test_shares() -> None:
    assert variance_shares(VARIANCES)["autoencoder"] == pytest.approx(4 / 10.75)
    with pytest.raises(ValueError, match="do not vary"):
        variance_shares(dict.fromkeys(VARIANCES, 0.0))
    with pytest.raises(ValueError, match="is negative"):
        variance_shares(VARIANCES | {"prior": -1.0})


@pytest.mark.parametrize(("classifiers", "parts"), [(1, 1), (3, 2)])
def test_equal_methods_differ_by_more_in_one_case_of_twenty(classifiers: int, parts: int) -> None:
    random, runs = np.random.default_rng(0), 20_000
    variances = VARIANCES | {"residual": 8.0}
    found = one_run_interval(variances, 10, classifiers, parts)
    sides = design(random, variances | {"classifier": 0.0, "test_part": 0.0}, (2, runs, 1, 1, 1, classifiers, parts))
    sides = sides.mean((2, 3, 4, 5, 6))  # what both share drops out of the difference
    own = random.normal(scale=3**0.5, size=(2, runs, classifiers)).mean(2)
    for name, (x, y) in (("same_classifier", sides), ("own_classifier", sides + own)):
        assert (x - y).std() == pytest.approx(found[name]["sd"], rel=0.02)
        assert (abs(x - y) > found[name]["smallest"]).mean() == pytest.approx(0.05, abs=0.006)


def test_one_run_by_hand() -> None:
    found = one_run_interval(VARIANCES, mean=5)
    assert found["same_classifier"]["sd"] == pytest.approx((2 * 6.75) ** 0.5)
    assert found["own_classifier"]["smallest"] == pytest.approx(1.959964 * (2 * 9.75) ** 0.5)
    assert found["own_classifier"]["relative"] == pytest.approx(found["own_classifier"]["smallest"] / 5)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((2, 2, 2, 2)), "shape"),
        (np.zeros((2, 2, 1, 2, 2)), "two or more levels"),
        (np.full((2, 2, 2, 2, 2), np.nan), "finite"),
    ],
)
def test_bad_designs_are_refused(values: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        variance_components(values)


def test_bad_components_are_refused() -> None:
    with pytest.raises(ValueError, match=r"missing: \['prior'\]"):
        one_run_interval({name: value for name, value in VARIANCES.items() if name != "prior"}, 1.0)
    for arguments in ({"mean": 0.0}, {"mean": 1.0, "classifiers": 0}, {"mean": float("nan")}):
        with pytest.raises(ValueError, match=r"positive|at least 1|finite"):
            one_run_interval(VARIANCES, **arguments)
