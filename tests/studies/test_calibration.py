"""The calibration of ranks: what it finds in layouts whose errors are known, and a test that lies."""

import numpy as np
import pytest

from latentpriors.metrics import compare
from latentpriors.studies import calibration as study
from latentpriors.studies.calibration import CLAIMS, MEANS, SEEDS, SPREADS, Layout, calibration, layout_of


@pytest.fixture
def layout() -> Layout:
    return Layout(np.arange(6.0), np.array([0.1, 0.3, 0.1, 0.2, 0.1, 0.2]), list("aaabbb"), 0.2)


def test_what_is_promised_is_kept_and_large_differences_are_found(layout: Layout) -> None:
    found = calibration(layout, runs=40)
    assert len(found) == len(MEANS) * len(SPREADS) * len(SEEDS) * len(CLAIMS)
    assert found.holds.all()
    alike = found[found.means == "alike"]
    assert alike.power[alike.claim != "best"].isna().all()
    assert (alike.familywise >= alike.discovery).all()
    seen = found[(found.means == "as observed") & (found.seeds == 10)]
    assert (seen.power > 0.95).all()
    pairs = found[(found.means == "alike two by two") & (found.claim == "rank") & (found.seeds == 10)]
    assert (pairs.power > 0.95).all()  # of pairs that are no twins


def test_a_test_that_errs_too_often_is_found_out(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    def bold(figures: dict, groups: dict) -> tuple:
        pairs, rows = compare(figures, groups)
        return pairs.assign(differ=pairs.p < 0.05, differ_familywise=pairs.p < 0.05), rows.assign(p_best=0.01)

    monkeypatch.setattr(study, "compare", bold)
    found = calibration(layout, runs=60)
    alike = found[(found.means == "alike") & (found.seeds == 10)]
    assert not alike.holds.any()
    assert (alike.familywise > 0.2).all()


def test_the_layout_of_a_table() -> None:
    random = np.random.default_rng(0)
    block = random.normal(size=200)
    figures = {name: 3 * i + 0.6 * block + 0.8 * random.normal(size=200) for i, name in enumerate("cab")}
    figures |= {"one": [1.0], "still": [2.0] * 200, "other": 0.3 * random.normal(size=200) - 1}
    layout = layout_of(figures, dict.fromkeys("abc", "x") | {"one": "y", "still": "y", "other": None})
    assert layout.group == ["None", "x", "x", "x"]
    assert layout.mean == pytest.approx([-1, 0, 3, 6], abs=0.3)
    assert layout.spread == pytest.approx([0.3, 1, 1, 1], rel=0.2)
    assert layout.shared == pytest.approx(0.36, abs=0.1)
    drawn = layout.draw(layout.mean, layout.spread, 2000, random)
    assert drawn.std(1) == pytest.approx(layout.spread, rel=0.1)
    assert np.corrcoef(drawn)[1, 2] == pytest.approx(layout.shared, abs=0.1)
    assert abs(np.corrcoef(drawn)[0, 1]) < 0.1
    with pytest.raises(ValueError, match="more than one seed"):
        layout_of({"a": [1.0], "b": [2.0, 3.0]}, {"a": None, "b": None})
