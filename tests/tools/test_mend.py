"""What a kill leaves behind is put right: cut lock files at any byte, dead readers and writers, half-written files."""

import json
import os
import socket
import subprocess
from pathlib import Path

import psutil
import pytest
import yaml
from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from mend import mend

STAGE = """\
  {name}:
    cmd: exec python stages/x.py --dataset digits --long-option
      continued-here
    deps:
    - path: fingerprints/x.json
      hash: md5
      md5: {digit}0101cc4bfcad7765836a4fdbc4144
      size: 1245
    params:
      params.yaml:
        priors.flow:
          learning_rate: 1e-06
    outs:
    - path: models/{name}
      hash: md5
      md5: {digit}1204cc4bfcad7765836a4fdbc4144.dir
      size: 1245
      nfiles: 12
"""
NAMES = ("a@x", "b@x", "d@x", "c@x")
HEAD = "schema: '2.0'\nstages:\n"
OLD = {name: STAGE.format(name=name, digit=1) for name in NAMES if name != "d@x"}
NEW = {name: STAGE.format(name=name, digit=2) for name in NAMES}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    (tmp_path / "tables/t").mkdir(parents=True)
    (tmp_path / "tables/t/dvc.lock").write_text(HEAD + "".join(OLD.values()))
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "-q"], ["add", "tables"], ["commit", "-qm", "Locks"]):
        subprocess.run(["git", *who, *command], cwd=tmp_path, check=True)
    return tmp_path


def test_a_whole_lock_stays_as_it_is(project: Path) -> None:
    lock = project / "tables/t/dvc.lock"
    lock.write_text(HEAD + "".join(NEW.values()))
    before = lock.stat()
    assert list(mend(project)) == []
    assert lock.stat() == before


def test_a_lock_cut_anywhere_keeps_its_whole_stages_and_has_the_others_of_the_last_commit(project: Path) -> None:
    lock, text = project / "tables/t/dvc.lock", HEAD + "".join(NEW.values())
    for cut in range(0, len(text), 29):
        lock.write_text(text[:cut])
        said = mend(project)
        COMPILED_LOCKFILE_SCHEMA(yaml.safe_load(lock.read_text()))  # dvc can read it
        whole = [name for name in NAMES if text.index(NEW[name]) + len(NEW[name]) < cut]
        assert all(NEW[name] in lock.read_text() for name in whole)
        if said:
            assert "tables/t/dvc.lock was cut in the middle" in said[0]
            assert lock.read_text() == HEAD + "".join((OLD | {name: NEW[name] for name in whole}).values())
        assert mend(project) == []


def test_a_lock_that_was_never_committed_keeps_its_whole_stages_or_goes(project: Path) -> None:
    lock, text = project / "dvc.lock", HEAD + "".join(NEW.values())
    lock.write_text(text[:-20])
    mend(project)
    assert lock.read_text() == text.removesuffix(NEW["c@x"])
    lock.write_text("")
    mend(project)
    assert not lock.exists()


def test_an_unfinished_merge_is_left_to_its_owner(project: Path) -> None:
    lock, text = project / "tables/t/dvc.lock", HEAD + "".join(NEW.values())
    lock.write_text(text.replace("      size", "<<<<<<< HEAD\n      size", 1))
    before = lock.read_text()
    with pytest.raises(ValueError, match=r"tables/t/dvc\.lock is damaged, and not by a kill"):
        mend(project)
    assert lock.read_text() == before


def test_dead_and_renumbered_processes_are_forgotten_and_a_living_one_is_not(project: Path) -> None:
    path, command = project / ".dvc/tmp/rwlock", " ".join(psutil.Process().cmdline())

    def left(pid: int, cmd: str) -> bool:
        path.write_text(json.dumps({"write": {"models/a": {"pid": pid, "cmd": cmd}}}))
        mend(project)
        return path.is_file()

    assert left(os.getpid(), command)
    assert not left(os.getpid(), "/usr/bin/dvc repro")  # another process got the number
    assert not left(2**22 + 1, command)
    path.write_text('{"write": {"mod')
    mend(project)
    assert not path.exists()


def test_half_written_files_of_the_dead_are_removed(project: Path) -> None:
    home, host = project / "models/a", socket.gethostname()
    with subprocess.Popen(["true"]) as unburied:
        os.waitid(os.P_PID, unburied.pid, os.WEXITED | os.WNOWAIT)
        for pid in (os.getpid(), 2**22 + 1, unburied.pid):
            (home / f".prior.{host}.{pid}.part").mkdir(parents=True)
            (home / f".prior.{host}.{pid}.part/seed0.safetensors").write_text("half")
        (home / ".Zk3_-aaaaaaaaaaaaaaaaa.tmp").write_text("half")
        (home / ".keep").write_text("mine")
        assert mend(project) == ["removed 3 half-written files and folders of processes that were killed"]
    assert sorted(path.name for path in home.iterdir()) == [".keep", f".prior.{host}.{os.getpid()}.part"]
