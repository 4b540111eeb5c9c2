"""Puts right what a kill leaves behind and dvc would stumble over again and again; `make reproduce` begins with it.

dvc writes each dvc.lock, and its list of who reads and writes what, in place: a kill or a full disk leaves one cut.
"""

__all__ = ["mend"]

import itertools
import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
from dvc.lock import make_lock
from dvc.schema import COMPILED_LOCKFILE_SCHEMA, vol

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from latentpriors.program import Parser, program  # noqa: E402
from latentpriors.yaml_files import parse_yaml  # noqa: E402

EMPTY = "schema: '2.0'\nstages:\n"  # how dvc begins a dvc.lock
WRITTEN = (".dvc/cache", ".work", "data", "fingerprints", "metrics", "models", "reports", "samples")
# The temporary files of `latentpriors.store.whole`, with the host and process that write them, and those of dvc.
PART = re.compile(rf"\..+\.{re.escape(socket.gethostname())}\.(?P<pid>\d+)\.part|\.[\w-]{{22}}\.tmp")


def mend(root: Path) -> list[str]:
    """Restores cut lock files, forgets dead processes and removes half-written files; returns a line for each.

    What a dvc.lock loses comes from the last commit, and from the run-cache without running again.

    Raises:
        ValueError: a dvc.lock is damaged in another way, by a merge that is not finished, say.
    """
    folder = root / ".dvc/tmp"
    folder.mkdir(exist_ok=True)
    with make_lock(str(folder / "lock"), friendly=True, wait=True), make_lock(str(folder / "rwlock.lock"), wait=True):
        locks = [path for path in (root / "dvc.lock", *sorted(root.glob("tables/*/dvc.lock"))) if path.is_file()]
        said = [_restore(root, path) for path in locks if not _is_whole(path.read_bytes())]
        return [*said, *_forget_the_dead(folder / "rwlock"), *_remove_parts(root)]


def _is_whole(content: bytes) -> bool:
    """Whether dvc could read a lock file."""
    try:
        COMPILED_LOCKFILE_SCHEMA(parse_yaml(content.decode(), "a lock"))
    except (ValueError, vol.Invalid):
        return False
    return content.endswith(b"\n")


def _restore(root: Path, path: Path) -> str:
    """Writes a cut lock file anew: the entries that are whole, over those of the last commit."""
    from latentpriors.store import whole  # here: it loads PyTorch, and a cut lock file is rare

    name = path.relative_to(root).as_posix()
    shown = subprocess.run(["git", "show", f"HEAD:./{name}"], cwd=root, capture_output=True)
    entries = _entries(shown.stdout) if _is_whole(shown.stdout) else {}
    entries |= dict(list(_entries(path.read_bytes()).items())[:-1])
    text = EMPTY + "".join(entries.values())
    if not entries:
        path.unlink()
    elif _is_whole(text.encode()):
        with whole(path) as part:
            part.write_text(text, encoding="utf-8")
    else:
        raise ValueError(f"{name} is damaged, and not by a kill; the committed one is `git checkout HEAD -- {name}`")
    return f"{name} was cut in the middle; {len(entries)} of its stages are known, others come from the run-cache"


def _entries(content: bytes) -> dict[str, str]:
    """Returns the text of each stage of a lock file by its first line."""
    _, *blocks = re.split(r"^(?=  \S)", content.decode(errors="replace"), flags=re.MULTILINE)
    return {block.partition("\n")[0]: block for block in blocks}


def _forget_the_dead(path: Path) -> Iterator[str]:
    """Removes dvc's list of who reads and writes what, where it is cut or names no process that is at work."""
    if not path.is_file():
        return
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        holders = [*found.get("write", {}).values(), *itertools.chain(*found.get("read", {}).values())]
    except ValueError:
        holders = []
    if not any(map(_at_work, holders)):
        path.unlink()
        if holders:
            yield f"forgot {len(holders)} entries of dead processes in .dvc/tmp/rwlock"


def _at_work(holder: dict) -> bool:
    """Whether a process is still there, and not another one that got its number."""
    try:
        return " ".join(psutil.Process(holder["pid"]).cmdline()).endswith(holder["cmd"])
    except psutil.Error:
        return False


def _remove_parts(root: Path) -> Iterator[str]:
    """Removes the half-written files and folders of processes that are gone."""
    found = [path for folder in WRITTEN for path in (root / folder).rglob(".*") if _is_part(path)]
    for path in found:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    if found:
        yield f"removed {len(found)} half-written files and folders of processes that were killed"


def _is_part(path: Path) -> bool:
    name = PART.fullmatch(path.name)
    if name is None or name["pid"] is None:
        return name is not None
    try:
        # In a container nobody may look after the dead: they keep their numbers.
        return psutil.Process(int(name["pid"])).status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True


if __name__ == "__main__":
    Parser(description=__doc__).parse_args()
    with program("mend"):
        for line in mend(ROOT):
            print(f"note: {line}", file=sys.stderr)
