"""A full disk is one clear message, leaves nothing half-written, and with room the same command goes on."""

import shutil
import subprocess
from pathlib import Path

import pytest
from small_project import Project

# In a namespace of its own anyone may mount a small disk; what is below it comes back with the namespace's end.
DISK = """
mount -t tmpfs -o size=64k tmpfs "$1"
head -c "$((64 - $3))k" /dev/zero > "$1/filler"
if eval "$2"; then exit 3; fi
echo left: $(find "$1" -name '.*.part')
rm "$1/filler"
mount -o remount,size=100m "$1"
eval "$2"
"""
FULL = "The disk is full: make room"
NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    if shutil.which("unshare") is None or subprocess.run([*NAMESPACE, "mount", "-t", "tmpfs", "t", "/mnt"]).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    root = Path(__file__).resolve().parents[2]
    made = Project(root, tmp_path_factory.mktemp("project"))
    shutil.copytree(root / "metrics/digits", made.folder / "metrics/digits")
    made.dvc("repro", "prepare@digits")
    return made


@pytest.mark.parametrize(
    ("place", "room", "command", "said"),
    [
        ("data/digits", 0, "python stages/download.py --dataset digits --out data/digits/raw", FULL),
        (".dvc/cache", 16, "dvc repro -fs prepare@digits && dvc status -q prepare@digits", "No space left on device"),
        (".work", 16, "dvc repro -fs train_classifier@digits", FULL),
        ("reports", 48, "python stages/report.py --dataset digits --table poster --beside poster "
         "--metrics metrics/digits --out reports/digits-poster", FULL),
    ],
    ids=["download", "cache", "work", "report"],
)  # fmt: skip
def test_a_full_disk_is_said_and_with_room_all_goes_on(
    project: Project, place: str, room: int, command: str, said: str
) -> None:
    (project.folder / place).mkdir(exist_ok=True)
    done = subprocess.run(
        [*NAMESPACE, "bash", "-uc", DISK, "bash", place, command, str(room)],
        cwd=project.folder, env=project.environment(), capture_output=True, text=True,
    )  # fmt: skip
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert said in output
    assert "left:\n" in output
    assert "Traceback" not in output
