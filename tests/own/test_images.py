"""Anyone's images: arrays in their shapes, what is noted, and a row that does not rest on names of files."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from reference import reference
from sklearn.datasets import load_digits

from latentpriors.own import command
from latentpriors.own.images import read_images, unusual
from latentpriors.store import save_tensors

X = np.round(load_digits().images[:300] * (255 / 16)).astype(np.uint8)
GREY, RGB = (1, 8, 8), (3, 8, 8)


def saved(folder: Path, array: np.ndarray) -> Path:
    np.save(folder / "x.npy", array)
    return folder / "x.npy"


def pictures(folder: Path, images: np.ndarray) -> Path:
    folder.mkdir()
    for i, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{i}.png")
    return folder


@pytest.mark.parametrize("array", [X, X[:, None], X[..., None], X / 255, np.asfortranarray(X), (X / 255).astype(">f4")])
def test_grey_arrays_of_any_arrangement(tmp_path: Path, array: np.ndarray) -> None:
    assert np.array_equal(read_images(saved(tmp_path, array), GREY)[:, 0], X)


def test_coloured_arrays_of_any_arrangement(tmp_path: Path) -> None:
    colours = np.stack([X, X[:, ::-1], 255 - X], 1)
    for array in (colours, colours.transpose(0, 2, 3, 1), colours / 255):
        assert np.array_equal(read_images(saved(tmp_path, array), RGB), colours)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (X[:99], "99 images; at least 100"),
        (X[:0], "0 images"),
        (X[:, :, :7], r"shape \(300, 1, 8, 7\); \(N, 1, 8, 8\)"),
        (X[0, 0, 0], r"shape \(\)"),
        (X.astype(np.float32), r"x\.npy will not do: .* range from 0 to 255; \[0, 1\]"),
        (X.astype(np.int64), "are int64"),
        (np.full_like(X, 9), "all the same"),
    ],
)
def test_arrays_that_will_not_do_are_refused(tmp_path: Path, array: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_images(saved(tmp_path, array), GREY)


def test_dark_images_and_files_left_out_are_noted(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "own", X // 255)
    assert unusual(folder, read_images(folder, GREY))[0].startswith("the brightest pixel is 1 of 255")
    folder = pictures(tmp_path / "bright", X)
    assert unusual(folder, read_images(folder, GREY)) == []
    for name in ("._0.png", ".DS_Store", "notes.txt"):
        (folder / name).write_bytes(b"")
    assert unusual(folder, read_images(folder, GREY)) == [f"files left out of {folder}: 3 (hidden 2, .txt 1)"]


@pytest.fixture
def checkout(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout with the classifiers of the digits and the reference of other digits than X."""
    images = torch.tensor(np.round(load_digits().images[300:] * (255 / 16)).astype(np.uint8))[:, None]
    parts = {name: images[i * 400 :][:400] for i, name in enumerate(("train", "validation", "test"))}
    tensors = {f"{name}.images": part for name, part in parts.items()}
    save_tensors(tmp_path / "images.safetensors", tensors | {"test.labels": torch.arange(400) % 10})
    home = tmp_path / "checkout/data/digits"
    home.mkdir(parents=True)
    for name in ("data/digits/classifier", "params.yaml"):
        (tmp_path / "checkout" / name).symlink_to(root / name)
    classifier, out = home / "classifier", home / "reference.safetensors"
    reference({"device": "cpu"}, tmp_path / "images.safetensors", classifier, root / "data/digits/judge", out)
    monkeypatch.setattr(command, "ROOT", tmp_path / "checkout")


def test_the_row_of_images_does_not_rest_on_the_names_of_files(
    checkout: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    folders = [pictures(tmp_path / "one", X), pictures(tmp_path / "two", np.random.default_rng(0).permutation(X))]
    (folders[1] / "notes.txt").write_text("not a picture")
    printed = []
    for folder in folders:
        monkeypatch.setattr(sys, "argv", ["latentpriors", "score", "--images", str(folder), "--dataset", "digits"])
        command.main()
        printed.append(capsys.readouterr().out)
    assert "FCD at infinity" in printed[0]
    assert printed[1] == f"{printed[0]}Note: files left out of {folders[1]}: 1 (.txt 1)\n"
