"""Fits mapped over seeds: finished ones survive an interruption, and outputs appear whole."""

__all__ = ["common", "curves", "each_seed", "gather", "gather_curves", "gather_facts"]

import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from dvclive import Live

from context import ROOT
from latentpriors.store import load_json, save_json, whole

# Outside every stage's outputs, which DVC deletes before it runs the stage.
WORK = Path(os.environ.get("LATENTPRIORS_WORK", ROOT / ".work"))


def each_seed(
    label: str, seeds: int, settings: dict, inputs: Callable[[int], list[Path]], fit: Callable[[int, Path], dict]
) -> list[Path]:
    """Maps a fit over seeds and returns the folder of each; finished ones are found again by all they depend on.

    That is the parameters, the input files, the stage's script, the fingerprints and the methods that are loaded by
    now: a stage loads its method before it calls this.

    Arguments:
        label: The stage and the cell, for the folder's name.
        seeds: How many.
        settings: The parameters that the fit reads.
        inputs: The files that the fit of a seed reads.
        fit: Fits a seed, writes into a folder and returns the facts for its facts.json.
    """
    folders, run = [], _digest(settings, _code())  # once: an edit while seeds are fitted is not what they ran
    for index in range(seeds):
        folder = WORK / label / _digest({"run": run}, inputs(index)) / f"seed{index}"
        if not folder.is_dir():
            with whole(folder) as part:
                part.mkdir(parents=True)
                start = time.perf_counter()
                facts = fit(index, part)
                save_json(part / "facts.json", {"seconds": time.perf_counter() - start} | facts)
        folders.append(folder)
    return folders


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


def _code() -> list[Path]:
    """Returns what stands for the code of this run, as in dvc.yaml: script, loaded methods and fingerprints."""
    files = {
        Path(module.__file__).resolve() for module in list(sys.modules.values()) if getattr(module, "__file__", None)
    }
    homes = [ROOT / "src/latentpriors" / kind for kind in ("autoencoders", "priors")]
    methods = sorted(path for path in files if path.parent in homes and path.stem not in ("__init__", "base"))
    return [Path(sys.modules["__main__"].__file__), *methods, *sorted((ROOT / "fingerprints").glob("*.json"))]


def _digest(settings: dict, files: list[Path]) -> str:
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
