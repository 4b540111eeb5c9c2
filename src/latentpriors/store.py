"""Whole-or-nothing files: safetensors for arrays, JSON for results, checked when they are loaded."""

__all__ = ["StoreError", "contents", "load_json", "load_tensors", "save_json", "save_tensors", "seed_files", "whole"]

import errno
import json
import os
import re
import shutil
import socket
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file


class StoreError(ValueError):
    """A stored file is missing, damaged or not what it should be."""


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`, for a file or a folder, and renames it when the block ends.

    Where the block raises (a full disk, say), `path` stays as it was and the temporary is removed.

    Raises:
        IsADirectoryError: a file was written, and `path` is a folder.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}.part")  # of this process alone
    try:
        yield part
        for file in [part] if part.is_file() else sorted(part.rglob("*")):
            _flush(file)
        if path.is_dir() and part.is_dir():
            shutil.rmtree(path)
        os.replace(part, path)
    finally:
        shutil.rmtree(part) if part.is_dir() else part.unlink(missing_ok=True)


def save_tensors(path: Path, tensors: dict[str, torch.Tensor], about: dict | None = None) -> None:
    """Writes named tensors, and facts about them that JSON can hold."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with whole(path) as part:
        try:
            save_file(tensors, part, metadata={"about": json.dumps(about or {}, sort_keys=True)})
        except SafetensorError as error:
            # It wraps the system's error in its own: a full disk must be seen as one.
            number = re.search(r"os error (\d+)", str(error))
            raise OSError(int(number[1]) if number else errno.EIO, str(error), str(path)) from error


def load_tensors(path: Path, device: str | torch.device = "cpu") -> tuple[dict[str, torch.Tensor], dict]:
    """Returns the tensors of a file and the facts about them.

    Raises:
        StoreError: the file is missing or damaged; or later, where a tensor is asked for that it does not hold.
    """
    _present(path)
    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            about = _dictionary((file.metadata() or {}).get("about", "{}"))
            return _Tensors(path, {name: file.get_tensor(name) for name in file.keys()}), about  # noqa: SIM118
    except (SafetensorError, ValueError) as error:
        raise StoreError(f"{path} is damaged ({error}); delete it and run `dvc repro` again") from error


@contextmanager
def contents(
    path: Path, what: str, device: str | torch.device = "cpu", version: int = 1, advice: str = "run `dvc repro`"
) -> Iterator[tuple[dict[str, torch.Tensor], dict]]:
    """Yields the tensors of a file and the facts about them, for a block that makes something of them.

    A file of another kind, version, data set or model shows there: in names that are missing, arguments that are
    unknown and shapes that do not fit.

    Arguments:
        path: The file.
        what: It should hold.
        device: Where the tensors go.
        version: Of the file's format; a file that names none is of the first.
        advice: What makes it anew.

    Raises:
        StoreError: the file is missing, damaged or of another version, or the block fails on it.
    """
    tensors, about = load_tensors(path, device)
    found = about.pop("format", 1)
    if found != version:
        raise StoreError(f"{path} is of format {found}, and {what} of format {version} is needed; {advice}")
    try:
        yield dict(tensors), about
    except (LookupError, TypeError, ValueError, RuntimeError) as error:
        reason = textwrap.shorten(f"{type(error).__name__}: {error}", 200, placeholder=" ...")
        raise StoreError(f"{path} does not hold {what} ({reason}); {advice}") from error


def seed_files(folder: Path) -> list[Path]:
    """Returns the file of each seed in a folder, as `over_seeds.gather` names them.

    Raises:
        StoreError: there is none.
    """
    if not (files := sorted(folder.glob("seed*.safetensors"))):
        raise StoreError(f"{folder} holds no seed0.safetensors, seed1.safetensors ...; `dvc repro` makes them")
    return files


def save_json(path: Path, value: dict) -> None:
    """Writes a dictionary; a NaN or an infinity is refused, since JSON has neither."""
    text = json.dumps(value, indent=2, allow_nan=False) + "\n"
    with whole(path) as part:
        part.write_text(text, encoding="utf-8")


def load_json(path: Path) -> dict:
    """Returns the dictionary of a file.

    Raises:
        StoreError: the file is missing or damaged.
    """
    text = _present(path).read_bytes()
    try:
        return _dictionary(text.decode())
    except ValueError as error:
        raise StoreError(f"{path} is damaged ({error}); delete it and run `dvc repro` again") from error


class _Tensors(dict):
    """The tensors of a file by their names: of a file of another kind, the first that is asked for says so."""

    def __init__(self, path: Path, tensors: dict[str, torch.Tensor]):
        super().__init__(tensors)
        self.path = path

    def __missing__(self, name: str) -> torch.Tensor:
        held = textwrap.shorten(", ".join(sorted(self)), 100, placeholder=" ...")
        raise StoreError(f"{self.path} is of another kind: it holds no {name}, but {held or 'nothing'}")


def _dictionary(text: str) -> dict:
    if not isinstance(found := json.loads(text), dict):
        raise ValueError(f"a dictionary is needed, and this is a {type(found).__name__}")
    return found


def _present(path: Path) -> Path:
    if not Path(path).is_file():
        raise StoreError(f"{path} is missing; `dvc repro` makes it")
    return Path(path)


def _flush(file: Path) -> None:
    """Waits until a file is on the disk: a rename alone can survive a crash that its content does not."""
    if file.is_file():
        with file.open("rb") as handle:
            os.fsync(handle.fileno())
