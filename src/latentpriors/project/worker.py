"""What runs in the engine's workers: a stage's script in a process that has imported PyTorch already."""

__all__ = ["PREFIX", "code_digest", "facts", "run_stage"]

import ctypes
import hashlib
import importlib.metadata
import io
import os
import platform
import runpy
import shlex
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

LAST = 12  # lines of a failed stage's output that are handed on
PREFIX = "LATENTPRIORS_"  # of the environment variables that stages read
STATE = "LATENTPRIORS_STATE"  # what this process has imported
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of malloc.h
OURS = ("latentpriors", "context", "probes")  # modules that are imported anew where the code was edited


def facts(root: str, token: str) -> dict[str, str | bool]:
    """Returns what driver and workers must agree on: versions, the code, and a file of the driver's that they see."""
    versions = {name: importlib.metadata.version(name) for name in ("torch", "numpy", "zuko", "dvclive")}
    code = code_digest(root) if Path(root).is_dir() else "none"
    return versions | {"python": platform.python_version(), "code": code, "shared": Path(token).is_file()}


def code_digest(root: str) -> str:
    """Returns a digest of the code that stages run."""
    digest = hashlib.md5()
    for path in sorted(path for folder in ("src", "stages", "tools") for path in Path(root, folder).rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def run_stage(
    root: str, command: str, seed: str, settings: dict[str, str]
) -> tuple[list[int] | None, str | None, float]:  # fmt: skip
    """Runs a stage; returns the seeds that it waits for, None at its end, what it said if it failed, and its seconds.

    Arguments:
        root: The checkout.
        command: As dvc.yaml has it, `exec python SCRIPT OPTIONS`.
        seed: Which seed is fitted here, or "none", see `over_seeds.each_seed`.
        settings: The driver's environment variables that stages read.
    """
    _, _, script, *options = shlex.split(command)
    os.chdir(root)
    _import_anew(root, settings)
    # In this process alone: the other seeds are other workers'.
    os.environ |= {"LATENTPRIORS_SEED": seed, "LATENTPRIORS_PROCESSES": "0"}
    from latentpriors.over_seeds import Waiting

    output, before, start = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True), sys.argv, time.perf_counter()
    failure = missing = None
    try:
        sys.argv = [script, *options]
        with redirect_stdout(output), redirect_stderr(output):
            runpy.run_path(script, run_name="__main__")
    except Waiting as waiting:
        missing = waiting.seeds
    except SystemExit as end:
        failure = str(end.code) if end.code else None
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
    finally:
        sys.argv = before
    if failure is not None:
        output.seek(0)
        failure = "\n".join([*output.read().splitlines()[-LAST:], failure])
    return missing, failure, time.perf_counter() - start


def _keep_memory() -> None:
    """Lets freed memory stay with this process, where glibc is.

    Dask has it given back as soon as 64 KiB are free; a training frees and takes its activations at every step, and a
    fifth of its processor time went into page faults.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        for option in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD):
            mallopt(option, 2**30)


def _import_anew(root: str, settings: dict[str, str]) -> None:
    """Forgets the modules that came from another state of the code or with other settings."""
    state = f"{root} {code_digest(root)} {sorted(settings.items())}"
    if os.environ.get(STATE) == state:
        return
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    _keep_memory()
    sys.path[:0] = [f"{root}/stages", f"{root}/src"]
    os.environ |= settings | {STATE: state}
