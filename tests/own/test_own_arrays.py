"""Arrays out of files: which one, and one line for files that are damaged or foreign."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from latentpriors.own.arrays import read_array

X = (np.arange(200 * 64) % 251).astype(np.uint8).reshape(200, 1, 8, 8)


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def foreign() -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        archive.writestr("readme.txt", "a zip of something else")
    return file.getvalue()


@pytest.mark.parametrize("array", [X, np.asfortranarray(X), (X / 255).astype(">f4"), (X / 255).astype("f2")])
def test_an_array_comes_back_as_it_was(tmp_path: Path, array: np.ndarray) -> None:
    (tmp_path / "x.npy").write_bytes(npy(array))
    (tmp_path / "x.NPZ").write_bytes(npz(labels=X[:, 0, 0, 0], images=array))
    for name in ("x.npy", "x.NPZ"):
        found = read_array(tmp_path / name, "images")
        assert found.dtype == array.dtype
        assert np.array_equal(found, array)


def test_tensors_keep_their_kind_and_may_have_one_that_numpy_has_not(tmp_path: Path) -> None:
    save_file({"x": torch.tensor(X)}, tmp_path / "bytes.safetensors")
    save_file({"x": torch.tensor(X / 255).bfloat16()}, tmp_path / "floats.safetensors")
    assert np.array_equal(read_array(tmp_path / "bytes.safetensors", "images"), X)
    assert read_array(tmp_path / "floats.safetensors", "images") == pytest.approx(X / 255, abs=0.005)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("half.npz", npz(x=X)[:6000], "be read: "),
        ("flipped.npz", npz(x=X)[:3000] + b"\xff" + npz(x=X)[3001:], "be read: .*CRC"),
        ("junk.npz", b"PK\x03\x04 and no zip", "be read: "),
        ("foreign.npz", foreign(), "read: it holds no array"),
        ("objects.npz", npz(x=np.array([X[0], None], dtype=object)), "be read: Object arrays"),
        ("empty.npy", b"", "be read: "),
        ("two.npy", npy(X) + npy(X), "be read: it goes on after its first array"),
        ("many.npz", npz(**{f"array{i}": X[:1] for i in range(99)}), r"array0, array1, .{150,180}, \.\.\.; name one"),
        ("endless.npy", npy(X).replace(b"(200, 1, 8, 8), }   ", b"(9" + b"9" * 13 + b",), }"), "be read: "),
        ("two.npz", npz(a=X, b=X), "it holds the arrays a, b; name one of them images"),
        ("none.npz", npz(), r"it holds the arrays \(none\)"),
        ("junk.safetensors", b"no tensors", "be read: "),
        ("model.pt", b"", "no .npy, .npz or .safetensors file"),
    ],
)
def test_damaged_and_foreign_files_are_refused_in_one_line_that_names_them(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name} .*{message}") as error:
        read_array(tmp_path / name, "images")
    assert "\n" not in str(error.value)
