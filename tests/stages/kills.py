"""Kills `make reproduce` at random moments, in the small project of the DAG's tests, and starts it again.

    python tests/stages/kills.py --kills 40

It prints what came of it, in half an hour on two cores, and exits with 1 where anything was lost, wrong or in need of
a hand. Killed are the whole process group, the same while a dvc.lock is written, the engine alone or a worker alone.
"""

__all__ = ["KINDS", "Campaign"]

import argparse
import hashlib
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from small_project import Project, wait
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[2]
KINDS = {"group": "", "lock": "", "engine": "tools/engine.py", "worker": "spawn_main"}  # and words of its command
REPRODUCE = ("make", "--old-file=.venv/ready", "reproduce")  # in the environment that this runs in
ALONE = 10  # seconds that the others go on where the engine or a worker is killed alone, until Ctrl-C


class Campaign:
    """Kills a command and starts it again until it ends well, in one small project after the other.

    Arguments:
        folder: Where the projects go.
        command: What is started and killed.
        seed: Of the kinds and moments.
        latest: The longest time from a start to its kill, in seconds.
    """

    def __init__(self, folder: Path, command: Sequence[str] = REPRODUCE, seed: int = 0, latest: float = 30):
        self.folder, self.command, self.latest, self.random = folder, command, latest, random.Random(seed)
        self.killed = Counter(dict.fromkeys(KINDS, 0))
        # A line for each: restarts that failed, seeds fitted again, figures and files that are not those of an
        # unkilled run, and processes that outlived their parents.
        self.hands, self.lost, self.different, self.orphans = [], [], [], []
        self.projects, self.seeds = 0, {}
        self.expected = self._figures(self._unkilled())

    def run(self, kills: int) -> None:
        """Kills so many times, every kind as often, and compares whenever the command has ended."""
        kinds = [kind for _, kind in zip(range(kills), itertools.cycle(KINDS), strict=False)]
        self.random.shuffle(kinds)
        project, failed = self._fresh(), False
        with tqdm(total=kills, desc="kills", disable=None) as bar:
            while True:
                code = self._start(project, kinds[-1] if kinds else None)
                if code is None:
                    kinds.pop()
                    bar.update()
                elif code == 0:
                    self._compare(project)
                    if not kinds:
                        return
                    project = self._fresh()
                else:
                    self.hands.append(f"{project.folder.name}: {self._said(project)}")
                    project = self._fresh() if failed else project
                failed = code not in (None, 0)

    def faults(self) -> list[str]:
        return [*self.hands, *self.lost, *self.different, *self.orphans]

    def __str__(self) -> str:
        kills = ", ".join(f"{count} {kind}" for kind, count in self.killed.items())
        return (
            f"kills: {self.killed.total()} ({kills}), runs that were finished after them: {self.projects - 1}\n"
            f"restarts that needed a hand: {len(self.hands)}\nfinished seeds lost: {len(self.lost)}\n"
            f"figures and files that differ from an unkilled run: {len(self.different)}\n"
            f"processes that outlived their parents: {len(self.orphans)}"
        )

    def _fresh(self) -> Project:
        self.projects += 1
        self.seeds = {}
        folder = self.folder / f"project{self.projects}"
        folder.mkdir()
        return Project(ROOT, folder)

    def _unkilled(self) -> Project:
        project = self._fresh()
        if self._start(project, None):
            raise RuntimeError(f"it fails without any kill: {self._said(project)}")
        return project

    def _start(self, project: Project, kind: str | None) -> int | None:
        """Starts the command and kills it; returns its exit status, None where it was killed before its end."""
        with (self.folder / f"{project.folder.name}.txt").open("w") as log:
            running = subprocess.Popen(
                self.command, cwd=project.folder, env=project.environment(), stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        try:
            if kind is None:
                return running.wait()
            with suppress(subprocess.TimeoutExpired):
                return running.wait(self.random.uniform(0, self.latest))
            if not self._kill(project, running, kind):
                return running.wait()
            self.killed[kind] += 1
            return None
        finally:
            self._end(project, running)
            self.seeds |= _seeds(project) | self.seeds  # as they were when they were seen first

    def _kill(self, project: Project, running: subprocess.Popen, kind: str) -> bool:
        """Kills as soon as there is what the kind means; returns whether there was."""
        sizes = _lock_sizes(project)
        while running.poll() is None:
            found = [running]
            if kind == "lock":
                before, sizes = sizes, _lock_sizes(project)
                written = any(sizes.get(path, 0) < size for path, size in before.items())
                time.sleep(self.random.uniform(0, 0.05) if written else 0.0005)
                found = found if written else []
            elif kind != "group":
                found = project.processes(KINDS[kind])
            with suppress(ProcessLookupError, psutil.NoSuchProcess):
                if found and KINDS[kind]:
                    self.random.choice(found).kill()
                    return True
                if found:
                    os.killpg(running.pid, signal.SIGKILL)
                    return True
        return False

    def _end(self, project: Project, running: subprocess.Popen) -> None:
        """Waits for the others, or stops them as people do; what is there in the end is an orphan."""
        for number in (signal.SIGINT, signal.SIGKILL):
            with suppress(subprocess.TimeoutExpired):
                running.wait(ALONE)
                break
            os.killpg(running.pid, number)
        running.wait()
        try:
            wait(lambda: not project.processes(""), 5)
        except AssertionError:
            for process in project.processes(""):
                self.orphans.append(f"{project.folder.name}: still there: {' '.join(process.cmdline())}")
                process.kill()

    def _compare(self, project: Project) -> None:
        name, found, seeds = project.folder.name, self._figures(project), _seeds(project)
        self.lost += [f"{name}: fitted again: {path}" for path in self.seeds if self.seeds[path] != seeds.get(path)]
        self.different += [
            f"{name}: {path}: {self.expected.get(path)} became {found.get(path)}"
            for path in sorted({*self.expected, *found})
            if self.expected.get(path) != found.get(path)
        ]

    @staticmethod
    def _figures(project: Project) -> dict[str, object]:
        """Returns what is in each file of results that is no time, and of all other files that they are there."""
        found = {}
        for path in (path for path in project.folder.rglob("*") if path.is_file()):
            name = path.relative_to(project.folder)
            if name.parts[0] in (".git", ".dvc") or "__pycache__" in name.parts:
                continue
            if name.parts[0] == "metrics" and path.suffix == ".json":
                facts = json.loads(path.read_text())
                found |= {f"{name} {key}": fact for key, fact in facts.items() if "seconds" not in key}
            else:
                found[str(name)] = hashlib.md5(path.read_bytes()).hexdigest() if name.parts[0] == "metrics" else "there"
        return found

    def _said(self, project: Project) -> str:
        return (self.folder / f"{project.folder.name}.txt").read_text()[-600:]


def _seeds(project: Project) -> dict[str, int]:
    """Returns when each finished seed was written."""
    found = (project.folder / ".work").glob("*/*/*/seed*")
    return {path.relative_to(project.folder).as_posix(): path.stat().st_mtime_ns for path in found}


def _lock_sizes(project: Project) -> dict[Path, int]:
    paths = [project.folder / "dvc.lock", *(project.folder / "tables").glob("*/dvc.lock")]
    return {path: path.stat().st_size for path in paths if path.is_file()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=40, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="of the random kinds and moments")
    options = parser.parse_args()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        campaign = Campaign(Path(folder), seed=options.seed)
        campaign.run(options.kills)
    print(f"{campaign}\nminutes: {(time.perf_counter() - start) / 60:.0f}")
    print("\n".join(campaign.faults()))
    return int(bool(campaign.faults()))


if __name__ == "__main__":
    sys.exit(main())
