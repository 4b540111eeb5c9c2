"""Simulates how long a target takes the engine with more workers, and says what bounds it.

    python tools/scaling.py report@mnist-priors --workers 1 8 64 512

Stages and seeds start by the engine's own plan, each on the first free worker; a stage that has ended waits for the one
process that records it. Fits take the processor seconds that are in metrics/, all other stages the median that the
engine measured of their kind.
"""

__all__ = ["Costs", "simulate"]

import heapq
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tools")]

from engine import Plan, targets_of  # noqa: E402

from latentpriors.program import Parser, program  # noqa: E402
from latentpriors.project.pipeline import Stage, producers, read_stages, upstream  # noqa: E402
from latentpriors.store import load_json  # noqa: E402
from latentpriors.yaml_files import read_yaml  # noqa: E402

MEASURED = ROOT / "reports/speed/seconds.csv"


@dataclass(frozen=True)
class Costs:
    """What the stages of a target take.

    Arguments:
        needs: For each stage those that it needs.
        fits: For each stage the seconds of each seed that it fits.
        others: For each stage its seconds beside its seeds.
        record: Seconds of the one process that records what a stage made.
    """

    needs: Mapping[str, list[str]]
    fits: Mapping[str, list[float]]
    others: Mapping[str, float]
    record: float

    def work(self) -> float:
        """Returns the seconds that one worker takes for all."""
        return sum(self.others.values()) + sum(map(sum, self.fits.values()))

    def path(self) -> float:
        """Returns the seconds of the longest chain of stages that need each other, with all their seeds side by side.

        No number of workers takes less.
        """
        ends: dict[str, float] = {}
        for name in upstream(self.needs, self.needs):
            start = max((ends[other] for other in self.needs[name]), default=0.0)
            ends[name] = start + max(self.fits[name], default=0.0) + self.others[name] + self.record
        return max(ends.values())


def simulate(costs: Costs, workers: int) -> float:
    """Returns the seconds from the first start to the last record.

    Example:
        >>> needs, fits = {"fit": [], "a": ["fit"], "b": ["fit"]}, {"fit": [3.0, 2.0], "a": [], "b": []}
        >>> costs = Costs(needs, fits, {"fit": 1.0, "a": 2.0, "b": 2.0}, 0.5)
        >>> [simulate(costs, workers) for workers in (1, 2)]
        [11.0, 7.5]
    """
    plan, place, number = Plan(costs.needs, costs.needs), {name: i for i, name in enumerate(costs.needs)}, count()
    seeds = {name: len(fits) for name, fits in costs.fits.items()}
    waiting: list[tuple] = []  # place of the stage, number, name, what, seconds
    events: list[tuple] = []  # when it ends, number, name, what
    now = recorded = 0.0
    while True:
        for name in plan.ready:
            for seconds in costs.fits[name]:
                heapq.heappush(waiting, (place[name], next(number), name, "seed", seconds))
            if not seeds[name]:
                heapq.heappush(waiting, (place[name], next(number), name, "stage", costs.others[name]))
        plan.ready.clear()
        while waiting and workers:
            _, _, name, what, seconds = heapq.heappop(waiting)
            heapq.heappush(events, (now + seconds, next(number), name, what))
            workers -= 1
        if not events:
            return now
        now, _, name, what = heapq.heappop(events)
        if what == "recorded":
            plan.done(name)
            continue
        workers += 1
        if what == "seed":
            seeds[name] -= 1
            if not seeds[name]:
                heapq.heappush(waiting, (place[name], next(number), name, "stage", costs.others[name]))
        else:
            recorded = max(now, recorded) + costs.record
            heapq.heappush(events, (recorded, next(number), name, "recorded"))


def costs_of(stages: Mapping[str, Stage], targets: list[str], measured: pd.DataFrame, record: float) -> Costs:
    """Returns what targets take, with all that they need.

    Arguments:
        stages: As `read_stages` returns them.
        targets: The names of some.
        measured: What the engine measured: stage, seed, seconds.
        record: Seconds to record a stage.

    Raises:
        ValueError: a kind of stage was never measured.
    """
    needs = producers(stages)
    needs = {name: needs[name] for name in upstream(needs, targets)}
    alone = measured[measured.seed == "none"].groupby("stage").seconds.sum()
    kinds = alone.groupby(alone.index.map(_kind)).median()
    run = [name for name in needs if not stages[name].frozen]
    if missing := sorted({_kind(name) for name in run} - set(kinds.index)):
        raise ValueError(f"the engine has not measured {', '.join(missing)}; run it on a target with such stages")
    fits = {name: _fits(name, stages) for name in needs}
    return Costs(needs, fits, {name: kinds[_kind(name)] if name in run else 0.0 for name in needs}, record)


def table(costs: Costs, workers: list[int]) -> pd.DataFrame:
    """Returns for each number of workers the minutes, how many times as fast as one it is, and what bounds it."""
    rows, alone = [], simulate(costs, 1)
    for number in workers:
        seconds = simulate(costs, number)
        limits = {
            "the work": costs.work() / number,
            "the longest chain": costs.path(),
            "the records": costs.record * len(costs.needs),
        }
        bound = max(limits, key=limits.get)
        rows.append([number, seconds / 60, alone / seconds, f"{bound}, {limits[bound] / 60:.1f} minutes"])
    return pd.DataFrame(rows, columns=["workers", "minutes", "times as fast as one", "bounded by"])


def _fits(name: str, stages: Mapping[str, Stage]) -> list[float]:
    """Returns the seconds of each seed, as the metrics have them that a fit's stage, or its score, writes."""
    kind = _kind(name)
    scored = stages[name.replace("fit_prior@", "score@")]
    for path in [out for out in scored.outs if kind in ("fit_prior", "train_autoencoder") and out.endswith(".json")]:
        facts = load_json(ROOT / path)
        return facts.get("cpu_seconds_by_seed") or facts.get("seconds_by_seed") or []
    return []


def _kind(name: str) -> str:
    kind = name.rpartition(":")[2].partition("@")[0]
    return "score" if kind == "score_real" else kind  # the same figures, of real images


def main() -> int:
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument("target", nargs="+", help="stages as the engine takes them: report@mnist-priors")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 8, 64, 512], help="how many (%(default)s)")
    parser.add_argument("--measured", type=Path, default=MEASURED, help="what the engine wrote (%(default)s)")
    parser.add_argument("--record", type=float, default=0.1, help="seconds to record a stage (%(default)s)")
    options = parser.parse_args()
    with program("scaling"):
        stages = read_stages(ROOT, read_yaml(ROOT / "params.yaml"))
        measured = pd.read_csv(
            options.measured, names=["stage", "seed", "seconds"], keep_default_na=False, dtype={"seconds": float}
        )
        costs = costs_of(stages, targets_of(stages, options.target), measured, options.record)
        print(table(costs, options.workers).to_markdown(index=False, floatfmt=".1f"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
