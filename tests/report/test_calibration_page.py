"""The page of the calibration: what it promises, and a defect that it must not hide."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from latentpriors.report.calibration import calibration_page
from latentpriors.studies.calibration import Layout, calibration


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    return calibration(Layout(np.arange(4.0), np.full(4, 0.2), list("aabb"), 0.0), runs=20)


def test_the_page_says_that_all_is_kept(found: pd.DataFrame, tmp_path: Path) -> None:
    text = calibration_page(found, "digits-poster", 20, 0.125, tmp_path)
    assert text.startswith("No error is above the promised 5% by more than the noise of 20 simulated tables each.")
    page = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "share 12% of their variance" in page
    assert page.count("alike two by two, as observed, 5") == 3
    assert "**it is not**" not in page
    assert (tmp_path / "errors.png").is_file()
    assert len(pd.read_csv(tmp_path / "calibration.csv")) == len(found)


def test_a_defect_is_said_first(found: pd.DataFrame, tmp_path: Path) -> None:
    broken = found.copy()
    broken.loc[0, ["discovery", "holds"]] = [0.31, False]
    text = calibration_page(broken, "digits-poster", 20, 0.0, tmp_path)
    assert text.startswith("**1 errors are above the promised 5%**")
    assert "**rank** 31% (false discoveries; true means alike, spreads equal, 3 seeds)" in text
    assert "**it is not**" in (tmp_path / "report.md").read_text(encoding="utf-8")
