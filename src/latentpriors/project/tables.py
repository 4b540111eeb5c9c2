"""The tables of the benchmark: tables.yaml names them, and the cells.yaml in the folder of each has its rows."""

__all__ = ["GROUPS", "read_cells", "read_tables"]

from pathlib import Path

from ..choices import unknown
from ..yaml_files import read_yaml

# Of a cells.yaml: what is trained, what of it has a target, the floor's row, the other rows, and rows whose likelihood
# in pixels is measured.
GROUPS = ("models", "targets", "real", "cells", "bounds")


def read_tables(root: Path) -> dict[str, dict]:
    """Returns the content of tables.yaml, and the lines of all tables together, by their groups.

    Raises:
        ValueError: a table has no folder or a folder no table, its dvc.yaml is not the tables', its cells.yaml is
            another table's, or one of its lines is listed twice.
    """
    found = read_yaml(root / "tables.yaml") | {group: {} for group in GROUPS}
    if not isinstance(found.get("tables"), dict):
        raise ValueError(f"tables.yaml tables: a block of keys is needed, not {found.get('tables')!r}")
    folders = _folders(root)
    for name in sorted({*folders} ^ set(found["tables"]), key=str):
        missing = "line in tables.yaml" if name in folders else f"tables/{name}/cells.yaml"
        raise ValueError(f"the table {name} has no {missing}")
    for name in found["tables"]:
        link, stages = root / "tables" / name / "dvc.yaml", root / "tables/stages.yaml"
        if not link.is_file() or link.read_text(encoding="utf-8") != stages.read_text(encoding="utf-8"):
            raise ValueError(f"tables/{name}/dvc.yaml is not tables/stages.yaml: ln -sf ../stages.yaml {link}")
        for group, lines in read_cells(root, name).items():
            for key, item in lines.items():
                if key in found[group]:
                    raise ValueError(f"tables/{name}/cells.yaml {group}.{key}: another table has it already")
                found[group][key] = item
    return found


def read_cells(root: Path, name: str) -> dict[str, dict[str, dict]]:
    """Returns the lines of a table by their groups, with the `dataset` and `table` that its file says once.

    Raises:
        ValueError: there is no such table, or the file is another table's, or has a group or a line that is not known.
    """
    path = f"tables/{name}/cells.yaml"
    if name not in (known := _folders(root)):
        raise ValueError(unknown("the table", name, known))
    read = read_yaml(root / path)
    shared = {key: read.pop(key, None) for key in ("dataset", "table")}
    if "-".join(map(str, shared.values())) != name:
        raise ValueError(f"{path}: dataset: {shared['dataset']} and table: {shared['table']} are not those of {name}")
    for key in read.keys() - set(GROUPS):
        raise ValueError(unknown(path, key, ("dataset", "table", *GROUPS)))
    lines = {group: read.get(group) or {} for group in GROUPS}
    for group in GROUPS:
        if not isinstance(lines[group], dict):
            raise ValueError(f"{path} {group}: a block of keys is needed, not {lines[group]!r}")
        for key, item in lines[group].items():
            if not isinstance(item, dict) or shared.keys() & item:
                raise ValueError(f"{path} {group}.{key}: a block without dataset and table, which the file says once")
    return {group: {key: item | shared for key, item in lines[group].items()} for group in GROUPS}


def _folders(root: Path) -> list[str]:
    return sorted(path.parent.name for path in (root / "tables").glob("*/cells.yaml"))
