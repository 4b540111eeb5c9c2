"""The DAG with real dvc, in a copy of the project, on a few hundred digits."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

TABLE = "tables/digits-poster/dvc.yaml:"
FLOW = [f"{TABLE}{stage}@digits-{name}-flow" for name in ("ae", "vae") for stage in ("fit_prior", "sample", "score")]
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
        self.edit("tables/digits-poster/cells", self.few)
        self.edit("dvc", self.core)
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-qm", "A small project")

    def edit(self, name: str, change) -> None:
        path = self.folder / f"{name}.yaml"
        content = yaml.safe_load(path.read_text())
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
        params["priors"]["flow"].update(transforms=2, hidden=[8])

    @staticmethod
    def few(cells: dict) -> None:
        keep = {
            "autoencoder": ("ae", "vae"), "prior": ("native", "flow", "reconstruction"), "dataset": ("digits",),
            "table": ("poster",),
        }  # fmt: skip
        for group in cells:
            cells[group] = {
                key: item
                for key, item in cells[group].items()
                if all(item.get(field, allowed[0]) in allowed for field, allowed in keep.items())
            }

    @staticmethod
    def core(pipeline: dict) -> None:
        """Leaves out what no table needs; the ledger reads MNIST, which is not here."""
        left_out = ("variance", "metric_check", "audit", "replication", "tuning_report", "completion", "sweep")
        for stage in (*left_out, "score_conditional", "exact", "exact_grades", "exact_report"):
            pipeline["stages"].pop(stage, None)
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

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            ["dvc", *arguments], cwd=self.folder, env=self.environment(), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip


def ran(output: str) -> list[str]:
    return re.findall(r"Running stage '(.+?)'", output)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project(Path(__file__).resolve().parent.parent, tmp_path_factory.mktemp("project"))
    output = made.dvc("repro", "report@digits-poster")
    # check, download, prepare, train_classifier, train_judge, reference, score_real, report; 2 autoencoders of 3
    # stages; 6 cells of 3.
    assert len(ran(output)) == 8 + 2 * 3 + 6 * 3
    assert "| ae-flow (FlowAE)" in output
    assert (made.folder / "reports/digits-poster/report.html").is_file()
    return made


def test_a_second_run_does_nothing(project: Project) -> None:
    start = time.perf_counter()
    assert ran(project.dvc("repro")) == []
    assert time.perf_counter() - start < 30  # 3 s on an idle machine
    assert "up to date" in project.dvc("status")


def test_a_hyperparameter_reruns_its_own_cells_and_the_report(project: Project) -> None:
    def wider(params: dict) -> None:
        params["priors"]["flow"]["hidden"] = [9]

    project.edit("params", wider)
    assert sorted(ran(project.dvc("repro"))) == sorted(["check", *FLOW, "report@digits-poster"])


def test_a_comment_in_shared_code_reruns_no_work(project: Project) -> None:
    for name in ("training", "fits", "networks/mlp"):
        path = project.folder / f"src/latentpriors/{name}.py"
        path.write_text(path.read_text() + "\n# One more comment.\n")
    assert ran(project.dvc("repro")) == ["check"]


def test_a_mistake_stops_everything_before_any_work(project: Project) -> None:
    before = (project.folder / "params.yaml").read_text()

    def misspelt(params: dict) -> None:
        params["priors"]["flow"]["hiden"] = [9]

    project.edit("params", misspelt)
    output = project.dvc("repro", code=255)
    assert ran(output) == ["check"]
    assert "error in check: priors.flow: 'hiden' is unknown; choose from" in output
    assert "Traceback" not in output
    (project.folder / "params.yaml").write_text(before)
    assert ran(project.dvc("repro")) == []


def test_five_seeds_cost_what_is_missing(project: Project) -> None:
    work = project.folder / ".work/prior/digits-ae-flow"
    before = {path: path.stat().st_mtime_ns for path in work.glob("*/seed*")}

    def more(params: dict) -> None:
        params["seeds"] = 3

    project.edit("params", more)
    project.dvc("repro", f"{TABLE}fit_prior@digits-ae-flow")
    after = {path: path.stat().st_mtime_ns for path in work.glob("*/seed*")}
    assert before.items() <= after.items()
    assert len(after) == len(before) + 1
    project.edit("params", lambda params: params.update(seeds=2))
    assert ran(project.dvc("repro")) == []  # all comes back from the run-cache


def test_a_killed_dvc_leaves_no_orphan_and_no_half_output(project: Project) -> None:
    project.edit("params", lambda params: params["datasets"]["digits"]["prior"].update(steps=200_000))
    running = project.start("repro", f"{TABLE}fit_prior@digits-ae-flow")

    def stages() -> list[str]:
        found = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
        here = [line for line in found.splitlines() if "stages/fit_prior.py" in line and "python" in line]
        return [line for line in here if _folder(int(line.split()[0])) == project.folder]

    wait(lambda: stages() and list((project.folder / ".work/prior/digits-ae-flow").glob("*/.seed0.*")))
    running.send_signal(signal.SIGKILL)
    running.wait()
    wait(lambda: not stages())
    assert not (project.folder / "models/digits-ae-flow/prior").exists()
    project.edit("params", lambda params: params["datasets"]["digits"]["prior"].update(steps=40))
    (project.folder / "tables/digits-poster/dvc.lock").unlink()  # what `make reproduce` does with an emptied one
    rerun = ran(project.dvc("repro"))
    assert not any(stage.startswith(TABLE) for stage in rerun)


def test_a_report_is_redrawn_without_any_cache(project: Project) -> None:
    project.git("add", "-A")
    project.git("commit", "-qm", "Results")
    shutil.rmtree(project.folder / ".dvc/cache")
    for name in ("models", "samples", "data/digits/raw", "data/digits/images.safetensors", ".work"):
        path = project.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert ran(project.dvc("repro", "--allow-missing", "--dry")) == []
    path = project.folder / "src/latentpriors/answer.py"
    path.write_text(path.read_text().replace("has the lowest FCD", "shows the lowest FCD"))
    assert ran(project.dvc("repro", "--allow-missing", "report@digits-poster")) == ["check", "report@digits-poster"]
    assert "shows the lowest FCD" in (project.folder / "reports/digits-poster/report.md").read_text()
    shutil.rmtree(project.folder / "reports")
    project.dvc("repro", "--force", "--single-item", "report@digits-poster")
    assert (project.folder / "reports/digits-poster/samples.png").is_file()


def wait(condition, seconds: float = 90) -> None:
    end = time.time() + seconds
    while not condition():
        assert time.time() < end, "timed out"
        time.sleep(0.2)


def _folder(pid: int) -> Path | None:
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        return None
