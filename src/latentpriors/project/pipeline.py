"""The stages of the dvc.yaml files with their templates filled in, without dvc, which takes seconds for the same."""

__all__ = ["Stage", "producers", "read_locks", "read_stages", "resolve", "upstream"]

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..yaml_files import read_yaml


@dataclass(frozen=True)
class Stage:
    """What dvc.lock records of a stage.

    Arguments:
        cmd: The command line.
        deps: The paths that it reads.
        params: The keys of params.yaml that it reads.
        outs: The paths that it writes, and whether they are in the cache; the others are in git.
        frozen: Whether it is never run again, whatever it depends on.
    """

    cmd: str
    deps: tuple[str, ...]
    params: tuple[str, ...]
    outs: dict[str, bool]
    frozen: bool = False


def read_stages(root: Path, params: dict) -> dict[str, Stage]:
    """Returns all stages of a copy of this project: those of dvc.yaml, and those of each table by their full names."""
    found = resolve(read_yaml(root / "dvc.yaml"), params | read_yaml(root / "tables.yaml"))
    for file in _tables(root, "dvc.yaml"):
        own = resolve(read_yaml(root / file), read_yaml(root / file.with_name("cells.yaml")))
        found |= {f"{file}:{name}": stage for name, stage in own.items()}
    return found


def read_locks(root: Path) -> dict[str, dict]:
    """Returns what the dvc.lock files recorded of each stage, by the names that `read_stages` gives.

    Raises:
        ValueError: a lock is damaged, such as cut where its writer was killed.
    """
    found = {}
    for file in [path for path in (Path("dvc.lock"), *_tables(root, "dvc.lock")) if (root / path).is_file()]:
        prefix = "" if file == Path("dvc.lock") else f"{file.with_name('dvc.yaml')}:"
        stages = read_yaml(root / file).get("stages")
        if not isinstance(stages, dict) or not all(map(_is_whole, stages.values())):
            raise ValueError(f"{root / file} is damaged; `git checkout {file}` brings the committed one back")
        found |= {prefix + name: block for name, block in stages.items()}
    return found


def resolve(pipeline: dict, variables: dict) -> dict[str, Stage]:
    """Returns the stages of a pipeline by the names that dvc gives them.

    Arguments:
        pipeline: The content of dvc.yaml; of its templates, `foreach` and ${dotted.keys}, of which one that names a
            block becomes its keys as options, --key value.
        variables: The content of params.yaml and of the files under `vars`.

    Raises:
        ValueError: a template names a key that is not there, or a stage has not the form that dvc, or this, knows.
    """
    found, stages = {}, pipeline.get("stages")
    if not isinstance(stages, dict):
        raise ValueError(f"dvc.yaml stages: a block of keys is needed, not {stages!r}")
    for name, block in stages.items():
        try:
            found |= _filled(name, block, variables)
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"dvc.yaml: the stage {name} has another form than dvc's ({error!r})") from error
    return found


def producers(stages: Mapping[str, Stage]) -> dict[str, list[str]]:
    """Returns for each stage those that write one of its dependencies, something in it, or a folder that it lies in."""
    writers: dict[str, list[str]] = {}  # of each output, and of something in each folder above one
    for name, stage in stages.items():
        for out in stage.outs:
            for path in (out, *_parents(out)):
                writers.setdefault(path, []).append(name)
    outs = {out: [name] for name, stage in stages.items() for out in stage.outs}
    found = {}
    for name, stage in stages.items():
        each = [[writers.get(dep, []), *(outs.get(parent, []) for parent in _parents(dep))] for dep in stage.deps]
        found[name] = list(dict.fromkeys(producer for groups in each for group in groups for producer in group))
    return found


def upstream(needed: Mapping[str, Iterable[str]], targets: Iterable[str]) -> list[str]:
    """Returns some stages with all that they need, each after what it depends on; `needed` is what `producers` says."""
    order = {}

    def visit(name: str) -> None:
        if name not in order:
            for producer in needed[name]:
                visit(producer)
            order[name] = None

    for target in targets:
        visit(target)
    return list(order)


def _is_whole(block: object) -> bool:
    """Whether a block of a lock has the form that dvc gives it."""
    try:
        entries, files = [*block.get("deps", []), *block.get("outs", [])], block.get("params", {}).values()
        whole = all("path" in entry and "md5" in entry for entry in entries)
        return whole and "cmd" in block and all(isinstance(file, dict) for file in files)
    except (AttributeError, TypeError):  # what should be a block or a list is something else
        return False


def _tables(root: Path, name: str) -> list[Path]:
    return sorted(path.relative_to(root) for path in (root / "tables").glob(f"*/{name}"))


def _parents(path: str) -> list[str]:
    return [str(parent) for parent in PurePosixPath(path).parents][:-1]


def _filled(name: str, block: dict, variables: dict) -> dict[str, Stage]:
    """Returns a stage, or for a `foreach` each of its stages, by its full name."""
    if "matrix" in block:
        raise ValueError(f"stage {name} has a matrix, which is not known here; use foreach")
    if "foreach" not in block:
        return {name: _stage(block, variables)}
    items = _value(block["foreach"].strip("${} "), variables)
    each = {key: {"key": key, "item": item} for key, item in items.items()} if isinstance(items, dict) else None
    scopes = each or {item: {"item": item} for item in items}
    return {f"{name}@{key}": _stage(block["do"], variables | scope) for key, scope in scopes.items()}


def _stage(block: dict, scope: dict) -> Stage:
    def filled(text: str) -> str:
        return re.sub(r"\$\{\s*([^}]+?)\s*\}", lambda match: _text(_value(match[1], scope)), text)

    outs = {}
    for kind in ("outs", "metrics", "plots"):
        for entry in block.get(kind, []):
            options = {entry: {}} if isinstance(entry, str) else entry
            outs |= {filled(path): (option or {}).get("cache", True) for path, option in options.items()}
    deps, keys = (tuple(map(filled, block.get(kind, []))) for kind in ("deps", "params"))
    return Stage(filled(block["cmd"]), deps, keys, outs, block.get("frozen", False))


def _text(value: object) -> str:
    return " ".join(f"--{key} {each}" for key, each in value.items()) if isinstance(value, dict) else str(value)


def _value(path: str, scope: dict) -> object:
    value = scope
    for key in path.split("."):
        if not isinstance(value, dict) or key not in value:
            raise ValueError(f"dvc.yaml names ${{{path}}}, but there is no {key!r}")
        value = value[key]
    return value
