"""Intervals against SciPy and by their coverage."""

import numpy as np
import pytest
from scipy import stats

from latentpriors.metrics import difference_interval, student_interval


def test_student_agrees_with_scipy() -> None:
    values = [4.1, 5.2, 3.3, 4.8]
    expected = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert student_interval(values) == pytest.approx((np.mean(values), *expected))


def test_one_value_has_no_interval() -> None:
    assert student_interval([2.0]) == (2.0, None, None)
    assert difference_interval([2.0], [1.0, 3.0], paired=False) == (0.0, None, None)


def test_paired_and_unpaired() -> None:
    a, b = [1.0, 2.0, 3.0], [1.5, 2.4, 3.6]
    expected = stats.ttest_rel(a, b).confidence_interval()
    assert difference_interval(a, b, paired=True)[1:] == pytest.approx((expected.low, expected.high))
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    assert difference_interval(a, b, paired=False)[1:] == pytest.approx((expected.low, expected.high))
    assert difference_interval([1.0, 1.0], [2.0, 2.0], paired=False) == (-1, -1, -1)


def test_interval_covers_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    runs = [student_interval(random.normal(size=3)) for _ in range(2000)]
    assert 0.93 < np.mean([low < 0 < high for _, low, high in runs]) < 0.97


@pytest.mark.parametrize("values", [[], [np.nan, 1.0], [[1.0]]])
def test_bad_values_are_refused(values: list) -> None:
    with pytest.raises(ValueError, match="finite"):
        student_interval(values)


def test_pairs_must_match() -> None:
    with pytest.raises(ValueError, match="paired"):
        difference_interval([1.0], [1.0, 2.0], paired=True)
