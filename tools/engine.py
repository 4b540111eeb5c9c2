"""Reproduces stages side by side in warm worker processes, on this machine, a Dask scheduler's or a SLURM cluster's.

It does what `dvc repro` does, each stage as soon as its inputs are there. DVC's own code says what has changed,
restores what the run-cache has and records what came out, so that `dvc repro` finds all of it up to date. A worker
imports PyTorch once, and the seeds of a stage go to different workers.
"""

__all__ = ["Plan", "Records", "reproduce", "slurm", "targets_of"]

import argparse
import difflib
import logging
import math
import os
import socket
import sys
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tools")]


from mend import mend  # noqa: E402

from latentpriors.choices import unknown  # noqa: E402
from latentpriors.processes import processors  # noqa: E402
from latentpriors.program import Parser, program  # noqa: E402
from latentpriors.project import worker  # noqa: E402
from latentpriors.project.pipeline import Stage, producers, read_stages, upstream  # noqa: E402
from latentpriors.yaml_files import read_yaml  # noqa: E402

EVERY = 5.0  # seconds between two records: dvc writes a whole lock, however few of its stages are new
SECONDS = ".work/seconds.csv"
ASKED = 3  # times that a stage may ask for its seeds: code that is edited meanwhile makes it ask again
PATIENCE = 20  # seconds for a scheduler to answer, and its first worker to come


class Plan:
    """Which stages may start, since what they need is done.

    Arguments:
        needs: For each stage those that it needs, as `producers` returns them.
        targets: What shall be reproduced.
    """

    def __init__(self, needs: Mapping[str, Iterable[str]], targets: Iterable[str]):
        self.order = upstream(needs, targets)
        self.left_out: list[str] = []
        self._open = {name: set(needs[name]) for name in self.order}
        self._users = defaultdict(list)
        for name in self.order:
            for other in needs[name]:
                self._users[other].append(name)
        self.ready = [name for name in self.order if not self._open[name]]

    def done(self, name: str) -> None:
        """Makes those ready that waited for this one last."""
        for user in self._users[name]:
            self._open[user].discard(name)
            if not self._open[user] and user not in self.left_out:
                self.ready.append(user)

    def failed(self, name: str) -> None:
        """Leaves out what needs this one."""
        for user in self._users[name]:
            if user not in self.left_out:
                self.left_out.append(user)
                self.failed(user)


class Records:
    """What dvc knows of stages, by its own code, in one process that reads each of its files once.

    Arguments:
        root: The checkout.
        names: Of stages, as `read_stages` gives them.
    """

    def __init__(self, root: Path, names: Iterable[str]):
        from dvc.dvcfile import load_file
        from dvc.repo import Repo

        logging.getLogger("dvc").setLevel(logging.WARNING)  # it says a line for each lock that it writes
        self.repo, self._unwritten = Repo(root), defaultdict(list)
        self._stages = {file: load_file(self.repo, str(root / file)).stages for file in set(map(_file, names))}

    def are_there(self, name: str) -> bool:
        """Returns whether a stage's outputs are up to date or could be restored; else makes room for new ones.

        Raises:
            ValueError: it is frozen, and its outputs are not there.
        """
        from dvc.stage.cache import RunCacheNotFoundError

        stage = self._stage(name)
        if not stage.changed():
            return True
        if stage.frozen:
            raise ValueError(f"{name} is frozen and never run, and its outputs are not what its lock has")
        stage.remove_outs()
        try:
            self.repo.stage_cache.restore(stage)
        except RunCacheNotFoundError:
            stage.save_deps()
            return False
        self.add(name)
        return True

    def add(self, name: str) -> None:
        """Puts a stage's outputs into the cache, and notes it for `write`."""
        stage = self._stage(name)
        beside = [out for out in stage.outs if not (out.use_cache or out.is_metric or out.is_plot)]
        stage.save(run_cache=not beside)
        stage.commit()
        if lost := [out.def_path for out in stage.outs if out.use_cache and out.changed_cache()]:
            raise OSError(f"{lost[0]} of {name} did not get into the cache; is the disk full?")
        self._unwritten[stage.dvcfile.path].append(stage)

    def write(self) -> None:
        """Writes the lock files."""
        for stages in self._unwritten.values():
            stages[0].dvcfile.dump_stages(stages, update_pipeline=False)
        self._unwritten.clear()

    def _stage(self, name: str):
        return self._stages[_file(name)][name.rpartition(":")[2]]


def reproduce(root: Path, stages: Mapping[str, Stage], targets: list[str], client, gpu: bool = False) -> dict[str, str]:
    """Reproduces targets with all that they need; returns why stages failed: what they said, by their names.

    What needs a failed stage is left out, "" in what is returned, and the rest goes on. The seconds of what ran are
    appended to .work/seconds.csv: stage, seed ("none" for a stage without, or before and after its seeds), seconds.

    Arguments:
        root: The checkout.
        stages: All its stages, as `read_stages` returns them.
        targets: The names of some.
        client: Of the Dask scheduler.
        gpu: Whether stages that read `device` ask for a worker with the resource GPU, where there are any.
    """
    from distributed import as_completed

    plan, failures, running, tasks = Plan(producers(stages), targets), {}, defaultdict(set), as_completed()
    asked = Counter()
    place = {name: index for index, name in enumerate(plan.order)}
    settings = {key: value for key, value in os.environ.items() if key.startswith(worker.PREFIX)}

    def submit(name: str, seeds: Iterable[str]) -> None:
        resources = {"GPU": 1} if gpu and "device" in stages[name].params else None
        for seed in seeds:
            future = client.submit(
                worker.run_stage, str(root), stages[name].cmd, seed, settings,
                key=(name, seed, uuid.uuid4().hex), pure=False, priority=-place[name], resources=resources,
            )  # fmt: skip
            running[name].add(future)
            tasks.add(future)

    def finished(name: str, failure: str | None = None) -> None:
        bar.update()
        if failure is None:
            plan.done(name)
        else:
            failures[name] = failure
            plan.failed(name)

    records, written = Records(root, plan.order), time.monotonic()
    (root / SECONDS).parent.mkdir(exist_ok=True)
    with (
        records.repo.lock,
        (root / SECONDS).open("a", encoding="utf-8") as seconds,
        tqdm(total=len(plan.order), desc="stages", unit="stage", disable=None) as bar,
    ):
        try:
            while plan.ready or running:
                while plan.ready:
                    name = plan.ready.pop(0)
                    try:
                        finished(name) if records.are_there(name) else submit(name, ["none"])
                    except (ValueError, OSError) as error:
                        finished(name, str(error))
                bar.set_postfix_str(f"{len(running)} running: {', '.join(map(_short, list(running)[:3]))}")
                if running:
                    future = next(tasks)
                    name, seed, _ = future.key
                    missing, failure, spent = _outcome(future)
                    print(name, seed, f"{spent:.3f}", sep=",", file=seconds, flush=True)
                    running[name].discard(future)
                    if failure is not None and name not in failures:
                        finished(name, failure)
                    if running[name]:
                        continue
                    del running[name]
                    if missing is not None and name not in failures:
                        asked[name] += seed == "none"
                        if asked[name] > ASKED:
                            finished(name, f"its seeds {missing} were fitted {ASKED} times, and it does not find them")
                        else:
                            submit(name, map(str, missing) if seed == "none" else ["none"])
                    elif name not in failures:
                        records.add(name)
                        finished(name)
                if time.monotonic() - written > EVERY:
                    records.write()
                    written = time.monotonic()
        finally:
            records.write()
    return failures | dict.fromkeys(plan.left_out, "")


def targets_of(stages: Mapping[str, Stage], given: Iterable[str]) -> list[str]:
    """Returns the stages that are meant, as `dvc repro` has it: by name, or all items of one; those of tables by short
    names too, score@digits-ae-gmm.

    Raises:
        ValueError: a name is no stage's.
    """
    found = []
    for target in given:
        meant = [name for name in stages if target in (name, name.partition("@")[0])]
        meant = meant or [name for name in stages if target in (_short(name), _short(name).partition("@")[0])]
        if not meant:
            near = difflib.get_close_matches(target, stages, 5, 0.5)
            raise ValueError(unknown("targets", target, near or [name for name in stages if "report@" in name]))
        found += meant
    return found or list(stages)


@contextmanager
def connected(options: argparse.Namespace) -> Iterator:
    """Yields a client of the scheduler that the options ask for.

    Raises:
        OSError: it does not answer, or no worker comes.
        ValueError: workers have other versions, other code, or another folder than this process, or none has a GPU.
    """
    import dask
    from distributed import Client, LocalCluster

    dask.config.set(
        {"distributed.worker.profile.enabled": False}
    )  # it looks at every worker's stack 100 times a second
    if options.scheduler:
        cluster = None
        try:
            client = Client(options.scheduler, timeout=PATIENCE)
        except (OSError, ValueError) as error:
            raise OSError(f"no Dask scheduler answers at {options.scheduler}: {error}") from error
    else:
        if options.slurm is not None:
            cluster = slurm(options.slurm)
            cluster.scale(jobs=options.workers)
        else:
            cluster = LocalCluster(
                n_workers=options.workers, threads_per_worker=1, local_directory=str(ROOT / ".work/dask"),
                dashboard_address=":0",
            )  # fmt: skip
        client = Client(cluster)
    try:
        print(f"note: the workers can be watched at {client.dashboard_link}", file=sys.stderr)
        agree(client, None if options.slurm is not None else PATIENCE)  # a queue may be long
        if options.gpu and not any(
            "GPU" in each["resources"] for each in client.scheduler_info(-1)["workers"].values()
        ):
            raise ValueError("--gpu: no worker has the resource GPU; start one by `dask worker ... --resources GPU=1`")
        yield client
    finally:
        client.close()
        if cluster is not None:
            cluster.close()


def slurm(settings: Iterable[str]):
    """Returns a cluster of SLURM jobs of one worker each.

    Arguments:
        settings: KEY=VALUE of `dask_jobqueue.SLURMCluster`: queue, account, walltime, memory ...
    """
    from dask_jobqueue import SLURMCluster

    given = {"cores": 1, "processes": 1, "memory": "4GB"} | dict(setting.split("=", 1) for setting in settings)
    return SLURMCluster(**given, local_directory=str(ROOT / ".work/dask"), log_directory=str(ROOT / ".work/slurm"))


def agree(client, patience: float | None = PATIENCE) -> None:
    """Raises an error unless workers come within some seconds, and have what this process has."""
    token = ROOT / f".work/.driver.{socket.gethostname()}.{os.getpid()}.part"  # which `mend` knows, after a kill
    token.parent.mkdir(exist_ok=True)
    token.touch()
    try:
        client.wait_for_workers(1, timeout=patience)
        mine = worker.facts(str(ROOT), str(token))
        for address, found in client.run(worker.facts, str(ROOT), str(token)).items():
            if not found["shared"]:
                raise ValueError(f"the worker {address} does not see {ROOT}; they have to share a file system")
            if other := [f"{key} {found[key]} (here {mine[key]})" for key in mine if found[key] != mine[key]]:
                raise ValueError(
                    f"the worker {address} has {', '.join(other)}; start it in this checkout's environment"
                )
    except TimeoutError as error:
        raise OSError(f"no worker has come to {client.scheduler.address} in {patience} seconds") from error
    finally:
        token.unlink()


def _outcome(future) -> tuple[list[int] | None, str | None, float]:
    """Returns what `run_stage` does, or that its worker was lost."""
    if future.status == "finished":
        return future.result()
    return (
        None,
        f"its worker was lost, too often to try again: it crashed, or had too little memory ({future.exception()})",
        math.nan,
    )


def _file(name: str) -> str:
    """Returns the dvc.yaml of a stage."""
    return name.rpartition(":")[0] or "dvc.yaml"


def _short(name: str) -> str:
    return name.rpartition(":")[2]


def _parser() -> Parser:
    parser = Parser(description="Reproduces stages side by side, as `dvc repro` does one after the other.")
    parser.add_argument("targets", nargs="*", help="stages as `dvc repro` takes them, report@digits-poster; else all")
    parser.add_argument("--workers", type=int, default=processors(), help="how many (as many as there are processors)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask scheduler with workers: tcp://HOST:PORT")
    parser.add_argument(
        "--slurm", nargs="*", metavar="KEY=VALUE", help="workers are SLURM jobs, of walltime=02:00:00 say"
    )
    parser.add_argument(
        "--gpu", action="store_true", help="fits ask for workers with the resource GPU=1, as of --scheduler"
    )
    parser.add_argument(
        "-S", "--set-param", action="append", default=[], metavar="KEY=VALUE",
        help="change params.yaml, and save what comes out as a dvc experiment",
    )  # fmt: skip
    return parser


def main() -> int:
    options = _parser().parse_args()
    with program("engine", "interrupted; finished seeds are kept, and the next run goes on after them"):
        for line in mend(ROOT):
            print(f"note: {line}", file=sys.stderr)
        if options.set_param:
            _change(options.set_param)
        stages = read_stages(ROOT, read_yaml(ROOT / "params.yaml"))
        targets = targets_of(stages, options.targets)
        with connected(options) as client:
            failures = reproduce(ROOT, stages, targets, client, options.gpu)
        for name, said in failures.items():
            if said:
                print(f"failed: {name}\n{said}\n", file=sys.stderr)
        if left := [_short(name) for name, said in failures.items() if not said]:
            print(f"left out, since they need what failed: {', '.join(left)}", file=sys.stderr)
        if options.set_param and not failures:
            _save()
    return 1 if failures else 0


def _change(settings: list[str]) -> None:
    """Changes params.yaml as `dvc exp run -S` does."""
    from dvc.exceptions import DvcException
    from dvc.utils.hydra import apply_overrides

    try:
        apply_overrides(ROOT / "params.yaml", settings)
    except DvcException as error:
        raise ValueError(f"-S: {error}") from error


def _save() -> None:
    """Saves the working tree as an experiment of dvc's."""
    from dvc.repo import Repo

    with Repo(ROOT) as repo:
        revision = repo.experiments.save()
        print(f"saved as the experiment {repo.experiments.get_exact_name([revision])[revision]}")


if __name__ == "__main__":
    sys.exit(main())
