"""Takes new fingerprints into the locks where reruns have shown that only the form of code has changed.

Say that code went from one module to another, or that a constant without effect was taken away: the fingerprint is
another one, and what rests on it would be computed again. Let `dvc repro` do so where it is cheap, for the tables of
digits say. This then looks at what these stages wrote: where it is equal to what COMMIT has, all other stages of the
same kind with the same fingerprints get the new ones and the new command in their locks, and nothing else is touched.
"""

__all__ = ["locks_at", "shown", "take"]

import argparse
import io
import json
import math
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from latentpriors.program import Parser, program  # noqa: E402
from latentpriors.project.pipeline import Stage, producers, read_locks, read_stages  # noqa: E402
from latentpriors.project.verify import all_faults, digest, recorded  # noqa: E402
from latentpriors.yaml_files import parse_yaml, read_yaml  # noqa: E402

CODE = "fingerprints/"
WITHIN = 1e-6  # relative, or absolute for figures below 1


@dataclass(frozen=True)
class Change:
    """A stage whose lock names other fingerprints than there are.

    Arguments:
        files: The fingerprints that are others now, or new.
        others: What else has changed; [] where its fingerprints and its command are all.
    """

    files: frozenset[str]
    others: list[str]


def changes(root: Path, stages: Mapping[str, Stage], locks: Mapping[str, dict]) -> dict[str, Change]:
    """Returns the stages whose fingerprints are not those in their locks."""
    wrong, found = all_faults(root, stages, dict(locks), read_yaml(root / "params.yaml")), {}
    for name in (name for name in stages if name in locks and any(CODE in fault for fault in wrong[name])):
        before = _code(locks[name])
        files = {
            path for path in stages[name].deps if path.startswith(CODE) and before.get(path) != digest(root / path)
        }
        others = [fault for fault in wrong[name] if CODE not in fault and fault != "its command has changed"]
        found[name] = Change(frozenset(files), others)
    return found


def shown(
    stages: Mapping[str, Stage], before: Mapping[str, dict], now: Mapping[str, dict], same: Mapping[str, str | None]
) -> dict[str, set[str]]:
    """Returns for each kind of stage the fingerprints with which one was rerun, and the figures came out the same.

    Those are what it wrote, or what was written since by stages that rest on it.

    Arguments:
        stages: All stages.
        before, now: What the locks recorded in an earlier commit and record now.
        same: For each path in git that a stage writes what differs from the commit, None where nothing does.

    Raises:
        ValueError: a rerun stage, or one that rests on it, wrote other figures.
    """
    reruns = {
        name: set(_code(now[name]))
        for name in stages
        if name in before and name in now and _code(before[name]) != _code(now[name])
    }
    consumers: dict[str, set[str]] = {}
    for name, makers in producers(stages).items():
        for maker in makers:
            consumers.setdefault(maker, set()).add(name)
    found: dict[str, set[str]] = {}
    for name, files in reruns.items():
        below = {each for each in _closure(name, consumers) if now.get(each) != before.get(each)}
        written = [out for each in below for out in stages[each].outs if out in same]
        for out in written:
            if same[out]:
                raise ValueError(f"{name} was rerun, and {out} is not what it was: {same[out]}")
        if written or recorded(now[name], "outs") == recorded(before[name], "outs"):
            found.setdefault(_kind(name), set()).update(files)
    return found


def take(root: Path, commit: str) -> dict[str, list[str]]:
    """Writes new fingerprints into the locks where `shown` says so; returns the stages by what became of them.

    Those are "taken", "not shown" and "changed otherwise".

    Raises:
        ValueError: a rerun wrote other figures; nothing is written.
    """
    from dvc.utils.serialize import modify_yaml  # dvc's own form of a lock

    stages, now = read_stages(root, read_yaml(root / "params.yaml")), read_locks(root)
    before = locks_at(root, commit, now)
    pages = {out for stage in stages.values() for out in stage.outs if out.startswith("reports/")}
    tracked = {out for stage in stages.values() for out, in_cache in stage.outs.items() if not in_cache} - pages
    evidence = shown(stages, before, now, {out: differs(root, commit, out) for out in tracked})
    result: dict[str, list[str]] = {"taken": [], "not shown": [], "changed otherwise": []}
    for name, change in changes(root, stages, now).items():
        stands = change.files <= evidence.get(_kind(name), set())
        result["changed otherwise" if change.others else "taken" if stands else "not shown"].append(name)
    for file in {_file(name) for name in result["taken"]}:
        with modify_yaml(root / file) as lock:
            for name in (name for name in result["taken"] if _file(name) == file):
                block, stage = lock["stages"][name.rpartition(":")[2]], stages[name]
                kept = [entry for entry in block.get("deps", []) if not entry["path"].startswith(CODE)]
                block["cmd"] = stage.cmd
                block["deps"] = sorted([*kept, *_entries(root, stage.deps)], key=lambda entry: entry["path"])
    return result


def differs(root: Path, commit: str, path: str) -> str | None:
    """Returns what differs between a file or folder of figures now and in a commit; None where nothing does.

    Times do not count, and lists by seed only where both have them; pictures count by their bytes.
    """
    command = ["git", "ls-tree", "-r", "-z", "--name-only", commit, path]
    listed = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", check=True).stdout
    names = listed.split("\0")[:-1]
    here = [root / path] if (root / path).is_file() else [p for p in (root / path).rglob("*") if p.is_file()]
    if {str(file.relative_to(root)) for file in here} != set(names):
        return "other files"
    for name in names:
        old = subprocess.run(["git", "show", f"{commit}:{name}"], cwd=root, capture_output=True, check=True).stdout
        new = (root / name).read_bytes()
        if old != new and not (name.endswith((".json", ".csv")) and _equal(_read(name, old), _read(name, new))):
            return f"{name} differs"
    return None


def _read(name: str, content: bytes) -> object:
    if name.endswith(".json"):
        return json.loads(content)
    return pd.read_csv(io.BytesIO(content)).to_dict("list")


def _equal(a: object, b: object) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        a, b = ({k: v for k, v in x.items() if _counts(str(k), y)} for x, y in ((a, b), (b, a)))
        return a.keys() == b.keys() and all(_equal(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or abs(a - b) <= WITHIN * max(1.0, abs(a))
    return a == b


def _counts(key: str, other: dict) -> bool:
    """Returns whether a figure must be the same in another file."""
    return "seconds" not in key and (key in other or not key.endswith("_by_seed"))


def _closure(name: str, consumers: Mapping[str, Iterable[str]]) -> set[str]:
    found, waiting = set(), [name]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += consumers.get(each, ())
    return found


def locks_at(root: Path, commit: str, now: Mapping[str, dict]) -> dict[str, dict]:
    """Returns what the locks recorded in a commit, by the names that `read_locks` gives."""
    found = {}
    for file in sorted({_file(name) for name in now}):
        done = subprocess.run(["git", "show", f"{commit}:{file}"], cwd=root, capture_output=True, encoding="utf-8")
        stages = parse_yaml(done.stdout, f"{commit}:{file}").get("stages", {}) if done.returncode == 0 else {}
        prefix = "" if file == "dvc.lock" else f"{file.removesuffix('lock')}yaml:"
        found |= {prefix + name: block for name, block in stages.items()}
    return found


def _file(name: str) -> str:
    """Returns the lock of a stage."""
    return f"{name.rpartition(':')[0].removesuffix('yaml')}lock" if ":" in name else "dvc.lock"


def _kind(name: str) -> str:
    return name.rpartition(":")[2].partition("@")[0]


def _code(locked: dict) -> dict[str, str]:
    return {path: md5 for path, md5 in recorded(locked).items() if path.startswith(CODE)}


def _entries(root: Path, deps: Iterable[str]) -> list[dict]:
    paths = [path for path in deps if path.startswith(CODE)]
    return [{"path": p, "hash": "md5", "md5": digest(root / p), "size": (root / p).stat().st_size} for p in paths]


def main() -> int:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--since", required=True, metavar="COMMIT", help="whose figures and locks the reruns are held against"
    )
    commit = parser.parse_args().since
    with program("fingerprints"):
        result = take(ROOT, commit)
    for what, names in result.items():
        print(f"{what}: {len(names)}", *(f"  {name}" for name in names), sep="\n")
    return 1 if result["not shown"] or result["changed otherwise"] else 0


if __name__ == "__main__":
    sys.exit(main())
