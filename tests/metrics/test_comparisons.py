"""Ties and rank ranges against SciPy, brute force and simulation; seeds needed against published tables."""

import itertools
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from latentpriors.metrics import compare, detectable_difference, holm, letters, ranked, seeds_needed
from latentpriors.metrics.moderation import prior_of_variances


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


def test_pairs_and_their_corrections_by_other_means() -> None:
    figures, groups = rows(np.random.default_rng(0), [0, 1, 2, 3, 9, 9.5], seeds=4)
    figures["row4"] = figures["row4"][:3]
    pairs, table = compare(figures, groups)
    spread = np.array([values.std(ddof=1) for values in figures.values()])
    seeds = np.array([len(values) for values in figures.values()])
    prior = prior_of_variances(spread**2, seeds - 1)
    error = {name: s**2 for name, s in zip(figures, spread, strict=True)}
    for pair in pairs.itertuples():
        a, b = figures[pair.a], figures[pair.b]
        variance = 0.0
        for values, name in ((a, pair.a), (b, pair.b)):
            v = len(values) - 1
            variance += (prior.freedom * prior.variance + v * error[name]) / (prior.freedom + v) / len(values)
        test = stats.t(prior.freedom + min(len(a), len(b)) - 1, a.mean() - b.mean(), np.sqrt(variance))
        assert pair.difference == pytest.approx(a.mean() - b.mean())
        assert (pair.low, pair.high) == pytest.approx(test.interval(0.95))
        assert pair.p == pytest.approx(2 * min(test.cdf(0), test.sf(0)))
    assert pairs.p_holm.tolist() == holm(pairs.p).tolist()
    assert pairs.p_fdr.tolist() == stats.false_discovery_control(pairs.p).tolist()
    assert table.spread.tolist() == pytest.approx(spread)
    assert table.index.tolist() == list(figures)


def test_rows_of_a_group_are_paired_from_five_seeds_on() -> None:
    random = np.random.default_rng(0)
    block = random.normal(0, 1, 6)  # what the seeds of one autoencoder share
    figures = {name: block + random.normal(mean, 0.1, 6) for name, mean in {"a": 0, "b": 0.5, "c": 5}.items()}
    paired, _ = compare(figures, dict.fromkeys(figures, "ae"))
    alone, _ = compare(figures, dict.fromkeys(figures))
    assert paired.paired.all()
    assert not alone.paired.any()
    assert paired.p[0] < 0.05 < alone.p[0]
    prior = prior_of_variances([values.var(ddof=1) for values in figures.values()], [5] * 3)
    own = (figures["a"] - figures["b"]).var(ddof=1)
    shrunk = (prior.freedom * 2 * prior.variance + 5 * own) / (prior.freedom + 5)
    t = (figures["a"] - figures["b"]).mean() / np.sqrt(shrunk / 6)
    assert paired.p[0] == pytest.approx(2 * stats.t(prior.freedom + 5).sf(abs(t)))
    few, _ = compare({name: values[:4] for name, values in figures.items()}, dict.fromkeys(figures, "ae"))
    assert not few.paired.any()


@pytest.mark.parametrize("higher", [False, True])
def test_rank_ranges_by_brute_force(higher: bool) -> None:
    figures, groups = rows(np.random.default_rng(1), [0, 0.5, 30, 30, 3, 60], seeds=5)
    pairs, table = compare(figures, groups, higher=higher)
    assert 0 < pairs.differ_familywise.sum() < pairs.differ.sum() < len(pairs)
    for ending, key in (("", "p_fdr"), ("_familywise", "p_holm")):
        for name in figures:
            signs = [
                np.sign(figures[name].mean() - figures[other].mean()) * (-1 if higher else 1)
                for other in figures
                if other != name
                and (pairs.a.isin([name, other]) & pairs.b.isin([name, other]) & (pairs[key] < 0.05)).any()
            ]
            found = table.loc[name, [f"best{ending}", f"worst{ending}"]].tolist()
            assert found == [1 + signs.count(1), 6 - signs.count(-1)]
    assert table.loc["row5", ["best", "worst"]].tolist() == ([1, 1] if higher else [6, 6])


def test_a_planted_tie_and_a_planted_order() -> None:
    random = np.random.default_rng(0)
    figures = {name: random.normal(mean, 0.1, 10) for name, mean in (("c", 9), ("b", 2), ("twin", 2), ("a", 1))}
    table = compare(figures, dict.fromkeys(figures, "ae"))[1]
    ranks = {row.Index: ranked((row.best, row.worst)) for row in table.itertuples()}
    assert ranks == {"a": "1", "b": "2–3", "twin": "2–3", "c": "4"}
    assert table.letters.to_dict() == {"a": "a", "b": "b", "twin": "b", "c": "c"}
    assert (table.p_best < 0.05).to_dict() == {"a": False, "b": True, "twin": True, "c": True}


def test_letters_are_shared_by_those_that_are_not_told_apart_and_by_no_others() -> None:
    random = np.random.default_rng(0)
    for _ in range(30):
        order = random.permutation(9).astype(float)
        differ = {(a, b) for a, b in itertools.combinations(range(9), 2) if random.random() < 0.5}
        found = letters(order, differ)
        for a, b in itertools.combinations(range(9), 2):
            assert bool({*found[a]} & {*found[b]}) == ((a, b) not in differ)
        assert found[int(order.argmin())].startswith("a")
    assert letters([2.0, 1.0], []) == ["a", "a"]
    assert letters(np.arange(30.0), itertools.combinations(range(30), 2))[-1] == "d2"  # after z comes a2


def test_rows_without_spread_tie_and_say_why() -> None:
    figures = {"a": [1.0], "b": [5.0] * 3, "c": [9.0, 9.1, 9.2], "d": [0.1, 0.2, 0.0], "e": [0.1 + 0.2, 0.3, 0.3]}
    pairs, table = compare(figures, dict.fromkeys(figures, "x"))
    assert table.note.to_dict() == {"a": "one seed", "b": "no spread", "c": "", "d": "", "e": "no spread"}
    assert pairs[["a", "b"]][pairs.differ].to_numpy().tolist() == [["c", "d"]]
    assert pairs.low.notna().sum() == 1
    assert pairs[pairs.low.isna()].p.eq(1).all()
    assert table.loc["a", ["best", "worst"]].tolist() == [1, 5]
    assert np.isnan(table.spread["a"])
    for alone in ({"a": [1.0, 2.0]}, {"a": [1.0]}, {"a": [1.0] * 3}):
        pairs, table = compare(alone, {"a": None})
        assert (len(pairs), table.best["a"], table.worst["a"], table.letters["a"]) == (0, 1, 1, "a")
    twins, table = compare({"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0]}, {"a": "x", "b": "x"})
    assert twins.p.tolist() == [1]


# Rows of equal spread, of spreads as wide apart as those of a table of FCD, of two kinds, and one among equals.
SPREADS = {
    "equal": lambda random, R: np.ones(R),
    "unequal": lambda random, R: np.exp(0.9 * random.normal(size=R)),
    "two kinds": lambda random, R: np.where(np.arange(R) % 2, 1.0, 10.0),
    "one": lambda random, R: np.where(np.arange(R), 1.0, 10.0),
}


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("spread", SPREADS)
def test_false_differences_are_as_rare_as_promised(spread: str, seeds: int) -> None:
    random, runs, R = np.random.default_rng(0), 150, 12
    found = []
    for _ in range(runs):
        sd = SPREADS[spread](random, R)
        figures = {f"row{i}": random.normal(0, sd[i], seeds) for i in range(R)}
        pairs, table = compare(figures, dict.fromkeys(figures, "ae"))
        found.append([pairs.differ.any(), pairs.differ_familywise.any(), table.p_best.iloc[0] < 0.05])
    for errors in np.sum(found, 0):  # where nothing differs, each claim is false: the two rates are one
        assert stats.binomtest(int(errors), runs, 0.05, "greater").pvalue > 0.001


def test_a_frame_has_a_row_in_each_column() -> None:
    figures = {"a": [1.0, 1.1, 1.2], "b": [5.0, 5.1, 5.3]}
    found, same = compare(pd.DataFrame(figures), dict.fromkeys("ab"))[1], compare(figures, dict.fromkeys("ab"))[1]
    pd.testing.assert_frame_equal(found, same)


def test_bad_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="no rows"):
        compare({}, {})
    with pytest.raises(ValueError, match=r"without a group: \['b'\]"):
        compare({"a": [1.0], "b": [1.0]}, {"a": "x"})
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
