"""What every stage shares: parameters, device, seeds, and one clear message for a failure."""

__all__ = ["ROOT", "arguments", "device", "die_with", "generator", "params", "run", "seed"]

import argparse
import ctypes
import errno
import hashlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

PARENT = os.getppid()  # taken before the slow imports: it may die while they run

import torch  # noqa: E402
import yaml  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
# This checkout's library, also in the copies of it in which `dvc exp run --queue` works.
sys.path.insert(0, str(ROOT / "src"))


def run(main: Callable[[], None]) -> None:
    """Runs a stage: it dies with the process that started it, and a foreseen failure is one line and exit code 1."""
    die_with(PARENT)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted; finished seeds are kept, and the next run goes on after them")
    except (ValueError, ArithmeticError, OSError) as error:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = "\nThe disk is full: make room (`dvc gc --workspace`, or .work/) and run it again." if full else ""
        sys.exit(f"error in {Path(sys.argv[0]).stem}: {error}{advice}")


def die_with(parent: int) -> None:
    """Ties this process's life to its parent's: where only dvc is killed, an orphan would go on writing into outputs.

    dvc.yaml starts its commands with `exec`, so that the parent is dvc and no shell between the two.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # 1 is PR_SET_PDEATHSIG
        if os.getppid() != parent:
            sys.exit("error: what started this stage has died")


def arguments(description: str, **options: str) -> argparse.Namespace:
    """Returns the command line's options; each is required and has its help text."""
    parser = argparse.ArgumentParser(description=description)
    for name, text in options.items():
        parser.add_argument(f"--{name}", required=True, help=text)
    return parser.parse_args()


def params(path: str) -> dict | list | str | float | None:
    """Returns the value at a dotted path of params.yaml."""
    value = yaml.safe_load((ROOT / "params.yaml").read_text())
    for key in path.split("."):
        if not isinstance(value, dict) or key not in value:
            choices = ", ".join(value) if isinstance(value, dict) else "nothing"
            raise ValueError(f"params.yaml has no {path}: {key!r} is not among {choices}")
        value = value[key]
    return value


def device(precision: str = "float32") -> torch.device:
    """Returns the device that params.yaml names, CUDA for "auto" where it is there, set to a precision."""
    name = params("device")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise ValueError(f"device is {name} in params.yaml, but there is no CUDA device; choose auto or cpu")
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    return torch.device(name)


def seed(*names: str | int) -> int:
    """Returns the seed of a piece of work by its names, the same on every machine; also seeds PyTorch with it."""
    value = int.from_bytes(hashlib.sha256("/".join(map(str, names)).encode()).digest()[:6], "big")
    torch.manual_seed(value)
    return value


def generator(where: torch.device, *names: str | int) -> torch.Generator:
    """Returns the source of randomness of a piece of work by its names."""
    return torch.Generator(where).manual_seed(seed(*names))
