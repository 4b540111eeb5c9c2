"""Planted copies: seen from a share on that can be reckoned, and no false alarms beyond those allowed."""

import doctest

import numpy as np
import pytest

from latentpriors.metrics import memorization
from latentpriors.studies import detection as study
from latentpriors.studies.detection import detection, smallest


@pytest.fixture(scope="module")
def found() -> dict:
    random = np.random.default_rng(0)
    train, held_out = random.normal(size=(2, 500, 4))
    honest = random.normal(size=(40 * 200, 4))
    return detection(honest, {"exact": train, "new": random.normal(size=(5000, 4))}, train, held_out, 200, "toy")


def test_exact_copies_are_seen_by_their_share_and_new_rows_are_not(found: dict) -> None:
    exact, new = found["exact"], found["new"]
    assert exact["shares"] == [0.005, 0.01, 0.02, 0.05, 0.1, 0.2]  # 0.001 of 200 samples is none
    # About 1% of honest samples are as near as a copy, by chance up to 4 of 200: 10 copies are seen and one is not.
    assert exact["copies"]["limit"] in (0.02, 0.05)
    assert exact["copies"]["power"][0] < 0.5
    assert exact["copies"]["power"][-1] == 1.0
    assert exact["copies"]["limit"] <= exact["c_t"]["limit"]
    for name in ("copies", "c_t", "authenticity"):
        assert max(new[name]["power"]) < 0.25, name  # 5% of 40 runs and their chance
        assert new[name]["limit"] is None


def test_the_rule_of_the_report_is_judged_as_it_is(found: dict) -> None:
    random = np.random.default_rng(1)
    train, held_out, honest = random.normal(size=(3, 500, 4))
    rows = honest[:200].copy()
    rows[:40] = train[:40]
    assert memorization(rows, train, held_out).memorizing
    assert found["exact"]["memorizing"]["false_alarms"] == 0.0
    assert found["exact"]["memorizing"]["power"][-1] > 0.9
    assert found["new"]["memorizing"]["limit"] is None


def test_too_few_runs_for_a_quantile_are_refused() -> None:
    rows = np.zeros((100, 2))
    with pytest.raises(ValueError, match="100 honest samples are fewer than for 20 runs of 10"):
        detection(rows, {}, rows, rows, 10, "toy")


def test_the_smallest_share_is_followed_by_no_weaker_one() -> None:
    assert doctest.testmod(study).failed == 0
    assert smallest([0.1, 0.2], [0.8, 0.8]) == 0.1
