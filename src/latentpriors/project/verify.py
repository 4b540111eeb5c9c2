"""Whether committed results belong to the committed code, and whether a rerun confirms them."""

__all__ = ["all_faults", "cached", "digest", "faults", "recorded", "verdict"]

import functools
import hashlib
import json
import operator
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from .pipeline import Stage

WITHOUT_INTERVAL = 0.1  # how far a rerun may be off where one seed gives no interval


def digest(path: Path) -> str | None:
    """Returns the hash that dvc.lock has for a file or a folder, None where there is neither."""
    if path.is_file():
        return hashlib.md5(path.read_bytes()).hexdigest()
    if not path.is_dir():
        return None
    files = [file for file in path.rglob("*") if file.is_file() and not _is_ignored(file.relative_to(path))]
    names = sorted((file.relative_to(path).as_posix(), file) for file in files)
    listing = json.dumps([{"md5": digest(file), "relpath": name} for name, file in names])
    return hashlib.md5(listing.encode()).hexdigest() + ".dir"


def cached(stages: Mapping[str, Stage], lock: dict) -> dict[str, str | None]:
    """Returns the recorded hash of each output that is in the cache and not in git, None where none is recorded."""
    found = {}
    for name, stage in stages.items():
        hashes = recorded(lock.get(name, {}), "outs")
        found |= {path: hashes.get(path) for path, in_cache in stage.outs.items() if in_cache}
    return found


def recorded(locked: dict, kind: str = "deps") -> dict[str, str]:
    """Returns the hashes that a block of dvc.lock has, by path, of its "deps" or "outs"."""
    return {entry["path"]: entry["md5"] for entry in locked.get(kind, [])}


def all_faults(root: Path, stages: Mapping[str, Stage], lock: dict, params: dict) -> dict[str, list[str]]:
    """Returns for each stage of a checkout what `faults` finds."""
    paths = {path for stage in stages.values() for path in (*stage.deps, *stage.outs)}
    stored = cached(stages, lock)
    hashes = {path: digest(root / path) for path in paths - set(stored)} | stored
    values = {}
    for key in {key for stage in stages.values() for key in stage.params}:
        try:
            values[key] = functools.reduce(operator.getitem, key.split("."), params)
        except (KeyError, TypeError):
            continue
    return {name: faults(stage, lock.get(name), values, hashes) for name, stage in stages.items()}


def faults(
    stage: Stage, locked: dict | None, values: Mapping[str, object], hashes: Mapping[str, str | None]
) -> list[str]:
    """Returns why a stage's outputs are not those of its command, dependencies and parameters; [] where they are.

    Of a frozen stage only the outputs count.

    Arguments:
        stage: The stage as dvc.yaml has it.
        locked: Its block in dvc.lock, None where it has none.
        values: The values of its parameters by their keys, without those that params.yaml does not have.
        hashes: The hash of each path that it reads or writes: of what is there, or of what is `cached`.
    """
    if locked is None:
        return ["it is not in dvc.lock: it has never run"]
    if stage.frozen:
        return _changed("outs", stage.outs, locked, hashes)
    found = [] if locked["cmd"] == stage.cmd else ["its command has changed"]
    before = locked.get("params", {}).get("params.yaml", {})
    found += [
        f"the parameter {key} has changed"
        for key in dict.fromkeys([*stage.params, *before])
        if key not in values or key not in before or values[key] != before[key]
    ]
    return [*found, *_changed("deps", stage.deps, locked, hashes), *_changed("outs", stage.outs, locked, hashes)]


def verdict(committed: dict, rerun: float) -> bool:
    """Whether a rerun's FCD lies in the committed interval; within a tenth where one seed or a floor has none.

    The rerun has the same seeds: on the same kind of machine it comes out nearly equal, on another one rounding makes
    other runs of it. Three runs that share nothing with the committed three miss their interval in 9% of cases by
    chance.
    """
    low, high = committed.get("fcd_low"), committed.get("fcd_high")
    if low is None or high is None:
        return abs(rerun - committed["fcd"]) <= WITHOUT_INTERVAL * committed["fcd"]
    return low <= rerun <= high


def _is_ignored(path: Path) -> bool:
    """Whether .dvcignore names a file, or a folder that it is in."""
    return any(part == "__pycache__" or re.fullmatch(r"\..*\.(part|tmp)", part) for part in path.parts)


def _changed(kind: str, paths: Iterable[str], locked: dict, hashes: Mapping[str, str | None]) -> list[str]:
    before, what = recorded(locked, kind), "has changed" if kind == "deps" else "is not what it wrote"
    found = [f"{path} is no longer among its {kind}" for path in before if path not in paths]
    for path in paths:
        if path not in before:
            found.append(f"{path} is new among its {kind}")
        elif hashes[path] != before[path]:
            found.append(f"{path} {what if hashes[path] else 'is missing'}")
    return found
