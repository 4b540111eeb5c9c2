"""Anyone's codes: what is refused, what is fitted, and the table."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from latentpriors.own.codes import changed, fit_codes, floor
from latentpriors.own.files import read_codes, remarks, split_codes
from latentpriors.own.table import table_of
from latentpriors.priors.base import FittedPrior
from latentpriors.priors.base.codes import as_training_codes
from latentpriors.training import Budget


def codes(n: int = 300, dim: int = 3) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, dim)) * np.array([1.0, 10.0, 0.1])[:dim] + 4


def saved(folder: Path, array: np.ndarray, name: str = "codes.npy") -> Path:
    path = folder / name
    if path.suffix == ".safetensors":
        save_file({"z": torch.as_tensor(array)}, path)
    else:
        {".npy": np.save, ".npz": np.savez}[path.suffix](path, array)
    return path


@pytest.mark.parametrize("name", ["codes.npy", "codes.npz", "codes.safetensors"])
def test_codes_are_read(tmp_path: Path, name: str) -> None:
    assert np.allclose(read_codes(saved(tmp_path, codes(), name)), codes())


def test_the_array_named_codes_is_taken_among_several(tmp_path: Path) -> None:
    np.savez(tmp_path / "both.npz", codes=codes(), labels=np.zeros(300))
    assert read_codes(tmp_path / "both.npz").shape == (300, 3)
    np.savez(tmp_path / "none.npz", a=codes(), b=codes())
    with pytest.raises(ValueError, match="holds the arrays a, b; name one of them codes"):
        read_codes(tmp_path / "none.npz")


def with_nan() -> np.ndarray:
    z = codes()
    z[7, 1], z[9, 0] = np.nan, np.inf
    return z


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (
            with_nan(),
            "2 of the 300 rows of the codes in .*codes.npy have .* NaN, infinite .* the first in row 7",
        ),
        (np.full((30, 2), 1e300), "30 of the 30 rows .* too large for float32"),
        (codes(1), "have 1 rows; at least 20"),
        (codes()[:, 0], r"shape \(300,\); \(N, D\).*codes of one dimension are \(N, 1\)"),
        (np.zeros((2, 3, 4)), r"shape \(2, 3, 4\)"),
        (codes()[:, :, None, None], r"shape \(300, 3, 1, 1\); .*; reshape each to a row"),
        (np.float64(1), r"shape \(\); \(N, D\), a row each, is needed$"),
        (codes()[:0], "have 0 rows"),
        (np.zeros((30, 0)), r"shape \(30, 0\)"),
        (np.ones((30, 2)), "all the same"),
        (1e8 + np.random.default_rng(0).normal(size=(30, 2)), "column 0 of the codes .* too little about its mean"),
        (codes() * [1, 1e-60, 1], "column 1 of the codes .*; .* scale what is tiny"),
        (np.ones((30, 2), dtype=bool), "are bool; numbers are needed"),
        (np.full((30, 2), "a"), "numbers are needed"),
        (np.ones((30, 2), dtype=complex), "numbers are needed"),
        (np.full((30, 2), None), "cannot be read"),
    ],
)
def test_codes_that_will_not_do_are_refused(tmp_path: Path, array: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_codes(saved(tmp_path, array))


def test_files_that_will_not_do_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is missing"):
        read_codes(tmp_path / "nothing.npy")
    (tmp_path / "codes.txt").write_text("1 2 3")
    with pytest.raises(ValueError, match=r"no .npy, .npz or .safetensors"):
        read_codes(tmp_path / "codes.txt")
    np.savez_compressed(tmp_path / "cut.npz", codes=codes(50))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "cut.npz").read_bytes()[:200])
    for name in ("damaged.npy", "damaged.npz", "damaged.safetensors"):
        (tmp_path / name).write_bytes(b"not an array")
    (tmp_path / "empty.npy").write_bytes(b"")
    np.savetxt(tmp_path / "text", codes(30))
    (tmp_path / "text").rename(tmp_path / "text.npy")
    for name in ("empty.npy", "text.npy", "damaged.npz"):
        with pytest.raises(ValueError, match=f"{name} cannot be read: it does not begin as files of NumPy do"):
            read_codes(tmp_path / name)
    for name in ("damaged.npy", "damaged.npz", "damaged.safetensors", "cut.npz"):
        with pytest.raises(ValueError, match="cannot be read"):
            read_codes(tmp_path / name)


def test_the_split_has_each_code_once_and_standardizes_by_its_training_part() -> None:
    z = torch.arange(206.0).reshape(103, 2)
    split = split_codes(z, 0)
    assert [len(split[part]) for part in ("train", "validation", "test")] == [83, 10, 10]
    joined = torch.cat([split[part] for part in ("train", "validation", "test")])
    assert torch.equal(joined[joined[:, 0].argsort()], z)
    assert torch.allclose(split["mean"], split["train"].mean(0))
    assert torch.equal(split_codes(z, 0)["test"], split["test"])
    assert not torch.equal(split_codes(z, 1)["test"], split["test"])


random = np.random.default_rng(1)
Z, SHARES = random.normal(size=(300, 5)), random.dirichlet(np.ones(5), 300)
CONSTANT, FOLLOW = "constant columns: ", "columns that follow "
STEPS = "columns of steps, or with one value again and again: "
NARROW = "columns less than a thousandth as wide as the widest: "


def remarked(folder: Path, array: np.ndarray, name: str = "codes.npy") -> list[str]:
    return remarks(read_codes(saved(folder, array, name)))


@pytest.mark.parametrize(
    ("array", "notes"),
    [
        (Z, []),
        (Z[:20], []),
        (Z[:, :1], []),
        (Z * [1e2, 1, 1, 1, 1e1] + 1e3, []),
        (Z * 1e30, []),
        (Z * [1e5, 1, 1e4, 1e5, 1e5], [NARROW + "1;"]),
        (np.c_[Z, -Z[:, 0]], [FOLLOW + "from each other: 0, 5;"]),
        (np.c_[Z, Z[:, 1] + 3 * Z[:, 4] + 7], [FOLLOW + "from each other: 1, 4, 5;"]),
        (np.c_[Z, np.ones(300), 2 * Z[:, 0]], [CONSTANT + "5;", FOLLOW + "from each other: 0, 6;"]),
        (SHARES, [FOLLOW + "from each other: 0, 1, 2, 3, 4;"]),
        (np.tile(Z, (1, 5)), [FOLLOW + "from each other: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 15 more;"]),
        (random.normal(size=(40, 32)), ["32 codes to fit do not span 32 dimensions;"]),
        (np.repeat(Z[:100], 3, 0), ["200 of the 300 codes repeat others;"]),
        (np.where(Z[:, :1] > 0.8, Z, 0), [STEPS + "0, 1, 2, 3, 4;", "2.. of the 300 codes repeat others;"]),
        (np.maximum(Z, -0.5), [STEPS + "0, 1, 2, 3, 4;"]),
        (random.integers(0, 40, (300, 5)), [STEPS + "0, 1, 2, 3, 4;"]),
        (np.c_[Z, random.integers(0, 2, 300) / 8], [STEPS + "5;"]),
    ],
)
def test_degenerate_codes_are_remarked(tmp_path: Path, array: np.ndarray, notes: list[str]) -> None:
    found = remarked(tmp_path, array)
    assert len(found) == len(notes), found
    for note, start in zip(found, notes, strict=True):
        assert re.match(start, note)
    assert all("NLL" in note or note.startswith(NARROW) for note in found)


@pytest.mark.parametrize("value", [0.0, 0.1, -1.7, 1e-3, 1e5 / 3, 1e9 / 7, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_columns_that_vary_by_rounding_are_constant(tmp_path: Path, value: float, dtype: type) -> None:
    z = Z.astype(dtype)
    z[:, 2] = value
    assert [note[:21] for note in remarked(tmp_path, z)] == ["constant columns: 2; "]
    z[::2, 2] *= 1 + np.finfo(dtype).eps
    read = read_codes(saved(tmp_path, z))
    assert (read[:, 2] == read[0, 2]).all()
    assert [note[:21] for note in remarks(read)] == ["constant columns: 2; "]


WHOLE = np.c_[(30 * Z[:, :2]).round(), np.full(300, 7), 2 * (30 * Z[:, 0]).round()]  # exact in all types
HELD = {
    **{dtype: ("codes.npy", WHOLE.astype(dtype)) for dtype in ("f2", "f4", "f8", "g", ">f4", ">f8", "i2", "i4", ">i8")},
    "npz": ("codes.npz", WHOLE),
    "Fortran": ("codes.npy", np.asfortranarray(WHOLE)),
    "backwards": ("codes.npy", WHOLE[::-1][::-1]),
    **{str(d): ("codes.safetensors", torch.tensor(WHOLE).to(d)) for d in (torch.half, torch.bfloat16, torch.double)},
}


@pytest.mark.parametrize(("name", "array"), HELD.values(), ids=HELD)
def test_codes_are_judged_alike_in_all_types_and_files(tmp_path: Path, name: str, array: np.ndarray) -> None:
    read = read_codes(saved(tmp_path, array, name))
    assert read.dtype == torch.float32
    assert torch.equal(read, torch.tensor(WHOLE).float())
    assert [note[:26] for note in remarks(read)] == [
        "constant columns: 2; densi", "columns of steps, or with ", "columns that follow from e",
    ]  # fmt: skip
    if name.endswith(".npy"):
        assert torch.equal(as_training_codes(array[::-1]), read.flip(0))


def budget(steps: int = 5) -> Budget:
    return Budget(steps, 64, torch.Generator().manual_seed(0), evaluations=2)


def test_a_gaussian_fitted_to_codes_is_near_them_and_comes_back_from_its_file(tmp_path: Path) -> None:
    split = split_codes(torch.tensor(codes(4000)).float(), 0)
    figures = fit_codes("gaussian", {}, split, 50, budget(), tmp_path)
    # The entropy of independent normals with these deviations, whose logarithms cancel.
    assert figures["nll"] == pytest.approx(1.5 * np.log(2 * np.pi * np.e), abs=0.1)
    assert figures["sliced_wasserstein"] == pytest.approx(floor(split, 0), abs=0.06)  # a perfect prior's
    drawn = np.load(tmp_path / "samples.npy")
    assert drawn.shape == (50, 3)
    assert drawn.dtype == np.float32
    more = FittedPrior.load(tmp_path / "prior.safetensors").sample(20_000, seed=0)
    assert more.std(0).tolist() == pytest.approx([1, 10, 0.1], rel=0.05)
    assert more.mean(0)[0] == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize("name", ["gaussian", "gmm", "flow"])
def test_constant_and_copied_columns_are_fitted(tmp_path: Path, name: str) -> None:
    z = torch.tensor(codes(400)).float()
    z = torch.cat([z, torch.full((400, 1), 7.0), z[:, :1]], 1)
    small = {"gmm": {"components": [2]}, "flow": {"transforms": 2, "hidden": [16]}}.get(name, {})
    figures = fit_codes(name, small, split_codes(z, 0), 100, budget(100), tmp_path)
    drawn = np.load(tmp_path / "samples.npy")
    assert np.isfinite(figures["nll"])
    assert np.abs(drawn[:, 3] - 7).max() < 1  # a deviation of 0.01 stands for none


def test_too_few_dimensions_are_refused(tmp_path: Path) -> None:
    split = split_codes(torch.randn(50, 1), 0)
    with pytest.raises(ValueError, match="flow needs codes of at least 2 dimensions, and these have 1"):
        fit_codes("flow", {}, split, 5, budget(), tmp_path)


def test_changes_reach_the_priors_that_have_the_key() -> None:
    blocks = {"flow": {"hidden": [128]}, "wgan": {}, "native": {}}
    found = changed(blocks, ["hidden=[8,8]", "flow.learning_rate=1e-3"])
    assert found == {"flow": {"hidden": [8, 8], "learning_rate": 1e-3}, "wgan": {"hidden": [8, 8]}, "native": {}}
    assert blocks["flow"] == {"hidden": [128]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("hiden=3", "priors.flow: 'hiden' is unknown; choose from .*hidden"),
        ("hidden=3", "priors.flow.hidden: a list is needed"),
        ("hidden", "KEY=VALUE"),
        ("gmm.components=[2]", "with a key of a chosen prior"),
    ],
)
def test_wrong_changes_are_refused(change: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        changed({"flow": {}}, [change])


def test_the_table_has_the_nearest_first_and_failures_last() -> None:
    rows = [
        {"prior": "a", "failure": "ValueError: too few"},
        {"prior": "b", "sliced_wasserstein": 0.2, "nll": 1.0, "parameters": 1234, "seconds": 1.0},
        {"prior": "c", "sliced_wasserstein": 0.1, "parameters": 3, "seconds": 2.0},
    ]
    table, text = table_of(rows)
    assert table.prior.tolist() == ["c", "b", "a"]
    assert "1,234" in text
    assert "too few" in text
    assert "failure" not in table_of(rows[1:])[0]


def test_the_command_fits_several_priors_and_a_failure_is_a_row(tmp_path: Path) -> None:
    path, out = saved(tmp_path, codes(60)), tmp_path / "out"
    (out / "native").mkdir(parents=True)
    (out / "mine.txt").write_text("keep")
    command = [str(Path(sys.executable).with_name("latentpriors")), "fit", "--codes", str(path), "--out", str(out)]

    def call(*options: str) -> subprocess.CompletedProcess:
        return subprocess.run([*command, "--steps", "3", *options], capture_output=True, text=True)

    done = call("--prior", "gmm", "gaussian", "native", "--samples", "11")
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(out / "table.csv").set_index("prior")
    assert "48 codes are too few for a mixture" in table.failure["gmm"]
    assert table.failure.isna().tolist() == [True, True, False]
    assert list(table.index) == ["gaussian", "native", "gmm"]
    assert np.load(out / "native/samples.npy").shape == (11, 3)
    facts = json.loads((out / "gaussian/facts.json").read_text())
    assert {"nll", "sliced_wasserstein", "sliced_wasserstein_floor", "seconds", "parameters"} <= facts.keys()
    assert (facts["n_train"], facts["n_validation"], facts["n_test"], facts["seed"]) == (48, 6, 6, 0)
    assert (out / "mine.txt").read_text() == "keep"
    alone = call("--prior", "gmm")
    assert alone.returncode == 1
    assert "error in latentpriors fit: 48 codes are too few" in alone.stderr
    assert "Traceback" not in alone.stderr
    assert not (out / "table.csv").exists()  # the earlier run's
    assert "--seed: a whole number from 0" in call("--prior", "gmm", "--seed", "-1").stderr
