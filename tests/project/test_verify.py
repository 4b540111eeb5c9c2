"""Whether committed results belong to the code: what must match, each thing that must be seen, and dvc's own view."""

import copy
import hashlib
import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from latentpriors.project.pipeline import producers, read_locks, read_stages, resolve, upstream
from latentpriors.project.tables import read_tables
from latentpriors.project.verify import digest, verdict
from latentpriors.yaml_files import read_yaml

PIPELINE = {
    "vars": ["tables.yaml"],
    "stages": {
        "check": {"cmd": "check", "deps": ["params.yaml"], "outs": ["data/checked.txt"]},
        "report": {"cmd": "draw", "deps": ["metrics/a/poster"], "outs": [{"reports/a-poster": {"cache": False}}]},
    },
}
TABLE = {
    "vars": ["cells.yaml"],
    "stages": {
        "train": {
            "foreach": "${models}",
            "do": {
                "cmd": "train --model ${key} --dataset ${item.dataset}",
                "deps": ["train.py", "data/checked.txt"],
                "params": ["rate", "widths.${key}"],
                "outs": ["models/${key}/weights"],
            },
        },
        "score": {
            "foreach": "${models}",
            "do": {
                "cmd": "score ${key}",
                "deps": ["models/${key}/weights"],
                "metrics": [{"metrics/${item.dataset}/poster/${key}.json": {"cache": False}}],
            },
        },
    },
}
CELLS = {"models": {"one": {"dataset": "a"}, "two": {"dataset": "a"}, "other": {"dataset": "b"}}}
PARAMS = {"rate": 1e-06, "widths": {"one": [3, 4], "two": None, "other": 5}}
HOME = "tables/rows"
IN_TABLE = f"{HOME}/dvc.yaml:"
STAGES = resolve(PIPELINE, PARAMS) | {IN_TABLE + name: stage for name, stage in resolve(TABLE, CELLS).items()}


@pytest.fixture(scope="module")
def script() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "tools/verify.py"
    spec = importlib.util.spec_from_file_location("verify_script", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A pipeline that has run: dvc.lock belongs to the files, and the cache's outputs are not there."""
    for name in ("one", "two", "other"):
        path = tmp_path / f"metrics/{CELLS['models'][name]['dataset']}/poster/{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"fcd": 1.0}))
    (tmp_path / "reports/a-poster").mkdir(parents=True)
    (tmp_path / "reports/a-poster/report.md").write_text("report")
    (tmp_path / "train.py").write_text("train()")
    home = tmp_path / "tables/rows"
    home.mkdir(parents=True)
    for path, content in (
        (tmp_path / "dvc.yaml", PIPELINE), (tmp_path / "params.yaml", PARAMS), (tmp_path / "tables.yaml", {}),
        (home / "dvc.yaml", TABLE), (home / "cells.yaml", CELLS),
    ):  # fmt: skip
        path.write_text(yaml.safe_dump(content))
    locks = {tmp_path / "dvc.lock": {}, home / "dvc.lock": {}}
    for name, stage in STAGES.items():
        block = {"cmd": stage.cmd}
        for kind, paths in (("deps", stage.deps), ("outs", stage.outs)):
            block[kind] = [{"path": path, "md5": digest(tmp_path / path) or f"hash of {path}"} for path in paths]
        if stage.params:
            key = name.split("@")[1]
            block["params"] = {"params.yaml": {"rate": 1e-06, f"widths.{key}": PARAMS["widths"][key]}}
        locks[(home if name.startswith(IN_TABLE) else tmp_path) / "dvc.lock"][name.removeprefix(IN_TABLE)] = block
    for path, lock in locks.items():
        # dvc writes 1e-06 for it, which YAML 1.1 reads as a text.
        path.write_text(yaml.safe_dump({"schema": "2.0", "stages": lock}).replace("1.0e-06", "1e-06"))
    assert "rate: 1e-06" in path.read_text()
    return tmp_path


def said(script: ModuleType, project: Path, capsys: pytest.CaptureFixture) -> tuple[int, str]:
    code = script.belong(project)
    return code, capsys.readouterr().out


def test_templates_are_filled_in() -> None:
    found = resolve(TABLE, CELLS)
    assert list(found) == ["train@one", "train@two", "train@other", "score@one", "score@two", "score@other"]
    assert found["train@two"].cmd == "train --model two --dataset a"
    assert found["train@two"].params == ("rate", "widths.two")
    assert found["score@other"].outs == {"metrics/b/poster/other.json": False}
    assert found["train@one"].outs == {"models/one/weights": True}
    options = copy.deepcopy(TABLE)
    options["stages"]["train"]["do"]["cmd"] = "train ${item} --key ${key}"  # a line's keys, as dvc writes them
    keys = " ".join(f"--{key} {value}" for key, value in CELLS["models"]["two"].items())
    assert resolve(options, CELLS)["train@two"].cmd == f"train {keys} --key two"
    broken = copy.deepcopy(TABLE)
    broken["stages"]["train"]["do"]["cmd"] = "train ${item.datset}"
    with pytest.raises(ValueError, match=r"names \$\{item.datset\}, but there is no 'datset'"):
        resolve(broken, CELLS)


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        (None, "stages: a block of keys is needed, not None"),
        ({"train": "text"}, "the stage train has another form"),
        ({"train": {"deps": ["a"]}}, "the stage train .*'cmd'"),
        ({"train": {"cmd": ["a", "b"]}}, "the stage train has another form"),
        ({"train": {"foreach": ["a"], "do": {"cmd": "a"}}}, "the stage train has another form"),
    ],
)
def test_a_pipeline_of_another_form_is_named(stages: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^dvc.yaml:? {message}"):
        resolve({"stages": stages}, {})


def test_stages_and_locks_are_read_from_all_files(project: Path) -> None:
    assert read_stages(project, PARAMS) == STAGES
    assert set(read_locks(project)) == set(STAGES)
    (project / "tables/rows/dvc.lock").unlink()
    assert set(read_locks(project)) == {"check", "report"}


def test_a_report_needs_what_writes_into_the_folder_that_it_reads() -> None:
    order = upstream(producers(STAGES), ["report"])
    order = [name.removeprefix(IN_TABLE) for name in order]
    assert set(order) == {"check", "train@one", "train@two", "score@one", "score@two", "report"}
    assert order.index("check") < order.index("train@one") < order.index("score@one") < order.index("report")
    inside = resolve(
        {
            "stages": {
                "a": {"cmd": "a", "outs": ["x"]},
                "b": {"cmd": "b", "deps": ["x/y"]},
                "c": {"cmd": "c", "outs": ["xy"]},
            }
        },
        {},
    )
    assert upstream(producers(inside), ["b"]) == ["a", "b"]


def test_the_projects_own_pipeline_is_what_dvc_makes_of_it(root: Path) -> None:
    repo = pytest.importorskip("dvc.repo").Repo(str(root))
    stages = {stage.addressing: stage for stage in repo.index.stages}
    found = read_stages(root, read_yaml(root / "params.yaml"))
    assert set(found) == set(stages)
    for name, stage in found.items():
        theirs = stages[name]
        assert stage.cmd == theirs.cmd
        params = [dep for dep in theirs.deps if hasattr(dep, "params")]
        assert set(stage.deps) == {dep.def_path for dep in theirs.deps if dep not in params}
        assert set(stage.params) == {key for dep in params for key in dep.params}
        assert stage.outs == {out.def_path: out.use_cache for out in theirs.outs}
    for dep in stages["report@digits-poster"].deps:
        if dep.def_path.startswith("metrics/"):  # a folder of files and folders, and a file
            assert digest(root / dep.def_path) == dep.get_hash().value


def test_a_folder_has_the_hash_of_its_listing(tmp_path: Path) -> None:
    assert digest(tmp_path / "nothing") is None
    (tmp_path / "b").mkdir()
    (tmp_path / "b/c.txt").write_text("c")
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__/a.pyc").write_text("x")
    (tmp_path / ".c.17.part").mkdir()
    (tmp_path / ".c.17.part/c.txt").write_text("left by a kill")
    a, c = (hashlib.md5(text).hexdigest() for text in (b"a", b"c"))
    listing = f'[{{"md5": "{a}", "relpath": "a.txt"}}, {{"md5": "{c}", "relpath": "b/c.txt"}}]'
    assert digest(tmp_path) == hashlib.md5(listing.encode()).hexdigest() + ".dir"
    assert digest(tmp_path / "a.txt") == a


def test_what_belongs_is_said_to(script: ModuleType, project: Path, capsys: pytest.CaptureFixture) -> None:
    code, text = said(script, project, capsys)
    assert code == 0
    assert "a-poster: belongs to this code (5 stages)\n" in text


def test_a_guard_that_would_rerun_is_a_note(script: ModuleType, project: Path, capsys: pytest.CaptureFixture) -> None:
    path = project / "params.yaml"
    path.write_text(path.read_text() + "more: 1\n")
    code, text = said(script, project, capsys)
    assert (code, "note: since the last `dvc repro`, params.yaml has changed" in text) == (0, True)


def edited(name: str, before: str, after: str):
    def edit(project: Path) -> None:
        text = (project / name).read_text()
        assert before in text
        (project / name).write_text(text.replace(before, after))

    return edit


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (edited("train.py", "train", "fit"), "train@one: train.py has changed"),
        (edited("params.yaml", "1.0e-06", "2.0e-06"), "train@one: the parameter rate has changed"),
        (edited("params.yaml", "two: null", "two: 0"), "train@two: the parameter widths.two has changed"),
        (edited("params.yaml", "rate:", "rat:"), "train@one: the parameter rate has changed"),
        (edited(f"{HOME}/dvc.yaml", "train --model", "train --fast --model"), "train@two: its command has changed"),
        (edited(f"{HOME}/dvc.yaml", "- train.py", "- train.py\n      - params.yaml"), "params.yaml is new among its"),
        (edited(f"{HOME}/dvc.yaml", "      - train.py\n", ""), "train@one: train.py is no longer among its deps"),
        (edited("metrics/a/poster/two.json", "1.0", "0.9"), "score@two: metrics/a/poster/two.json is not what"),
        (edited("metrics/a/poster/two.json", "1.0", "0.9"), "report: metrics/a/poster has changed"),
        (edited("reports/a-poster/report.md", "report", "better"), "report: reports/a-poster is not what it wrote"),
        (lambda project: (project / "metrics/a/poster/one.json").unlink(), "one.json is missing"),
        (edited(f"{HOME}/dvc.lock", "score@two:", "score@three:"), "score@two: it is not in dvc.lock: it has never"),
        (lambda project: (project / HOME / "dvc.lock").unlink(), "a-poster: 4 of its 5 stages do not belong to"),
    ],
)  # fmt: skip
def test_what_does_not_belong_is_named(
    script: ModuleType, project: Path, capsys: pytest.CaptureFixture, change, reason: str
) -> None:
    change(project)
    code, text = said(script, project, capsys)
    assert code == 1
    assert reason in text
    assert "belongs to this code" not in text


def test_a_lock_that_was_cut_is_named_or_does_not_belong(
    script: ModuleType, project: Path, capsys: pytest.CaptureFixture
) -> None:
    path, found = project / HOME / "dvc.lock", set()
    whole = path.read_bytes()
    for length in range(len(whole) - 2, 0, -7):
        path.write_bytes(whole[:length])
        try:
            found.add(said(script, project, capsys)[0])
        except ValueError as error:
            found.add("named" if "rows/dvc.lock" in str(error) else str(error))
    assert found == {1, "named"}


def test_a_cached_output_is_compared_by_what_is_recorded(
    script: ModuleType, project: Path, capsys: pytest.CaptureFixture
) -> None:
    path = project / "tables/rows/dvc.lock"
    lock = read_yaml(path)
    lock["stages"]["train@one"]["outs"][0]["md5"] = "of newer weights"
    path.write_text(yaml.safe_dump(lock))
    _, text = said(script, project, capsys)
    assert "score@one: models/one/weights has changed" in text
    assert "score@two: models" not in text


def test_a_table_that_was_never_built_is_no_fault(
    script: ModuleType, project: Path, capsys: pytest.CaptureFixture
) -> None:
    edited("dvc.lock", "report:", "raport:")(project)
    assert said(script, project, capsys)[0] == 1  # its report is there
    shutil.rmtree(project / "reports/a-poster")
    code, text = said(script, project, capsys)
    assert (code, "a-poster: has not been built yet (4 of 5 stages)" in text) == (0, True)
    edited("dvc.lock", "raport:", "report:")(project)
    assert said(script, project, capsys)[0] == 1  # it was built, and is gone


def test_what_another_table_rests_on_does_not_matter(
    script: ModuleType, project: Path, capsys: pytest.CaptureFixture
) -> None:
    shutil.rmtree(project / "metrics/b")
    assert said(script, project, capsys)[0] == 0


@pytest.mark.parametrize(
    ("committed", "rerun", "passes"),
    [
        ({"fcd": 3.3, "fcd_low": 3.2, "fcd_high": 3.5}, 3.45, True),
        ({"fcd": 3.3, "fcd_low": 3.2, "fcd_high": 3.5}, 3.51, False),
        ({"fcd": 3.3, "fcd_low": 3.2, "fcd_high": 3.5}, 3.19, False),
        ({"fcd": 3.3, "fcd_low": 3.2, "fcd_high": 3.5}, float("nan"), False),
        ({"fcd": 2.0, "fcd_low": None, "fcd_high": None}, 2.19, True),
        ({"fcd": 2.0, "fcd_low": None, "fcd_high": None}, 1.79, False),
        ({"fcd": 2.0}, 2.21, False),
    ],
)
def test_a_rerun_passes_within_the_committed_interval(committed: dict, rerun: float, passes: bool) -> None:
    assert verdict(committed, rerun) is passes


def test_an_unknown_row_or_table_is_named(script: ModuleType, root: Path) -> None:
    cells = read_tables(root)
    rows = script._rows(cells, ["all"], "digits-poster")
    assert rows["digits-real"] == "metrics/digits/poster/digits-real.json"
    mine = [item for item in cells["cells"].values() if (item["dataset"], item["table"]) == ("digits", "poster")]
    assert len(rows) == 1 + len(mine)
    with pytest.raises(ValueError, match="the cell: 'digits-ae-flo' is unknown; choose from digits-ae-flow, "):
        script._rows(cells, ["digits-ae-flo"], "digits-poster")
    with pytest.raises(ValueError, match="the table: 'digit' is unknown; choose from digits-aae, digits-adversarial, "):
        script._rows(cells, ["all"], "digit")


def test_the_rerun_is_shown_beside_the_table(script: ModuleType) -> None:
    committed = {"ae": {"fcd": 4.0, "fcd_low": 3.9, "fcd_high": 4.1}, "real": {"fcd": 0.5, "fcd_low": None}}
    first, second = script._shown(committed, {"ae": 4.2, "real": 0.5}).splitlines()[1:]
    assert first.split() == ["ae", "4.000", "3.90", "to", "4.10", "4.200", "+5.0%", "FAIL"]
    assert second.split()[-2:] == ["+0.0%", "pass"]
