"""Sources, readers and splits: the right bytes, or a clear error."""

import gzip
import hashlib
import struct
from pathlib import Path

import pytest
import torch

from latentpriors.data import DataError, fetch, read, readers, resources, split, unpack


def idx(array: torch.Tensor) -> bytes:
    """An idx file of bytes, as its published description says."""
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return gzip.compress(head + bytes(array.flatten().tolist()), mtime=0)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror with a small data set in MNIST's files, whose checksums torchvision is told."""
    folder = tmp_path / "mirror" / "mnist"
    folder.mkdir(parents=True)
    files = {}
    for name, count in (("train", 30), ("t10k", 10)):
        random = torch.Generator().manual_seed(count)
        files[f"{name}-images-idx3-ubyte.gz"] = torch.randint(256, (count, 28, 28), generator=random)
        files[f"{name}-labels-idx1-ubyte.gz"] = torch.arange(count) % 10
    found = []
    for name, array in files.items():
        (folder / name).write_bytes(idx(array))
        found.append((name, hashlib.md5(idx(array)).hexdigest()))
    monkeypatch.setattr(readers._torchvision("MNIST"), "resources", found)
    return folder.parent


def raw(tmp_path: Path, mirror: Path, **kwargs) -> Path:
    fetch("mnist", resources("MNIST"), tmp_path / "raw/MNIST/raw", tmp_path / "cache", [str(mirror)], **kwargs)
    return tmp_path / "raw"


def test_mirror_to_images(tmp_path: Path, mirror: Path) -> None:
    folder = raw(tmp_path, mirror)
    unpack("MNIST", folder)
    parts = read("MNIST", folder)
    assert parts["train"][0].shape == (30, 1, 28, 28)
    assert parts["train"][0].dtype == torch.uint8
    expected = torch.randint(256, (30, 28, 28), generator=torch.Generator().manual_seed(30))
    assert torch.equal(parts["train"][0][:, 0].long(), expected)
    assert parts["test"][1].tolist() == list(range(10))


def test_cache_is_enough_the_second_time(tmp_path: Path, mirror: Path) -> None:
    raw(tmp_path, mirror)
    fetch("mnist", resources("MNIST"), tmp_path / "again", tmp_path / "cache")
    assert len(list((tmp_path / "again").iterdir())) == 4


@pytest.mark.parametrize("cache", ["file/.cache", "~/.cache"])
def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch, cache: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    cache = Path(cache) if cache.startswith("~") else tmp_path / cache
    fetch("mnist", resources("MNIST"), tmp_path / "raw", cache, [str(mirror)])
    assert {path.name for path in (tmp_path / "raw").iterdir()} == {name for name, _ in resources("MNIST")}
    assert not (tmp_path / "~").exists()


def test_a_wrong_file_is_kept_aside_and_the_next_source_is_taken(tmp_path: Path, mirror: Path) -> None:
    bad = tmp_path / "bad" / "mnist"
    bad.mkdir(parents=True)
    name = resources("MNIST")[0][0]
    (bad / name).write_bytes(b"not it")
    folder, cache = tmp_path / "raw", tmp_path / "cache"
    fetch("mnist", resources("MNIST"), folder, cache, [str(bad.parent), str(mirror)])
    assert (folder / name).read_bytes() == (mirror / "mnist" / name).read_bytes()
    assert [path.read_bytes() for path in (cache / "mnist").glob("*.wrong-*")] == [b"not it"]


@pytest.mark.parametrize("damage", [lambda b: b[:-20], lambda b: b[:50] + b"\0" + b[51:], lambda b: b""])
def test_a_damaged_mirror_is_explained(tmp_path: Path, mirror: Path, damage) -> None:
    file = mirror / "mnist" / resources("MNIST")[1][0]
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(DataError, match=rf"no source has {file.name}") as error:
        raw(tmp_path, mirror)
    for part in (str(mirror), "md5", "kept aside", "LATENTPRIORS_MIRROR", "digits-poster"):
        assert part in str(error.value)


@pytest.mark.parametrize("number", readers.FULL)
def test_a_full_disk_is_no_fault_of_a_source_or_an_archive(
    tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(number, "No room")

    with monkeypatch.context() as patched:
        patched.setattr("shutil.copyfile", full)
        with pytest.raises(OSError, match="No room"):
            raw(tmp_path, mirror)
    assert not list((tmp_path / "cache/mnist").iterdir())
    folder = raw(tmp_path, mirror)
    with monkeypatch.context() as patched:
        patched.setattr("gzip.GzipFile.read", full)
        with pytest.raises(OSError, match="No room"):
            unpack("MNIST", folder)
    unpack("MNIST", folder)
    assert read("MNIST", folder)["train"][0].shape == (30, 1, 28, 28)


def test_no_network_and_no_mirror(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no source has") as error:
        fetch("mnist", resources("MNIST"), tmp_path / "raw", tmp_path / "cache", [], ["http://127.0.0.1:9/mnist"])
    assert "http://127.0.0.1:9/mnist/train-images-idx3-ubyte.gz: " in str(error.value)
    assert not (tmp_path / "raw").exists()
    assert not list((tmp_path / "cache/mnist").iterdir())


@pytest.mark.parametrize("damage", [lambda b: b[:200], lambda b: b[:30] + b"\xff" * 40 + b[70:], lambda b: b"no gz"])
def test_malformed_archives(tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch, damage) -> None:
    folder = raw(tmp_path, mirror)
    name = resources("MNIST")[0][0]
    broken = damage((folder / "MNIST/raw" / name).read_bytes())
    (folder / "MNIST/raw" / name).write_bytes(broken)
    changed = [(n, hashlib.md5(broken).hexdigest() if n == name else md5) for n, md5 in resources("MNIST")]
    monkeypatch.setattr(readers._torchvision("MNIST"), "resources", changed)
    with pytest.raises(DataError, match="cannot be unpacked"):
        unpack("MNIST", folder)


@pytest.mark.parametrize(
    "content", [b"", b"\0\0\x08\x03", struct.pack(">BBBB3I", 0, 0, 8, 3, 30, 28, 28) + b"\0" * 99, b"x" * 5000]
)
def test_malformed_idx_files(tmp_path: Path, mirror: Path, content: bytes) -> None:
    folder = raw(tmp_path, mirror)
    unpack("MNIST", folder)
    (folder / "MNIST/raw/train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(DataError, match="train files of MNIST"):
        read("MNIST", folder)


def test_counts_must_agree(tmp_path: Path, mirror: Path) -> None:
    folder = raw(tmp_path, mirror)
    unpack("MNIST", folder)
    (folder / "MNIST/raw/train-labels-idx1-ubyte").write_bytes(gzip.decompress(idx(torch.arange(7))))
    with pytest.raises(DataError, match="30 train images and 7 labels"):
        read("MNIST", folder)


def test_missing_archives_and_unknown_readers(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="lacks train-images"):
        unpack("MNIST", tmp_path)
    with pytest.raises(DataError, match="choose from digits, MNIST"):
        read("imagenet", tmp_path)


def test_splits_are_disjoint_stratified_and_seeded() -> None:
    images, labels = read("digits", Path("unused"))["train"]
    numbered = {"train": (torch.arange(len(labels)), labels)}
    splits = split(numbered, validation=400, test=400, train=None, seed=0)
    assert [len(splits[name][0]) for name in ("train", "validation", "test")] == [997, 400, 400]
    assert len(torch.cat([ids for ids, _ in splits.values()]).unique()) == 1797
    for ids, y in splits.values():
        assert torch.equal(labels[ids], y)
        assert (y.bincount() / len(y) - labels.bincount() / len(labels)).abs().max() < 0.01
    again, other = (split(numbered, 400, 400, None, seed) for seed in (0, 1))
    assert torch.equal(again["test"][0], splits["test"][0])
    assert not torch.equal(other["test"][0], splits["test"][0])
    assert images.shape == (1797, 1, 8, 8)
    assert (images.min(), images.max()) == (0, 255)


def test_impossible_splits() -> None:
    parts = read("digits", Path("unused"))
    with pytest.raises(DataError, match="cannot be split"):
        split(parts, validation=1500, test=400, train=None, seed=0)
    with pytest.raises(DataError, match="official"):
        split(parts, validation=100, test=None, train=None, seed=0)
