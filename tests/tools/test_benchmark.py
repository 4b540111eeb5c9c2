"""The benchmark: works are taken in turn, and the least of each is reported; costs grow as they were planted."""

import benchmark
import pytest


def test_works_are_taken_in_turn_and_the_least_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    order, times = [], iter([3.0, 5.0, 1.0, 7.0, 2.0, 4.0])

    def seconds(work) -> float:
        work()
        return next(times)

    monkeypatch.setattr(benchmark, "seconds", seconds)
    found = benchmark.alternating({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 3)
    assert order == ["a", "b"] * 3
    assert found == {"a": 1.0, "b": 4.0}


def test_costs_grow_with_the_exponent_that_was_planted() -> None:
    assert benchmark.exponent([10, 20, 40], [7 * size**1.5 for size in (10, 20, 40)]) == pytest.approx(1.5)
