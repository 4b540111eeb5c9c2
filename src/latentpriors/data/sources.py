"""Raw files from the user's cache, mirrors and the public internet, each checked before it counts."""

__all__ = ["fetch"]

import hashlib
import http.client
import os
import shutil
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from .readers import FULL, DataError

TIMEOUT = 20  # seconds without an answer


def fetch(
    dataset: str, files: Sequence[tuple[str, str]], folder: Path, cache: Path,
    mirrors: Sequence[str] = (), public: Sequence[str] = (),
) -> None:  # fmt: skip
    """Puts the files of a data set into `folder`, each from the first source that has it right.

    Arguments:
        dataset: The folder's name in the cache and in the mirrors.
        files: The (name, md5) of each file.
        folder: Where the files go.
        cache: The user's cache, tried first and filled for the next time; one that cannot be written stays as it is.
        mirrors: Folders or URLs that hold DATASET/FILE.
        public: URLs that hold FILE.

    Raises:
        DataError: no source has a file right; says what was tried and what to do.
    """
    sources = [f"{mirror.rstrip('/')}/{dataset}" for mirror in mirrors] + [url.rstrip("/") for url in public]
    with tempfile.TemporaryDirectory() as spare:
        home = cache / dataset if _can_be_written(cache / dataset) else Path(spare)
        for name, md5 in files:
            kept, tried = cache / dataset / name, []
            if not _is_right(kept, md5, "the cache", tried):
                kept = home / name
                if not _from_sources(name, md5, kept, sources, tried):
                    raise DataError(_explanation(dataset, name, tried))
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(kept, folder / name)


def _can_be_written(cache: Path) -> bool:
    if not cache.is_absolute():  # XDG's rule; and of a user without a home it would be a folder "~" right here
        return False
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(cache, os.W_OK)


def _from_sources(name: str, md5: str, kept: Path, sources: list[str], tried: list[str]) -> bool:
    for source in sources:
        part = kept.with_name(f".{name}.{os.getpid()}.part")
        try:
            _copy(f"{source}/{name}", part)
            if _is_right(part, md5, source, tried):
                os.replace(part, kept)
                return True
        except (OSError, ValueError, http.client.HTTPException) as error:
            if getattr(error, "errno", None) in FULL:
                raise  # not the source's fault
            tried.append(f"{source}/{name}: {error}")
        finally:
            part.unlink(missing_ok=True)
    return False


def _copy(source: str, target: Path) -> None:
    """Copies a file of a folder, or downloads one with a progress bar."""
    if "://" not in source:
        shutil.copyfile(source, target)
        return
    with urllib.request.urlopen(source, timeout=TIMEOUT) as answer, target.open("wb") as file:
        size = int(answer.headers.get("Content-Length") or 0) or None
        with tqdm.wrapattr(file, "write", total=size, desc=target.name[1:-5], disable=None) as out:
            shutil.copyfileobj(answer, out)
    if size is not None and target.stat().st_size != size:
        raise OSError(f"{target.stat().st_size} of {size} bytes came")


def _is_right(file: Path, md5: str, source: str, tried: list[str]) -> bool:
    """Whether a file has its checksum; one that has not is kept aside under another name."""
    if not file.is_file():
        return False
    found = hashlib.md5(file.read_bytes()).hexdigest()
    if found != md5:
        aside = file.with_name(f"{file.name.lstrip('.').split('.gz')[0]}.gz.wrong-{found[:8]}")
        os.replace(file, aside)
        tried.append(f"{source}: its md5 is {found}, not the published {md5}; kept aside as {aside}")
    return found == md5


def _explanation(dataset: str, name: str, tried: list[str]) -> str:
    lines = "".join(f"\n  - {line}" for line in tried) or "\n  - nothing: there is no mirror and no public source"
    return (
        f"{dataset}: no source has {name}. Tried:{lines}\n"
        f"Either set LATENTPRIORS_MIRROR to a folder or URL that holds {dataset}/{name} (several separated by "
        "spaces), or take the data set digits, which needs no download: dvc repro report@digits-poster"
    )
