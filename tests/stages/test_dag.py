"""The DAG with real dvc, in a copy of the project, on a few hundred digits."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from small_project import Project, wait

from latentpriors.yaml_files import read_yaml

TABLE = "tables/digits-poster/dvc.yaml:"
FLOW = [f"{TABLE}{stage}@digits-{name}-flow" for name in ("ae", "vae") for stage in ("fit_prior", "sample", "score")]


def ran(output: str) -> list[str]:
    return re.findall(r"Running stage '(.+?)'", output)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project(Path(__file__).resolve().parents[2], tmp_path_factory.mktemp("project"))
    output = made.dvc("repro", "report@digits-poster")
    # check, fingerprint, download, prepare, train_classifier, train_judge, reference, score_real, report; 2
    # autoencoders of 3 stages; 6 cells of 3.
    assert len(ran(output)) == 9 + 2 * 3 + 6 * 3
    assert "| ae-flow (FlowAE)" in output
    assert (made.folder / "reports/digits-poster/report.html").is_file()
    return made


def test_a_second_run_does_nothing(project: Project) -> None:
    start = time.perf_counter()
    assert ran(project.dvc("repro")) == []
    assert time.perf_counter() - start < 30  # 3 s on an idle machine
    assert "up to date" in project.dvc("status")


def test_the_engine_brings_what_dvc_brings(project: Project, tmp_path: Path) -> None:
    made = Project(Path(__file__).resolve().parents[2], tmp_path)
    shutil.copy(project.folder / "params.yaml", made.folder)
    made.python("tools/engine.py", "report@digits-poster")
    assert ran(made.dvc("repro")) == []
    for name in ("dvc.lock", "tables/digits-poster/dvc.lock"):
        mine, its = (read_yaml(each.folder / name)["stages"] for each in (made, project))
        for stage in its:
            outs = [{out["path"]: out["md5"] for out in lock[stage].get("outs", [])} for lock in (mine, its)]
            models = {path for path in outs[1] if path.startswith(("data/", "models/", "fingerprints/"))}
            models -= {path for path in models if path.endswith("/fit")}  # its curves have seconds
            assert {path: outs[0][path] for path in models} == {path: outs[1][path] for path in models}
    for path in (project.folder / "metrics").rglob("digits-*.json"):
        figures = [json.loads((each.folder / path.relative_to(project.folder)).read_text()) for each in (made, project)]
        mine, its = ({key: value for key, value in found.items() if "seconds" not in key} for found in figures)
        assert mine == its
    # An experiment, as `dvc exp run -S` makes one.
    said = made.python("tools/engine.py", "report@digits-poster", "-S", "priors.flow.hidden=[10]")
    name = re.search(r"saved as the experiment (\S+)", said)[1]
    assert name in made.dvc("exp", "list")
    assert read_yaml(made.folder / "params.yaml")["priors"]["flow"]["hidden"] == [10]
    assert "hidden" in made.dvc("params", "diff")


def test_a_hyperparameter_reruns_its_own_cells_and_the_report(project: Project) -> None:
    def wider(params: dict) -> None:
        params["priors"]["flow"]["hidden"] = [9]

    project.edit("params", wider)
    assert sorted(ran(project.dvc("repro"))) == sorted(["check", *FLOW, "report@digits-poster"])


def test_a_comment_a_docstring_and_another_place_rerun_no_work(project: Project) -> None:
    project.change("priors/flow.py", "by maximum likelihood.", "fitted by maximum likelihood.  # twice")
    project.change("training.py", "import math", "import math  # One more comment.")
    uses = [f"interpolation.{name}(" for name in ("pictures", "line_images", "images")]
    named = [("import interpolation", "import paths"), ("interpolation import", "paths import")]
    named += [(use, use.replace("interpolation", "paths")) for use in uses]
    project.move("evaluation/interpolation", "evaluation/paths", *named)
    project.move("processes", "project/processes", ("processes import", "project.processes import"))
    before = project.fingerprints()
    assert ran(project.dvc("repro")) == ["check", "fingerprint"]
    assert project.fingerprints() == before


EVERY = ("ae", "vae")
CELLS = [f"{model}-{prior}" for model in EVERY for prior in ("native", "flow", "reconstruction")]


def table(*stages: str, of: Iterable[str] = CELLS) -> list[str]:
    return [f"{TABLE}{stage}@digits-{name}" for stage in stages for name in of]


VAE = [name for name in CELLS if name.startswith("vae-")]
AUTOENCODER = table("train_autoencoder", "score_codes", "score_likelihood", of=["vae"])
SCORES = [*table("score"), f"{TABLE}score_real@digits-real"]


@pytest.mark.parametrize(
    ("file", "before", "after", "work"),
    [
        ("priors/flow.py", "transforms: int = 12", "transforms: int = 13", FLOW),
        ("autoencoders/vae.py", "self.beta = beta", "self.beta = 1.01 * beta",
         [*AUTOENCODER, *table("fit_prior", "sample", "score", of=VAE)]),
        ("metrics/kernel.py", "** 3", "** 4", SCORES),
        ("metrics/frechet.py", "traces - 2 * overlap", "traces - 1.9 * overlap", ["reference@digits", *SCORES]),
        ("../../stages/score_codes.py", "PCA(dim,", "PCA(dim - 2,", table("score_codes", of=EVERY)),
    ],
)  # fmt: skip
def test_a_changed_constant_reruns_what_rests_on_it(
    project: Project, file: str, before: str, after: str, work: list[str]
) -> None:
    project.change(file, before, after)
    before_work = [*([] if "stages" in file else ["check"]), "fingerprint"]
    found = ran(project.dvc("repro"))
    assert sorted(found) == sorted([*before_work, *work, "report@digits-poster"])
    assert found[: len(before_work)] == before_work


def test_a_changed_loop_reruns_all_that_is_trained_but_the_frozen_classifiers(project: Project) -> None:
    def frozen(pipeline: dict) -> None:
        for stage in ("train_classifier", "train_judge"):
            pipeline["stages"][stage]["do"]["frozen"] = True

    before = {path: path.read_bytes() for path in (project.folder / "data/digits").glob("*/*.safetensors")}
    project.edit("dvc", frozen)
    project.change("training.py", "min(1.0, progress / 0.05)", "min(1.0, progress / 0.06)")
    found = ran(project.dvc("repro"))
    assert not [stage for stage in found if stage.startswith(("train_classifier", "train_judge", "prepare"))]
    assert set(table("train_autoencoder", of=EVERY)) | set(table("fit_prior", "sample", "score")) < set(found)
    assert {path: path.read_bytes() for path in before} == before
    project.edit("params", lambda params: params["datasets"]["digits"]["classifier"].update(steps=41))
    assert ran(project.dvc("repro")) == ["check"]


def test_missing_classifiers_of_a_frozen_stage_are_named(project: Project) -> None:
    path = project.folder / "data/digits/judge"
    path.rename(path.with_name("away"))
    (project.folder / "data/checked.txt").unlink()
    output = project.dvc("repro", "--force", "--single-item", "check", code=255)
    assert "error in check: data/digits/judge is missing, and dvc.yaml has train_judge frozen" in output
    path.with_name("away").rename(path)
    project.dvc("repro", "check")


def test_a_new_method_works_at_the_first_run_and_numbers_run_no_fingerprint(project: Project) -> None:
    project.git("add", "-A")
    project.git("commit", "-qm", "Before the new method")
    home = project.folder / "src/latentpriors/priors"
    text = (home / "gaussian.py").read_text()
    (home / "mine.py").write_text(text.replace("class Gaussian", "class Mine").replace('["Gaussian"]', '["Mine"]'))
    project.edit("params", lambda params: params["priors"].update(mine={"jitter": 1.0e-3}))
    row = {"autoencoder": "ae", "prior": "mine"}
    project.edit("tables/digits-poster/cells", lambda cells: cells["cells"].update({"digits-ae-mine": row}))
    every = ["check", "fingerprint", *table("fit_prior", "sample", "score", of=["ae-mine"]), "report@digits-poster"]
    project.git("add", "src")  # the copy of --temp has what git knows
    assert sorted(ran(project.dvc("exp", "run", "--temp", "report@digits-poster"))) == sorted(every)
    assert not (project.folder / "fingerprints/priors/mine.json").exists()
    assert set(ran(project.dvc("repro"))) <= set(every)  # what --temp did comes from the run-cache
    assert (project.folder / "metrics/digits/poster/digits-ae-mine.json").is_file()
    output = project.dvc("exp", "run", "-S", "priors.mine.jitter=0.002", "report@digits-poster")
    assert sorted(ran(output)) == sorted(set(every) - {"fingerprint"})
    project.git("add", "-A")
    project.git("commit", "-qm", "With the new method")


def test_experiments_run_the_code_as_it_is_edited(project: Project) -> None:
    path = "priors/flow.py"
    project.change(path, "learning_rate: float = 4e-3", "learning_rate: float = 3e-3")
    project.dvc("exp", "run", "--queue", "--name", "queued", "report@digits-poster")
    project.change(path, "learning_rate: float = 3e-3", "learning_rate: float = 4e-3")
    output = project.dvc("exp", "run", "--run-all")
    assert sorted(ran(output)) == sorted(["check", "fingerprint", *FLOW, "report@digits-poster"])
    assert "queued" in project.dvc("exp", "list")
    assert ran(project.dvc("repro")) == []


def test_an_edit_while_a_stage_runs_is_noticed(project: Project) -> None:
    project.edit("params", lambda params: params["datasets"]["digits"]["prior"].update(steps=20_000))
    running = project.start("repro", f"{TABLE}fit_prior@digits-ae-flow", stderr=subprocess.PIPE)
    wait(lambda: list((project.folder / ".work/prior/digits-ae-flow").glob("*/.seed0.*")))
    project.change("priors/flow.py", "weight_decay: float = 0.1", "weight_decay: float = 0.2")
    said = running.communicate()[1].decode()
    assert running.returncode != 0
    assert "error in fit_prior: code of priors/flow was edited since `dvc repro fingerprint` last saw it" in said
    project.change("priors/flow.py", "weight_decay: float = 0.2", "weight_decay: float = 0.1")
    start = time.perf_counter()
    found = ran(project.dvc("repro", f"{TABLE}fit_prior@digits-ae-flow"))
    assert found[-1] == f"{TABLE}fit_prior@digits-ae-flow"  # its finished seeds are found again
    assert time.perf_counter() - start < 30
    project.edit("params", lambda params: params["datasets"]["digits"]["prior"].update(steps=40))
    project.dvc("repro")


def test_a_commit_whose_fingerprints_are_behind_fails_the_tests(project: Project) -> None:
    project.change("priors/flow.py", "noise_scale: float = 0.1", "noise_scale: float = 0.2")
    command = [sys.executable, "-m", "pytest", "-q", "tests/project/test_code.py", "-k", "belong"]
    done = subprocess.run(command, cwd=project.folder, env=project.environment(), capture_output=True, text=True)
    assert done.returncode == 1
    assert "the fingerprints are behind the code: run `dvc repro fingerprint` and commit what it writes" in done.stdout
    project.change("priors/flow.py", "noise_scale: float = 0.2", "noise_scale: float = 0.1")
    done = subprocess.run(command, cwd=project.folder, env=project.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_mistake_stops_everything_before_any_work(project: Project) -> None:
    before = (project.folder / "params.yaml").read_text()

    def misspelt(params: dict) -> None:
        params["priors"]["flow"]["hiden"] = [9]

    project.edit("params", misspelt)
    output = project.dvc("repro", code=255)
    assert ran(output) == ["check"]
    assert "error in check: params.yaml priors.flow: 'hiden' is unknown; choose from" in output
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

    wait(lambda: list((project.folder / ".work/prior/digits-ae-flow").glob("*/.seed0.*")))
    running.send_signal(signal.SIGKILL)
    running.wait()
    wait(lambda: not project.processes("stages/fit_prior.py"))
    assert not (project.folder / "models/digits-ae-flow/prior").exists()
    project.edit("params", lambda params: params["datasets"]["digits"]["prior"].update(steps=40))
    lock = project.folder / "tables/digits-poster/dvc.lock"
    lock.write_bytes(lock.read_bytes()[:8192])  # a kill cuts it at such a number
    subprocess.run([sys.executable, "tools/mend.py"], cwd=project.folder, check=True)
    rerun = ran(project.dvc("repro"))
    assert not any(stage.startswith(TABLE) for stage in rerun)


def test_a_report_is_redrawn_without_any_cache(project: Project) -> None:
    project.git("add", "-A")
    project.git("commit", "-qm", "Results", "--allow-empty")
    shutil.rmtree(project.folder / ".dvc/cache")
    for name in ("models", "samples", "data/digits/raw", "data/digits/images.safetensors", ".work"):
        path = project.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert ran(project.dvc("repro", "--allow-missing", "--dry")) == []
    path = project.folder / "src/latentpriors/report/sections/answer.py"
    path.write_text(path.read_text().replace("has the lowest FCD", "shows the lowest FCD"))
    output = project.dvc("repro", "--allow-missing", "report@digits-poster")
    assert ran(output) == ["check", "fingerprint", "report@digits-poster"]
    assert "shows the lowest FCD" in (project.folder / "reports/digits-poster/report.md").read_text()
    shutil.rmtree(project.folder / "reports")
    project.dvc("repro", "--force", "--single-item", "report@digits-poster")
    assert (project.folder / "reports/digits-poster/samples.png").is_file()
