"""The simulation of the engine: known schedules, and its limits."""

import doctest

import pandas as pd
import pytest
import scaling
from scaling import Costs, costs_of, simulate, table

from latentpriors.project.pipeline import Stage

# Two autoencoders of three seeds, a stage after each, and a report of both.
NEEDS = {"fit@a": [], "fit@b": [], "score@a": ["fit@a"], "score@b": ["fit@b"], "report": ["score@a", "score@b"]}
FITS = {"fit@a": [4.0, 4.0, 4.0], "fit@b": [4.0, 4.0, 5.0], "score@a": [], "score@b": [], "report": []}
OTHERS = {"fit@a": 1.0, "fit@b": 1.0, "score@a": 2.0, "score@b": 2.0, "report": 3.0}


def test_the_example() -> None:
    assert doctest.testmod(scaling).failed == 0


@pytest.mark.parametrize("record", [0.0, 0.5])
def test_no_schedule_beats_its_limits_and_the_two_ends_reach_them(record: float) -> None:
    costs = Costs(NEEDS, FITS, OTHERS, record)
    times = {workers: simulate(costs, workers) for workers in (1, 2, 3, 6, 100)}
    assert all(seconds >= max(costs.work() / workers, costs.path()) for workers, seconds in times.items())
    assert sorted(times.values(), reverse=True) == list(times.values())
    assert costs.work() == 34
    assert times[1] == pytest.approx(34 + 2 * record)  # those of the last score and of the report have nothing beside
    assert costs.path() == pytest.approx(5 + 1 + 2 + 3 + 3 * record)
    assert times[100] == pytest.approx(costs.path())


def test_what_bounds_it_is_named() -> None:
    found = table(Costs(NEEDS, FITS, OTHERS, 0.0), [1, 100])
    assert found["bounded by"].tolist() == ["the work, 0.6 minutes", "the longest chain, 0.2 minutes"]
    assert table(Costs(NEEDS, FITS, OTHERS, 9.0), [100])["bounded by"].tolist() == ["the records, 0.8 minutes"]


def test_a_kind_that_was_never_measured_is_named() -> None:
    stages = {"a@1": Stage("", (), (), {"out": True}), "b@1": Stage("", ("out",), (), {})}
    measured = pd.DataFrame(
        [["a@0", "none", 1.0], ["a@0", "none", 2.0], ["a@0", "1", 9.0]], columns=["stage", "seed", "seconds"]
    )
    assert costs_of(stages, ["a@1"], measured, 0).others == {"a@1": 3.0}
    with pytest.raises(ValueError, match="has not measured b; run it"):
        costs_of(stages, ["b@1"], measured, 0)
