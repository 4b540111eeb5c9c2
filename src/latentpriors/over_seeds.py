"""Fits mapped over seeds: finished ones survive an interruption, and outputs appear whole."""

__all__ = ["Waiting", "curves", "each_seed", "facts_of", "gather", "gather_curves", "merged"]

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .processes import side_by_side
from .store import load_json, save_json, whole

if TYPE_CHECKING:
    import pandas as pd

# Outside every stage's outputs, which DVC deletes before it runs the stage.
WORK = Path(os.environ.get("LATENTPRIORS_WORK", Path(__file__).resolve().parents[2] / ".work"))


class Waiting(Exception):
    """A stage goes on when processes have fitted their seeds.

    Arguments:
        seeds: The numbers of those that are missing.
    """

    def __init__(self, seeds: list[int]):
        super().__init__(seeds)
        self.seeds = seeds


def each_seed(
    label: str,
    seeds: int,
    settings: dict,
    inputs: Callable[[int], list[Path]],
    fit: Callable[[int, Path], dict],
    code: list[Path],
) -> list[Path]:
    """Maps a fit over seeds and returns the folder of each; finished ones are found again by all they depend on.

    That is the parameters, the input files and the code. On a CPU the seeds run side by side, one thread each: that is
    faster than one seed on all cores, and its figures do not depend on how many there are.

    Where the environment variable LATENTPRIORS_SEED is a number, this process fits that seed, and others fit others;
    where it is "none", it goes on with the stage unless several are missing, for which it asks.

    Arguments:
        label: The stage and the cell, for the folder's name.
        seeds: How many.
        settings: The parameters that the fit reads, `device` among them.
        inputs: The files that the fit of a seed reads.
        fit: Fits a seed, writes into a folder and returns the facts for its facts.json.
        code: The fingerprints of the stage and its methods, as `project.code.fingerprints` names them.

    Raises:
        Waiting: seeds are missing that other processes shall fit, or this one has fitted its own.
    """
    run = _digest(settings, code)  # once: an edit while seeds are fitted is not what they ran
    folders = [WORK / label / _digest({"run": run}, inputs(index)) / f"seed{index}" for index in range(seeds)]
    missing, mine = _missing(folders), os.environ.get("LATENTPRIORS_SEED", "all")
    if mine == "none" and len(missing) > 1:
        raise Waiting(missing)
    fitted = [index for index in missing if mine in ("all", "none", str(index))]

    def one(index: int) -> None:
        with whole(folders[index]) as part:
            part.mkdir(parents=True)
            start, used = time.perf_counter(), time.process_time()
            facts = fit(index, part)
            # Processor time does not depend on what else the machine does; on a GPU only the clock tells.
            spent = {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - used}
            save_json(part / "facts.json", spent | facts)

    side_by_side(one, fitted, settings.get("device", ""))
    if missing and mine not in ("all", "none"):  # what comes after is for one process
        raise Waiting(_missing(folders))
    return folders


def _missing(folders: list[Path]) -> list[int]:
    return [index for index, folder in enumerate(folders) if not folder.is_dir()]


def gather(folders: list[Path], name: str, out: Path) -> None:
    """Copies a file of each seed to OUT/seed0, OUT/seed1 ..., all or none of them."""
    with whole(out) as part:
        part.mkdir(parents=True)
        for index, folder in enumerate(folders):
            shutil.copyfile(folder / name, part / f"seed{index}{Path(name).suffix}")


def curves(folder: Path) -> Callable[[int, dict[str, float]], None]:
    """Returns a function that logs (step, figures) into a seed's folder, by dvclive."""
    from dvclive import Live  # here and below: who only merges figures need not wait for it

    live = Live(str(folder / "live"), dvcyaml=None, report=None, save_dvc_exp=False, cache_images=False)

    def log(step: int, figures: dict[str, float]) -> None:
        live.step = step
        for name, value in figures.items():
            live.log_metric(name, value, timestamp=False)

    return log


def gather_curves(folders: list[Path]) -> "pd.DataFrame":
    """Returns what was logged for all seeds as rows of step, seed, figure and value."""
    import pandas as pd

    tables = [
        pd.read_csv(file, sep="\t").set_axis(["step", "value"], axis=1).assign(seed=index, figure=file.stem)
        for index, folder in enumerate(folders)
        for file in sorted((folder / "live").rglob("*.tsv"))
    ]
    empty = pd.DataFrame(columns=["step", "seed", "figure", "value"])
    return pd.concat(tables)[list(empty.columns)] if tables else empty


def facts_of(folders: list[Path]) -> list[dict]:
    """Returns the facts of each seed."""
    return [load_json(folder / "facts.json") for folder in folders]


def merged(seeds: Sequence[Mapping], verdicts: Sequence[str] = ()) -> dict:
    """Returns the figures of all seeds as one dictionary: FIGURE is their mean, and FIGURE_by_seed lists them.

    A seed that lacks a figure has None in its list, and the mean is that of the others; None where all lack it. A list
    or dictionary of figures is a mean entry by entry, without a list by seed. Words, and yes or no, are what the first
    seed says, but of verdicts it is the worst, and they are listed too.

    Arguments:
        seeds: The figures of each.
        verdicts: Words from good to bad.

    Example:
        >>> merged([{"fcd": 4.0, "shares": [0.0, 1.0], "device": "cpu"}, {"fcd": 5.0, "shares": [1.0, 0.0]}])
        {'fcd': 4.5, 'shares': [0.5, 0.5], 'device': 'cpu', 'fcd_by_seed': [4.0, 5.0]}
    """
    names = dict.fromkeys(name for seed in seeds for name in seed)
    found = {name: [seed.get(name) for seed in seeds] for name in names}
    lists = {f"{name}_by_seed": values for name, values in found.items() if _listed(values, verdicts)}
    return {name: _common(values, verdicts) for name, values in found.items()} | lists


def _listed(values: list, verdicts: Sequence[str]) -> bool:
    given = [value for value in values if value is not None]
    return bool(given) and all(_is_number(value) or value in verdicts for value in given)


def _common(values: list, verdicts: Sequence[str]) -> object:
    given = [value for value in values if value is not None]
    if not given:
        return None
    first = given[0]
    if isinstance(first, dict):
        return {key: _common([value[key] for value in given], verdicts) for key in first}
    if isinstance(first, list):
        return [_common(list(entries), verdicts) for entries in zip(*given, strict=True)]
    if _is_number(first):
        return first if len(set(given)) == 1 else sum(given) / len(given)
    return max(given, key=verdicts.index) if first in verdicts else first


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _digest(settings: dict, files: list[Path]) -> str:
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
