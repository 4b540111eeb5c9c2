"""Files appear whole or not at all, and damaged ones are named."""

import errno
import math
from pathlib import Path

import pytest
import torch

from latentpriors.registry import find
from latentpriors.store import StoreError, contents, load_json, load_tensors, save_json, save_tensors, seed_files, whole


def test_round_trip(tmp_path: Path) -> None:
    tensors = {"a": torch.arange(6).reshape(2, 3), "b": torch.randn(4, 2).T, "empty": torch.empty(0, 3)}
    save_tensors(tmp_path / "x" / "t.safetensors", tensors, {"name": "ae", "list": [1, 2]})
    loaded, about = load_tensors(tmp_path / "x" / "t.safetensors")
    assert about == {"name": "ae", "list": [1, 2]}
    assert all(torch.equal(loaded[name], tensor) for name, tensor in tensors.items())
    save_json(tmp_path / "j.json", {"a": 1.5})
    assert load_json(tmp_path / "j.json") == {"a": 1.5}


def test_a_full_disk_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "j.json"
    save_json(path, {"a": 1})

    def half(part: Path) -> None:
        part.write_text('{"a":')
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"), whole(path) as part:
        half(part)
    assert load_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def stopped(folder: Path) -> None:
    with whole(folder) as part:
        part.mkdir()
        (part / "half").write_text("")
        raise RuntimeError("stop")


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    for name in ("old", "new"):
        with whole(folder) as part:
            part.mkdir()
            (part / name).write_text(name)
    assert [path.name for path in folder.iterdir()] == ["new"]
    with pytest.raises(RuntimeError, match="stop"):
        stopped(folder)
    assert [path.name for path in folder.iterdir()] == ["new"]


def test_a_file_takes_no_folders_place(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("")
    with pytest.raises(OSError, match=str(tmp_path)):
        save_json(tmp_path, {"a": 1})
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert not list(tmp_path.parent.glob(".*.part"))


@pytest.mark.parametrize("keep", [0, 5, 60])
def test_damaged_files_are_named(tmp_path: Path, keep: int) -> None:
    tensors, text = tmp_path / "t.safetensors", tmp_path / "j.json"
    save_tensors(tensors, {"a": torch.zeros(100)})
    save_json(text, {"a": list(range(100))})
    for path, load in ((tensors, load_tensors), (text, load_json)):
        path.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(StoreError, match=rf"{path.name} is damaged.*dvc repro"):
            load(path)


def test_facts_are_a_dictionary(tmp_path: Path) -> None:
    (tmp_path / "j.json").write_text("[1]")
    save_tensors(tmp_path / "t.safetensors", {"a": torch.zeros(1)}, [1])
    for load, name in ((load_json, "j.json"), (load_tensors, "t.safetensors")):
        with pytest.raises(StoreError, match=f"{name} is damaged .a dictionary is needed, and this is a list"):
            load(tmp_path / name)


def test_a_file_of_another_kind_is_named_where_a_tensor_is_missing(tmp_path: Path) -> None:
    save_tensors(tmp_path / "t.safetensors", {"a": torch.zeros(1), "b": torch.zeros(1)})
    tensors, _ = load_tensors(tmp_path / "t.safetensors")
    with pytest.raises(StoreError, match=r"t.safetensors is of another kind: it holds no train.images, but a, b$"):
        tensors["train.images"]


def test_the_seeds_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "pictures.safetensors").write_text("")
    with pytest.raises(StoreError, match=f"{tmp_path} holds no seed0.safetensors"):
        seed_files(tmp_path)
    (tmp_path / "seed0.safetensors").write_text("")
    assert [path.name for path in seed_files(tmp_path)] == ["seed0.safetensors"]


def test_missing_files_and_bad_numbers(tmp_path: Path) -> None:
    for load in (load_tensors, load_json):
        with pytest.raises(StoreError, match="missing"):
            load(tmp_path / "nothing")
    with pytest.raises(ValueError, match="JSON"):
        save_json(tmp_path / "j.json", {"a": math.nan})
    assert not list(tmp_path.iterdir())


def test_contents_that_do_not_fit_are_named_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "t.safetensors"
    save_tensors(path, {"a": torch.zeros(3, 2)}, {"name": "x"})
    with contents(path, "three rows") as (tensors, about):
        assert tensors["a"].shape == (3, 2)
        assert about == {"name": "x"}
    for fails in (
        lambda tensors, about: tensors["b"],
        lambda tensors, about: find("priors", about["name"]),
        lambda tensors, about: find("priors", "gaussian")(**about),
        lambda tensors, about: torch.nn.Linear(2, 2).load_state_dict(tensors),
    ):
        message = r"^.*t.safetensors does not hold a prior \([^\n]*\); fit it$"
        with pytest.raises(StoreError, match=message), contents(path, "a prior", advice="fit it") as found:
            fails(*found)
    message = "t.safetensors is of format 1, and a prior of format 2 is needed; run `dvc repro`"
    with pytest.raises(StoreError, match=message), contents(path, "a prior", version=2):
        pass
