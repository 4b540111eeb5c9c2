"""The tables of the benchmark: tables.yaml names them, and the cells.yaml in the folder of each has its rows."""

__all__ = ["GROUPS", "read_tables", "read_yaml"]

import re
from pathlib import Path

import yaml

# Of a cells.yaml: what is trained, the floor's row, the other rows, and rows whose likelihood in pixels is measured.
GROUPS = ("models", "real", "cells", "bounds")


def read_tables(root: Path) -> dict[str, dict]:
    """Returns `tables` and `designs` of tables.yaml, and `models`, `real` and `cells` of all tables together.

    Raises:
        ValueError: a table has no folder or a folder no table, its dvc.yaml is not the tables', or one of its lines has
            another table's name or is listed twice.
    """
    found = read_yaml(root / "tables.yaml") | {group: {} for group in GROUPS}
    folders = {path.parent.name for path in (root / "tables").glob("*/cells.yaml")}
    for name in sorted(folders ^ set(found["tables"])):
        missing = "line in tables.yaml" if name in folders else f"tables/{name}/cells.yaml"
        raise ValueError(f"the table {name} has no {missing}")
    for name in found["tables"]:
        link, stages = root / "tables" / name / "dvc.yaml", root / "tables/stages.yaml"
        if not link.is_file() or link.read_text() != stages.read_text():
            raise ValueError(f"tables/{name}/dvc.yaml is not tables/stages.yaml: ln -s ../stages.yaml {link}")
        read = read_yaml(link.with_name("cells.yaml"))
        for group in [key for key in read if key not in GROUPS]:
            raise ValueError(f"tables/{name}/cells.yaml: {group!r} is unknown; choose from {', '.join(GROUPS)}")
        for group in GROUPS:
            for key, item in (read.get(group) or {}).items():
                if f"{item.get('dataset')}-{item.get('table')}" != name:
                    raise ValueError(f"tables/{name}/cells.yaml {group}.{key}: its dataset and table are not {name}")
                if key in found[group]:
                    raise ValueError(f"tables/{name}/cells.yaml {group}.{key}: another table has it already")
                found[group][key] = item
    return found


def read_yaml(path: Path) -> dict:
    """Returns the content of a file as dvc reads it; {} for an empty one."""
    return yaml.load(path.read_text(), Loader=_Loader) or {}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """The loader in C, since Python's takes seconds for a dvc.lock, with YAML 1.2's numbers, since dvc writes 1e-06."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), [*"-+0123456789"]
)
