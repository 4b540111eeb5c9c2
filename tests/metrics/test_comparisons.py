"""Ties and rank ranges against SciPy, brute force and simulation; seeds needed against published tables."""

import itertools
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from latentpriors.metrics import compare, detectable_difference, holm, ranked, seeds_needed


def rows(random: np.random.Generator, means: list[float], seeds: int = 3, groups: str = "xxyyzz") -> tuple[dict, dict]:
    names = [f"row{i}" for i in range(len(means))]
    figures = {name: random.normal(mean, 1, seeds) for name, mean in zip(names, means, strict=True)}
    return figures, dict(zip(names, groups, strict=False))


def test_holm_by_hand_and_by_its_definition() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]).shape == (0,)
    random = np.random.default_rng(0)
    for _ in range(50):
        p = random.uniform(size=7) ** 3
        for alpha in (0.01, 0.05, 0.2):
            rejected = np.zeros(7, dtype=bool)
            for step, i in enumerate(np.argsort(p)):
                if p[i] > alpha / (7 - step):
                    break
                rejected[i] = True
            assert ((holm(p) <= alpha) == rejected).all()
    for bad in ([1.2], [np.nan], [[0.1]]):
        with pytest.raises(ValueError, match="from 0 to 1"):
            holm(bad)


def test_pairs_agree_with_scipy() -> None:
    figures, groups = rows(np.random.default_rng(0), [0, 1, 2, 3, 9], seeds=4)
    figures["row4"] = figures["row4"][:3]  # alone in its group, so it may have other seeds
    pairs, _ = compare(figures, groups)
    assert list(pairs.index[pairs.paired]) == [0, 7]  # rows 0 and 1, rows 2 and 3
    for pair in pairs.itertuples():
        a, b = figures[pair.a], figures[pair.b]
        test = stats.ttest_rel(a, b) if pair.paired else stats.ttest_ind(a, b, equal_var=False)
        interval = test.confidence_interval()
        assert pair.difference == pytest.approx(a.mean() - b.mean())
        assert (pair.low, pair.high, pair.p) == pytest.approx((interval.low, interval.high, test.pvalue))
    assert pairs.p_holm.tolist() == holm(pairs.p).tolist()


@pytest.mark.parametrize("higher", [False, True])
def test_rank_ranges_by_brute_force(higher: bool) -> None:
    figures, groups = rows(np.random.default_rng(1), [0, 0.5, 30, 30, 3, 60], seeds=5)
    pairs, ranges = compare(figures, groups, higher=higher)
    assert 0 < pairs.differ.sum() < len(pairs)
    for name in figures:
        signs = [
            np.sign(figures[name].mean() - figures[other].mean()) * (-1 if higher else 1)
            for other in figures
            if other != name
            and (pairs.a.isin([name, other]) & pairs.b.isin([name, other]) & (pairs.p_holm < 0.05)).any()
        ]
        assert ranges[name] == (1 + signs.count(1), 6 - signs.count(-1))
    assert ranges["row5"] == ((1, 1) if higher else (6, 6))


def test_a_planted_tie_and_a_planted_order() -> None:
    random = np.random.default_rng(0)
    figures = {name: random.normal(mean, 0.1, 10) for name, mean in (("c", 9), ("b", 2), ("twin", 2), ("a", 1))}
    ranges = compare(figures, dict.fromkeys(figures, "ae"))[1]
    assert {name: ranked(ranks) for name, ranks in ranges.items()} == {"a": "1", "b": "2–3", "twin": "2–3", "c": "4"}


def test_one_seed_two_seeds_one_row() -> None:
    pairs, ranges = compare({"a": [1.0], "b": [2.0], "c": [9.0, 9.1]}, {"a": "x", "b": "x", "c": "y"})
    assert pairs.p.tolist() == [1, 1, 1]
    assert pairs.low.isna().all()
    assert not pairs.differ.any()
    assert set(ranges.values()) == {(1, 3)}
    pairs, _ = compare({"a": [1.0, 2.0], "b": [2.0, 3.1]}, dict.fromkeys("ab", "x"))
    assert pairs.p[0] == pytest.approx(stats.ttest_rel([1.0, 2.0], [2.0, 3.1]).pvalue)
    pairs, ranges = compare({"a": [1.0, 2.0]}, {"a": None})
    assert (len(pairs), ranges) == (0, {"a": (1, 1)})


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("group", ["ae", None])
def test_without_spread(group: str | None) -> None:
    figures = {"a": [1.0] * 3, "b": [2.0] * 3, "c": [0.1 + 0.2] * 3, "d": [0.3] * 3}  # c and d differ by rounding
    pairs, ranges = compare(figures, dict.fromkeys(figures, group))
    assert pairs.p.tolist() == [0, 0, 0, 0, 0, 1]
    assert ranges == {"a": (3, 3), "b": (4, 4), "c": (1, 2), "d": (1, 2)}


def test_groups_without_a_name_are_not_paired() -> None:
    assert not compare({"a": [1.0, 2.0], "b": [1.0, 3.0]}, {"a": None, "b": None})[0].paired.any()


def test_false_differences_are_as_rare_as_promised() -> None:
    random, runs = np.random.default_rng(0), 150
    tables = [compare(*rows(random, [0] * 6, groups="xxxxxx"))[0] for _ in range(runs)]
    assert np.mean([(pairs.p < 0.05).any() for pairs in tables]) > 0.2  # what the correction is for
    assert stats.binomtest(sum(pairs.differ.any() for pairs in tables), runs, 0.05, "greater").pvalue > 0.001


def test_a_frame_has_a_row_in_each_column() -> None:
    figures = {"a": [1.0, 1.1, 1.2], "b": [5.0, 5.1, 5.3]}
    assert compare(pd.DataFrame(figures), dict.fromkeys("ab"))[1] == compare(figures, dict.fromkeys("ab"))[1]


def test_bad_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="no rows"):
        compare({}, {})
    with pytest.raises(ValueError, match=r"without a group: \['b'\]"):
        compare({"a": [1.0], "b": [1.0]}, {"a": "x"})
    with pytest.raises(ValueError, match=r"a and b cannot be compared.*paired"):
        compare({"a": [1.0], "b": [1.0, 2.0]}, {"a": "x", "b": "x"})
    with pytest.raises(ValueError, match="finite"):
        compare({"a": [1.0, 2.0], "b": [1.0, np.nan]}, {"a": "x", "b": "x"})


def standard(effect: float) -> list[float]:
    """Returns three values with this mean and standard deviation 1."""
    return [effect - 1, effect, effect + 1]


# The sizes of t tests at 5% and power 80% that tables of power give: Cohen (1988), G*Power.
@pytest.mark.parametrize(("effect", "one", "two"), [(0.2, 199, 394), (0.5, 34, 64), (0.8, 15, 26)])
def test_seeds_needed_as_in_published_tables(effect: float, one: int, two: int) -> None:
    assert seeds_needed(standard(effect), standard(0), paired=False) == two
    base = [5.0, 17.0, 2.0]
    assert seeds_needed(np.add(base, standard(effect)), base, paired=True) == one


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("tests", [1, 20])
def test_seeds_needed_reach_their_power_in_simulation(paired: bool, tests: int) -> None:
    random, runs = np.random.default_rng(0), 20_000
    a, b = 4 * np.array(standard(0)), np.array([3.0, 3.0 + 3**0.5, 3.0 - 3**0.5])
    n = seeds_needed(a, b, paired, tests=tests)
    sds = np.array([(a - b).std(ddof=1), 0]) if paired else np.array([a.std(ddof=1), b.std(ddof=1)])

    def power(n: int) -> float:
        x, y = (random.normal(mean, sd, (runs, n)) for mean, sd in zip((0, 3), sds, strict=True))
        test = stats.ttest_rel(x, y, axis=1) if paired else stats.ttest_ind(x, y, axis=1, equal_var=False)
        return ((test.pvalue < 0.05 / tests) & (test.statistic < 0)).mean()

    assert power(n) > 0.79
    assert power(n - 1) < 0.81
    assert power(n // 2) < 0.6


def test_seeds_that_cannot_be_said() -> None:
    assert seeds_needed([1.0], [2.0], paired=True) is None
    assert seeds_needed([1.0, 2.0], [1.0, 2.0], paired=False) is None
    assert seeds_needed(standard(0.01), standard(0), paired=False) is None
    normal = 2 * (stats.norm.isf(0.025) + stats.norm.isf(0.2)) ** 2 / 0.03**2  # of many seeds
    assert seeds_needed(standard(0.03), standard(0), paired=False, most=20_000) == pytest.approx(normal, abs=3)
    assert seeds_needed([1.0, 1.0], [2.0, 2.0], paired=True) == 2
    assert seeds_needed([1.0, 1.0 + 1e-13], [2.0, 2.0], paired=False, tests=105) == 2
    with pytest.raises(ValueError, match="power"):
        seeds_needed([1.0, 2.0], [1.0, 3.0], paired=True, power=1.0)


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize(("seeds", "tests"), [(3, 1), (3, 105), (5, 105), (20, 10)])
def test_detectable_difference_takes_just_these_seeds(seeds: int, tests: int, paired: bool) -> None:
    effect = detectable_difference(seeds, paired, tests=tests)
    for factor, needed in ((1.01, seeds), (0.99, seeds + 1)):
        shift = np.array(standard(factor * effect))
        a, b = (shift, np.zeros(3)) if paired else (shift, standard(0))
        assert seeds_needed(a, b, paired, tests=tests) == needed


def test_detectable_difference_in_simulation_and_its_ends() -> None:
    random, effect = np.random.default_rng(0), detectable_difference(3, paired=True)
    found = stats.ttest_1samp(random.normal(effect, 1, (20_000, 3)), 0, axis=1).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.01)
    assert detectable_difference(1, paired=False) == float("inf")
    assert detectable_difference(3, paired=False, power=0.02) == 0.0  # chance alone shows one in 2.5% of cases
    for seeds, tests in ((0, 1), (3, 0)):
        with pytest.raises(ValueError, match=r"seeds|tests"):
            detectable_difference(seeds, paired=True, tests=tests)


def test_ranks_as_text() -> None:
    assert [ranked(ranks) for ranks in ((1, 1), (1, 3))] == ["1", "1–3"]


def test_the_import_stays_cheap() -> None:
    code = "import sys, latentpriors.metrics; print(*{'pandas', 'scipy.stats', 'sklearn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_every_pair_once() -> None:
    figures, groups = rows(np.random.default_rng(0), [0] * 5)
    pairs, _ = compare(figures, groups)
    assert list(zip(pairs.a, pairs.b, strict=True)) == list(itertools.combinations(figures, 2))
