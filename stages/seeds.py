"""Fits mapped over seeds: finished ones survive an interruption, and outputs appear whole."""

__all__ = ["common", "curves", "each_seed", "gather", "gather_curves", "gather_facts", "side_by_side"]

import hashlib
import json
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pandas as pd
import torch
from dvclive import Live
from threadpoolctl import threadpool_limits

from context import ROOT, die_with
from latentpriors.store import load_json, save_json, whole

# Outside every stage's outputs, which DVC deletes before it runs the stage.
WORK = Path(os.environ.get("LATENTPRIORS_WORK", ROOT / ".work"))


def each_seed(
    label: str, seeds: int, settings: dict, inputs: Callable[[int], list[Path]], fit: Callable[[int, Path], dict]
) -> list[Path]:
    """Maps a fit over seeds and returns the folder of each; finished ones are found again by all they depend on.

    That is the parameters, the input files, the stage's script and the methods that are loaded by now, with their
    fingerprints: a stage loads its method before it calls this. On a CPU the seeds run side by side, one thread each:
    that is faster than one seed on all cores, and its figures do not depend on how many there are.

    Arguments:
        label: The stage and the cell, for the folder's name.
        seeds: How many.
        settings: The parameters that the fit reads, `device` among them.
        inputs: The files that the fit of a seed reads.
        fit: Fits a seed, writes into a folder and returns the facts for its facts.json.
    """
    run = _digest(settings, _code())  # once: an edit while seeds are fitted is not what they ran
    folders = [WORK / label / _digest({"run": run}, inputs(index)) / f"seed{index}" for index in range(seeds)]
    missing = [index for index in range(seeds) if not folders[index].is_dir()]

    def one(index: int) -> None:
        with whole(folders[index]) as part:
            part.mkdir(parents=True)
            start, used = time.perf_counter(), time.process_time()
            facts = fit(index, part)
            # Processor time does not depend on what else the machine does; on a GPU only the clock tells.
            spent = {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - used}
            save_json(part / "facts.json", spent | facts)

    side_by_side(one, missing, settings.get("device", ""))
    return folders


def side_by_side(function: Callable[[int], object], indices: Sequence[int], device: str) -> list:
    """Returns what a function gives for each index; on a CPU in forked processes of one thread each.

    The processes share the data that are loaded by now. A failure stops what has not begun.

    Raises:
        OSError: a process was killed.
    """
    if device != "cpu":
        return [function(index) for index in indices]
    global _forked
    _forked = function
    workers = max(1, min(len(indices), len(os.sched_getaffinity(0))))
    with ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), _begin, (os.getpid(),)) as pool:
        runs = [pool.submit(_call, index) for index in indices]
        try:
            return [run.result() for run in runs]
        except BrokenProcessPool as error:
            raise OSError("a process was killed from outside; was there too little memory?") from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def gather(folders: list[Path], name: str, out: Path) -> None:
    """Copies a file of each seed to OUT/seed0, OUT/seed1 ..., all or none of them."""
    with whole(out) as part:
        part.mkdir(parents=True)
        for index, folder in enumerate(folders):
            shutil.copyfile(folder / name, part / f"seed{index}{Path(name).suffix}")


def curves(folder: Path) -> Callable[[int, dict[str, float]], None]:
    """Returns a function that logs (step, figures) into a seed's folder, by dvclive."""
    live = Live(str(folder / "live"), dvcyaml=None, report=None, save_dvc_exp=False, cache_images=False)

    def log(step: int, figures: dict[str, float]) -> None:
        live.step = step
        for name, value in figures.items():
            live.log_metric(name, value, timestamp=False)

    return log


def gather_curves(folders: list[Path]) -> pd.DataFrame:
    """Returns what was logged for all seeds as rows of step, seed, figure and value."""
    tables = [
        pd.read_csv(file, sep="\t").set_axis(["step", "value"], axis=1).assign(seed=index, figure=file.stem)
        for index, folder in enumerate(folders)
        for file in sorted((folder / "live").rglob("*.tsv"))
    ]
    empty = pd.DataFrame(columns=["step", "seed", "figure", "value"])
    return pd.concat(tables)[list(empty.columns)] if tables else empty


def gather_facts(folders: list[Path], out: Path) -> None:
    """Writes the facts of all seeds as one dictionary: numbers as means, and what is the same for all as it is.

    A figure that differs between seeds is there once more as a list, FIGURE_by_seed.
    """
    facts = [load_json(folder / "facts.json") for folder in folders]
    columns = {name: [fact[name] for fact in facts] for name in facts[0]}
    lists = {f"{name}_by_seed": values for name, values in columns.items() if len(set(values)) > 1}
    save_json(out, {name: common(values) for name, values in columns.items()} | lists)


def common(values: list) -> float | int | str | bool:
    """Returns what all values are, or else their mean."""
    return values[0] if len(set(values)) == 1 else sum(values) / len(values)


def _begin(parent: int) -> None:
    die_with(parent)
    torch.set_num_threads(1)  # a forked process that asks for more would wait for its parent's
    threadpool_limits(1)  # those of NumPy and scikit-learn


def _call(index: int) -> object:
    return _forked(index)


def _code() -> list[Path]:
    """Returns what stands for the code of this run, as in dvc.yaml: script, loaded methods and fingerprints."""
    files = {
        Path(module.__file__).resolve() for module in list(sys.modules.values()) if getattr(module, "__file__", None)
    }
    homes = [ROOT / "src/latentpriors" / kind for kind in ("autoencoders", "priors")]
    methods = sorted(path for path in files if path.parent in homes and path.stem not in ("__init__", "base"))
    script, home = Path(sys.modules["__main__"].__file__), ROOT / "fingerprints"
    written = [home / "stages" / script.stem, *(home / "methods" / path.parent.name / path.stem for path in methods)]
    written = [path.with_suffix(".json") for path in written]
    return [script, *methods, *(path for path in written if path.is_file())]


def _digest(settings: dict, files: list[Path]) -> str:
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
