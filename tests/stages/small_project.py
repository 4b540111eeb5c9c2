"""A copy of the project with small sizes, in which the tests of the DAG and the campaign of kills run real dvc."""

__all__ = ["Project", "wait"]

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import yaml

from latentpriors.yaml_files import read_yaml

LEFT_OUT = ("metrics/", "reports/", "data/", "dvc.lock", "tables/")


class Project:
    """A copy of the working tree with small sizes, in a git repository of its own."""

    def __init__(self, root: Path, folder: Path):
        self.folder = folder
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split("\0")
        for name in filter(None, names):
            needed = name.startswith("tables/digits-poster/") or name == "tables/stages.yaml"
            if (root / name).is_file() and (needed or not name.startswith(LEFT_OUT)) and "dvc.lock" not in name:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(root / name, folder / name, follow_symlinks=False)
        self.edit("params", self.shrink)
        self.edit("tables", self.few)
        self.edit("tables", lambda tables: tables.update(studies={study: [] for study in tables["studies"]}))
        self.edit("tables/digits-poster/cells", self.few)
        self.edit("dvc", self.core)
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-qm", "A small project")

    def edit(self, name: str, change) -> None:
        path = self.folder / f"{name}.yaml"
        content = read_yaml(path)
        change(content)
        path.write_text(yaml.safe_dump(content, sort_keys=False))

    @staticmethod
    def shrink(params: dict) -> None:
        digits = params["datasets"]["digits"]
        params.update(seeds=2, datasets={"digits": digits})
        digits["split"] = {"train": 300, "validation": 100, "test": 100, "seed": 0}
        digits["samples"] = 100
        for block in ("classifier", "judge", "autoencoder", "prior"):
            digits[block]["steps"] = 40
        digits["classifier"]["count"] = 2
        for study in ("clusters", "completion", "evolution", "few_labels", "reduction", "styles", "sweep"):
            del digits[study]
        params["priors"]["flow"].update(transforms=2, hidden=[8])

    @staticmethod
    def few(cells: dict) -> None:
        keep = {
            "autoencoder": ("ae", "vae"), "prior": ("native", "flow", "reconstruction"), "dataset": ("digits",),
            "table": ("poster",),
        }  # fmt: skip
        for group in (key for key in cells if isinstance(cells[key], dict) and key != "studies"):
            cells[group] = {
                key: {field: value for field, value in item.items() if field != "more_seeds"}
                for key, item in cells[group].items()
                if all(item.get(field, allowed[0]) in allowed for field, allowed in keep.items())
            }

    @staticmethod
    def core(pipeline: dict) -> None:
        """Leaves out what no table needs, the ledger reads MNIST; there are no classifiers yet, so they are trained."""
        left_out = (
            "calibration",
            "charts",
            "clusters",
            "detection",
            "evolution",
            "few_labels",
            "variance",
            "metric_check",
            "reduction",
            "audit",
            "replication",
            "tuning_report",
            "completion",
            "styles",
            "sweep",
        )
        for stage in (*left_out, "score_conditional", "exact", "exact_grades", "exact_report", "four_points"):
            pipeline["stages"].pop(stage, None)
        for stage in ("train_classifier", "train_judge"):
            pipeline["stages"][stage]["do"]["frozen"] = False
        checked = pipeline["stages"]["check"]
        checked["deps"] = [dep for dep in checked["deps"] if not dep.endswith("cells.yaml") or "digits-poster" in dep]

    def git(self, *arguments: str) -> None:
        who = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
        subprocess.run(["git", *who, *arguments], cwd=self.folder, check=True, capture_output=True)

    def environment(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return os.environ | {"PATH": path, "OMP_NUM_THREADS": "1", "DVC_NO_ANALYTICS": "1"}

    def dvc(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            ["dvc", *arguments], cwd=self.folder, env=self.environment(), capture_output=True, text=True
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=self.environment(), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def start(self, *arguments: str, stderr: int = subprocess.DEVNULL) -> subprocess.Popen:
        return subprocess.Popen(
            ["dvc", *arguments], cwd=self.folder, env=self.environment(), stdout=subprocess.DEVNULL, stderr=stderr
        )

    def processes(self, words: str) -> list[psutil.Process]:
        """Returns the processes that work in the copy and have some words in their command lines."""
        found = psutil.process_iter(["cwd", "cmdline"])
        here = [process for process in found if process.info["cwd"] == str(self.folder)]
        return [process for process in here if words in " ".join(process.info["cmdline"] or [])]

    def change(self, file: str, before: str, after: str) -> None:
        """Edits a file of the package."""
        path = self.folder / "src/latentpriors" / file
        assert before in path.read_text()
        path.write_text(path.read_text().replace(before, after))

    def move(self, module: str, to: str, *replaced: tuple[str, str]) -> None:
        """Moves a file of the package, with what names it in all others."""
        home = self.folder / "src/latentpriors"
        (home / f"{module}.py").rename(home / f"{to}.py")
        for path in (path for part in ("src", "stages", "tools") for path in (self.folder / part).rglob("*.py")):
            text = path.read_text()
            for before, after in replaced:
                text = text.replace(before, after)
            path.write_text(text)

    def fingerprints(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in (self.folder / "fingerprints").rglob("*.json")}


def wait(condition: Callable[[], object], seconds: float = 90) -> None:
    """Waits until a condition holds."""
    end = time.time() + seconds
    while not condition():
        assert time.time() < end, "timed out"
        time.sleep(0.2)
