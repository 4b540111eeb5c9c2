"""The engine: what may start when, what dvc finds afterwards, workers that die, are elsewhere or are not like us."""

import argparse
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import engine
import mend
import pytest
from distributed import Client, LocalCluster

import probes
from latentpriors.project.pipeline import Stage, resolve
from latentpriors.yaml_files import read_yaml

# A stage that appends to what it reads, one that fits seeds, and one that fails where its input says so.
STAGES = {
    "copy": """
        import sys, pathlib
        said = pathlib.Path(sys.argv[1]).read_text()
        print("copying", said)
        if "fail" in said:
            sys.exit("it was told to fail")
        pathlib.Path(sys.argv[2]).write_text(said + sys.argv[2])
    """,
    "fit": """
        import os, pathlib, sys, time
        from latentpriors import over_seeds
        def fit(index, folder):
            log = pathlib.Path("calls") / f"{index}.{os.getpid()}"
            log.write_text("")
            time.sleep(float(pathlib.Path("slow").read_text()))
            return {"index": index}
        folders = over_seeds.each_seed("fit", 3, {}, lambda index: [pathlib.Path(sys.argv[1])], fit, [])
        facts = over_seeds.merged(over_seeds.facts_of(folders))
        pathlib.Path(sys.argv[2]).write_text(str(facts["index_by_seed"]))
    """,
}
STAGES["lose"] = """
    import time
    from latentpriors import over_seeds
    over_seeds.each_seed("lose", 2, {"now": time.time()}, lambda index: [], lambda index, folder: {}, [])
"""
PIPELINE = """
stages:
  lost: {cmd: exec python stages/lose.py, deps: [in.txt], outs: [lost.txt]}
  a: {cmd: exec python stages/copy.py in.txt a.txt, deps: [in.txt], outs: [a.txt]}
  seeds: {cmd: exec python stages/fit.py a.txt seeds.txt, deps: [a.txt], outs: [seeds.txt]}
  bad: {cmd: exec python stages/copy.py bad.txt b.txt, deps: [bad.txt], outs: [b.txt]}
  after: {cmd: exec python stages/copy.py b.txt c.txt, deps: [b.txt], outs: [c.txt]}
"""


@pytest.fixture
def project(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, code in STAGES.items():
        (tmp_path / "stages").mkdir(exist_ok=True)
        (tmp_path / f"stages/{name}.py").write_text(textwrap.dedent(code))
    (tmp_path / "src").symlink_to(root / "src")
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    (tmp_path / "calls").mkdir()
    for name, text in {"in": "in", "bad": "fail", "slow": "0"}.items():
        (tmp_path / f"{name}{'.txt' if name != 'slow' else ''}").write_text(text)
    monkeypatch.setenv("LATENTPRIORS_WORK", str(tmp_path / ".work"))
    monkeypatch.chdir(tmp_path)
    for command in (["git", "init", "-q"], ["dvc", "init", "-q"]):
        subprocess.run([*command], check=True)
    return tmp_path


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster


def stages(project: Path) -> dict[str, Stage]:
    return resolve(read_yaml(project / "dvc.yaml"), {})


def status() -> str:
    return subprocess.run(["dvc", "status"], capture_output=True, text=True, check=True).stdout


def test_stages_start_when_what_they_need_is_done() -> None:
    plan = engine.Plan({"a": [], "b": [], "c": ["a", "b"], "d": ["c"], "e": ["a"], "other": []}, ["d", "e"])
    assert plan.ready == ["a", "b"]
    plan.done("a")
    assert plan.ready == ["a", "b", "e"]
    plan.failed("b")
    assert plan.left_out == ["c", "d"]
    plan.done("b")
    assert "c" not in plan.ready


def test_dvc_finds_all_that_it_ran_and_it_runs_nothing_twice(project: Path, cluster: LocalCluster) -> None:
    with Client(cluster) as client:
        assert engine.reproduce(project, stages(project), ["seeds"], client) == {}
        assert (project / "seeds.txt").read_text() == "[0, 1, 2]"
        assert len(list((project / "calls").iterdir())) == 3
        assert "seeds:" not in status()
        assert engine.reproduce(project, stages(project), ["seeds"], client) == {}
        assert len(list((project / "calls").iterdir())) == 3
        # What the run-cache has is restored, as dvc does.
        (project / "in.txt").write_text("other")
        assert engine.reproduce(project, stages(project), ["a"], client) == {}
        (project / "in.txt").write_text("in")
        (project / "stages/copy.py").write_text("raise RuntimeError('it must not run')")
        assert engine.reproduce(project, stages(project), ["a"], client) == {}
    assert (project / "a.txt").read_text() == "ina.txt"


def test_seeds_go_to_different_workers(project: Path, cluster: LocalCluster) -> None:
    (project / "slow").write_text("0.5")
    with Client(cluster) as client:
        assert engine.reproduce(project, stages(project), ["seeds"], client) == {}
    processes = {path.suffix for path in (project / "calls").iterdir()}
    assert len(processes) == 2
    assert f".{os.getpid()}" not in processes


def test_a_failure_stops_what_needs_it_and_the_rest_goes_on(project: Path, cluster: LocalCluster) -> None:
    with Client(cluster) as client:
        failures = engine.reproduce(project, stages(project), ["after", "seeds"], client)
    assert failures == {"bad": "copying fail\nit was told to fail", "after": ""}
    assert (project / "seeds.txt").is_file()
    assert not (project / "c.txt").exists()


def test_a_stage_that_never_finds_its_seeds_is_not_run_for_ever(project: Path, cluster: LocalCluster) -> None:
    with Client(cluster) as client:
        failures = engine.reproduce(project, stages(project), ["lost"], client)
    assert failures == {"lost": "its seeds [0, 1] were fitted 3 times, and it does not find them"}


def test_what_a_fingerprint_computes_asks_no_other_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = probes.compute("seeds")
    monkeypatch.setenv("LATENTPRIORS_SEED", "none")
    assert probes.compute("seeds") == alone


def test_a_killed_worker_costs_the_running_seeds_alone(project: Path, cluster: LocalCluster) -> None:
    (project / "slow").write_text("1")
    script = "import os, signal, sys, time; time.sleep(float(sys.argv[2])); os.kill(int(sys.argv[1]), signal.SIGKILL)"
    with Client(cluster) as client:
        victim = next(iter(client.run(os.getpid).values()))
        with subprocess.Popen([sys.executable, "-c", script, str(victim), "2.5"]):
            assert engine.reproduce(project, stages(project), ["seeds"], client) == {}
    calls = [path.stem for path in (project / "calls").iterdir()]
    assert set(calls) == {"0", "1", "2"}
    assert len(calls) <= 4


def test_edited_code_is_imported_anew(project: Path, cluster: LocalCluster) -> None:
    (project / "stages/helper.py").write_text("SAID = 'before'")
    (project / "stages/copy.py").write_text(
        "import pathlib, sys, context; pathlib.Path(sys.argv[2]).write_text(context.SAID)"
    )
    (project / "stages/context.py").write_text("SAID = 'before'")
    with Client(cluster) as client:
        for said in ("before", "after"):
            (project / "stages/context.py").write_text(f"SAID = {said!r}")
            (project / "in.txt").write_text(said)
            assert engine.reproduce(project, stages(project), ["a"], client) == {}
            assert (project / "a.txt").read_text() == said


def test_targets_are_names_or_all_items_of_one() -> None:
    names = dict.fromkeys(["check", "score@a", "score@b"])
    assert engine.targets_of(names, ["score", "check"]) == ["score@a", "score@b", "check"]
    assert engine.targets_of(names, []) == list(names)
    tables = dict.fromkeys(["tables/a/dvc.yaml:fit@x", "tables/b/dvc.yaml:fit@y", "score@a"])
    assert engine.targets_of(tables, ["fit@y", "fit"]) == [
        "tables/b/dvc.yaml:fit@y", "tables/a/dvc.yaml:fit@x", "tables/b/dvc.yaml:fit@y",
    ]  # fmt: skip
    with pytest.raises(ValueError, match=r"targets: 'scor@a' is unknown; choose from score@a"):
        engine.targets_of(names, ["scor@a"])


def test_workers_that_are_not_like_this_process_are_refused(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    class Elsewhere:
        def __init__(self, **facts: object):
            self.facts = facts

        def wait_for_workers(self, *arguments: object, **options: object) -> None:
            pass

        def run(self, function, root: str, token: str) -> dict:
            assert mend.PART.fullmatch(Path(token).name), "what a kill leaves here, `mend` removes"
            return {"tcp://10.0.0.7:1": function(root, token) | self.facts}

    engine.agree(Elsewhere())
    with pytest.raises(ValueError, match=r"tcp://10\.0\.0\.7:1 does not see"):
        engine.agree(Elsewhere(shared=False))
    with pytest.raises(ValueError, match=r"has torch 1\.0 \(here "):
        engine.agree(Elsewhere(torch="1.0"))
    with pytest.raises(ValueError, match=r"has code none"):
        engine.agree(Elsewhere(code="none"))


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE", 0.5)
    options = argparse.Namespace(scheduler="tcp://127.0.0.1:9", slurm=None, workers=1)
    with pytest.raises(OSError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"), engine.connected(options):
        pass


def test_slurm_jobs_are_one_worker_each_in_this_environment() -> None:
    with engine.slurm(["queue=gpu", "walltime=02:00:00", "memory=8GB"]) as cluster:
        script = cluster.job_script()
    for line in ("#SBATCH -p gpu", "#SBATCH -t 02:00:00", "#SBATCH --mem=8G", "#SBATCH --cpus-per-task=1"):
        assert line in script
    assert f"{sys.executable} -m distributed.cli.dask_worker" in script
    assert "--nthreads 1" in script


def test_two_workers_over_one_folder_one_killed(project: Path) -> None:
    """As on a cluster: processes that a scheduler's address and a folder connect; one dies."""
    (project / "slow").write_text("1")
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    with subprocess.Popen([*dask, "--scheduler-file", "scheduler.json"], stderr=subprocess.DEVNULL) as scheduler:
        workers = [
            subprocess.Popen(
                [*worker, "--scheduler-file", str(project / "scheduler.json")], cwd=cwd, stderr=subprocess.DEVNULL
            )
            for cwd in (project, "/")
        ]
        try:
            with Client(scheduler_file=str(project / "scheduler.json")) as client:
                client.wait_for_workers(2, timeout=30)
                client.submit(time.sleep, 0, pure=False).result()
                signalled = subprocess.Popen(["sh", "-c", f"sleep 3; kill -9 {workers[1].pid}"])
                assert engine.reproduce(project, stages(project), ["seeds"], client) == {}
                signalled.wait()
        finally:
            for process in (*workers, scheduler):
                process.send_signal(signal.SIGKILL)
                process.wait()
    assert (project / "seeds.txt").read_text() == "[0, 1, 2]"


def test_fits_that_ask_for_a_gpu_where_there_is_none_do_not_wait_forever(cluster: LocalCluster) -> None:
    options = argparse.Namespace(scheduler=cluster.scheduler_address, slurm=None, workers=1, gpu=True)
    with pytest.raises(ValueError, match="no worker has the resource GPU"), engine.connected(options):
        pass
