"""Which stages of a table wait for which: nothing is left out, and nothing runs before what it depends on."""

import importlib.util
import itertools
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from latentpriors.pipeline import resolve, upstream

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lanes", ROOT / "reports/lanes.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def read() -> dict:
    return {name: yaml.safe_load((ROOT / f"{name}.yaml").read_text()) for name in ("dvc", "params", "cells")}


def test_lanes_hold_each_stage_once_and_depend_on_shared_stages_only(script: ModuleType, read: dict) -> None:
    stages, models = resolve(read["dvc"], read["params"] | read["cells"]), read["cells"]["models"]
    for table in read["cells"]["tables"]:
        needed = upstream(stages, [f"report@{table}"])
        shared, own = script.lanes(stages, models, table)
        assert sorted([*shared, *itertools.chain(*own)]) == sorted(set(needed) - {f"report@{table}"})
        for lane in [[], *own]:
            done = set()
            for name in shared + lane:
                assert set(upstream(stages, [name])) <= done | {name}
                done.add(name)


def test_an_unknown_table_is_named(script: ModuleType, read: dict) -> None:
    stages = resolve(read["dvc"], read["params"] | read["cells"])
    with pytest.raises(ValueError, match="no table 'digit'; choose from digits-poster"):
        script.lanes(stages, read["cells"]["models"], "digit")
