"""Which stages of a table wait for which: nothing is left out, and nothing runs before what it depends on."""

import importlib.util
import itertools
from pathlib import Path
from types import ModuleType

import pytest

from latentpriors.project.pipeline import Stage, producers, read_stages, upstream
from latentpriors.project.tables import read_tables
from latentpriors.yaml_files import read_yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lanes", ROOT / "tools/lanes.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def stages() -> dict[str, Stage]:
    return read_stages(ROOT, read_yaml(ROOT / "params.yaml"))


def test_lanes_hold_each_stage_once_and_depend_on_shared_stages_only(
    script: ModuleType, stages: dict[str, Stage]
) -> None:
    tables, direct = read_tables(ROOT), producers(stages)
    for table in tables["tables"]:
        needed = upstream(direct, [f"report@{table}"])
        shared, own = script.lanes(stages, tables["models"], table)
        ran = [*shared, *itertools.chain(*own)]
        assert len(ran) == len(set(ran))
        # What is left to dvc waits for a lane: the report, and of conditional images their score.
        left = set(needed) - set(ran) - {f"report@{table}"}
        assert left == {name for name in needed if name.startswith("score_conditional@")}
        assert all(set(upstream(direct, [name])) & set(itertools.chain(*own)) for name in left)
        for lane in [[], *own]:
            done = set()
            for name in shared + lane:
                assert set(direct[name]) <= done
                done.add(name)


def test_an_unknown_table_is_named(script: ModuleType, stages: dict[str, Stage]) -> None:
    with pytest.raises(ValueError, match="the table: 'digit' is unknown; choose from digits-joint"):
        script.lanes(stages, {}, "digit")
