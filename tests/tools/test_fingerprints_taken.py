"""New fingerprints in the locks without a rerun: only where reruns of the same kind show that the figures are equal."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from fingerprints import locks_at, take
from latentpriors.project.pipeline import read_locks
from latentpriors.project.verify import digest
from latentpriors.yaml_files import read_yaml

CELLS = {"cells": {"a": None, "b": None}}
TABLE = {
    "vars": ["cells.yaml"],
    "stages": {
        "fit": {
            "foreach": "${cells}",
            "do": {
                "cmd": "fit ${key}",
                "deps": ["data", "fingerprints/stages/fit.json"],
                "params": ["rate"],
                "outs": ["models/${key}"],
            },
        },
        "score": {
            "foreach": "${cells}",
            "do": {
                "cmd": "score ${key}",
                "deps": ["models/${key}", "fingerprints/stages/score.json"],
                "metrics": [{"metrics/${key}.json": {"cache": False}}],
            },
        },
    },
}
LOCK = "tables/t/dvc.lock"


class Project:
    """Two cells that have run; fit.json is another one since, and with it the cell `a` was run again."""

    def __init__(self, folder: Path):
        self.folder = folder
        for name, content in {"dvc.yaml": {"stages": {}}, "params.yaml": {"rate": 1e-06}, "tables.yaml": {}}.items():
            self.write(name, yaml.safe_dump(content))
        self.write("tables/t/dvc.yaml", yaml.safe_dump(TABLE))
        self.write("tables/t/cells.yaml", yaml.safe_dump(CELLS))
        self.write("data", "images")
        for name in ("fit", "score"):
            self.write(f"fingerprints/stages/{name}.json", "old")
        for key in "ab":
            self.write(f"metrics/{key}.json", json.dumps({"fcd": 1.0, "seconds": 3.0}))
        lock = {}
        for key in "ab":
            lock[f"fit@{key}"] = {
                "cmd": f"fit {key}", "deps": [self.entry("data"), self.entry("fingerprints/stages/fit.json")],
                "params": {"params.yaml": {"rate": 1e-06}}, "outs": [{"path": f"models/{key}", "md5": key}],
            }  # fmt: skip
            lock[f"score@{key}"] = {
                "cmd": f"score {key}",
                "deps": [self.entry("fingerprints/stages/score.json"), {"path": f"models/{key}", "md5": key}],
                "outs": [self.entry(f"metrics/{key}.json")],
            }
        # dvc writes 1e-06 for it, which YAML 1.1 reads as a text.
        self.write(LOCK, yaml.safe_dump({"schema": "2.0", "stages": lock}).replace("1.0e-06", "1e-06"))
        for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "Results"]):
            who = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
            subprocess.run(["git", *who, *command], cwd=folder, check=True)
        self.write("fingerprints/stages/fit.json", "new")
        self.rerun("a")

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def entry(self, path: str) -> dict:
        file = self.folder / path
        return {"path": path, "hash": "md5", "md5": digest(file), "size": file.stat().st_size}

    @property
    def lock(self) -> dict:
        return read_yaml(self.folder / LOCK)

    def rerun(self, key: str, fcd: float = 1.0) -> None:
        """What dvc writes: other times, so that the weights and all that rests on them are other files."""
        lock = self.lock
        self.write(f"metrics/{key}.json", json.dumps({"fcd": fcd, "seconds": 5.0}))
        for name in ("fit", "score"):
            for block in (lock["stages"][f"{name}@{key}"],):
                block["deps"] = [
                    {"path": f"models/{key}", "md5": f"{key} again"} if dep["path"].startswith("models")
                    else self.entry(dep["path"]) for dep in block["deps"]
                ]  # fmt: skip
        lock["stages"][f"fit@{key}"]["outs"] = [{"path": f"models/{key}", "md5": f"{key} again"}]
        lock["stages"][f"score@{key}"]["outs"] = [self.entry(f"metrics/{key}.json")]
        self.write(LOCK, yaml.safe_dump(lock))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_equal_figures_take_the_new_fingerprint_and_nothing_else(project: Project) -> None:
    before = project.lock["stages"]
    result = take(project.folder, "HEAD")
    assert result == {"taken": ["tables/t/dvc.yaml:fit@b"], "not shown": [], "changed otherwise": []}
    after = project.lock["stages"]
    assert after["fit@b"]["deps"] == [project.entry("data"), project.entry("fingerprints/stages/fit.json")]
    before["fit@b"]["deps"] = after["fit@b"]["deps"]
    assert after == before
    assert take(project.folder, "HEAD") == {"taken": [], "not shown": [], "changed otherwise": []}


def test_locks_of_a_commit_are_read_as_those_of_now(project: Project) -> None:
    subprocess.run(["git", "checkout", "-q", "HEAD", LOCK], cwd=project.folder, check=True)
    now = read_locks(project.folder)
    assert now["tables/t/dvc.yaml:fit@a"]["params"] == {"params.yaml": {"rate": 1e-6}}
    assert locks_at(project.folder, "HEAD", now) == now


def test_a_new_command_goes_with_it(project: Project) -> None:
    text = (project.folder / "tables/t/dvc.yaml").read_text()
    project.write("tables/t/dvc.yaml", text.replace("fit ${key}", "fit --cell ${key}"))
    assert take(project.folder, "HEAD")["taken"] == ["tables/t/dvc.yaml:fit@b"]
    assert project.lock["stages"]["fit@b"]["cmd"] == "fit --cell b"


def test_other_figures_are_refused_and_nothing_is_written(project: Project) -> None:
    project.rerun("a", fcd=1.00001)
    before = (project.folder / LOCK).read_text()
    with pytest.raises(ValueError, match=r"fit@a was rerun, and metrics/a.json is not what it was"):
        take(project.folder, "HEAD")
    assert (project.folder / LOCK).read_text() == before


def test_what_no_rerun_shows_stays(project: Project) -> None:
    project.write("fingerprints/stages/score.json", "new")
    result = take(project.folder, "HEAD")
    assert result["taken"] == ["tables/t/dvc.yaml:fit@b"]
    assert result["not shown"] == ["tables/t/dvc.yaml:score@a", "tables/t/dvc.yaml:score@b"]


@pytest.mark.parametrize("change", [("params.yaml", "rate: 0.1"), ("data", "other images"), ("metrics/b.json", "{}")])
def test_what_has_changed_otherwise_stays(project: Project, change: tuple[str, str]) -> None:
    name, text = change
    project.write(name, text)
    if name == "metrics/b.json":
        project.write("fingerprints/stages/score.json", "new")
    stage = "score@b" if name == "metrics/b.json" else "fit@b"
    assert f"tables/t/dvc.yaml:{stage}" in take(project.folder, "HEAD")["changed otherwise"]
    assert project.lock["stages"][stage]["deps"] != project.entry("fingerprints/stages/fit.json")
