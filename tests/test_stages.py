"""What the stages share: finished seeds, seeds, parameters, and one clear message for a failure."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import context
import seeds
from latentpriors.training import TrainingDiverged


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(seeds, "WORK", tmp_path / "work")
    return tmp_path


class Fit:
    """Counts its calls; one of them may be stopped halfway."""

    def __init__(self, stop_at: int | None = None):
        self.calls, self.stop_at = [], stop_at

    def __call__(self, index: int, folder: Path) -> dict:
        self.calls.append(index)
        (folder / "weights.txt").write_text(f"{index}")
        if index == self.stop_at:
            raise KeyboardInterrupt
        return {"loss": float(index), "parameters": 7}


def test_an_interrupted_stage_goes_on_with_the_next_seed(work: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        seeds.each_seed("cell", 3, {}, lambda index: [], Fit(stop_at=1))
    again = Fit()
    folders = seeds.each_seed("cell", 3, {}, lambda index: [], again)
    assert again.calls == [1, 2]
    seeds.gather(folders, "weights.txt", work / "out")
    assert [(work / f"out/seed{index}.txt").read_text() for index in range(3)] == ["0", "1", "2"]


def test_finished_seeds_are_found_by_all_that_they_depend_on(work: Path) -> None:
    source = work / "codes"

    def calls(settings: dict, content: str, count: int = 2) -> list[int]:
        source.write_text(content)
        fit = Fit()
        seeds.each_seed("cell", count, settings, lambda index: [source], fit)
        return fit.calls

    assert calls({"a": 1}, "x") == [0, 1]
    assert calls({"a": 1}, "x", count=4) == [2, 3]
    assert calls({"a": 2}, "x") == [0, 1]
    assert calls({"a": 1}, "y") == [0, 1]
    assert calls({"a": 1}, "x") == []


def test_seeds_side_by_side_keep_what_finishes_and_pass_on_what_fails(work: Path) -> None:
    def fit(index: int, folder: Path) -> dict:
        (folder / "weights.txt").write_text(str(torch.get_num_threads()))
        if index == 1:
            raise TrainingDiverged("the loss of 'model' is nan at step 50")
        return {"process": os.getpid()}

    with pytest.raises(TrainingDiverged, match="nan at step 50"):
        seeds.each_seed("cell", 2, {"device": "cpu"}, lambda index: [], fit)
    finished = list((work / "work/cell").glob("*/*"))
    assert [path.name for path in finished] == ["seed0"]
    assert json.loads((finished[0] / "facts.json").read_text())["process"] != os.getpid()
    assert (finished[0] / "weights.txt").read_text() == "1"


def test_a_fit_that_is_killed_is_one_clear_error(work: Path) -> None:
    with pytest.raises(OSError, match="killed from outside"):
        seeds.each_seed("cell", 1, {"device": "cpu"}, lambda index: [], lambda index, folder: os._exit(9))


def test_facts_are_means_with_the_list_beside_them(work: Path) -> None:
    folders = seeds.each_seed("cell", 2, {}, lambda index: [], Fit())
    seeds.gather_facts(folders, work / "facts.json")
    facts = json.loads((work / "facts.json").read_text())
    assert (facts["loss"], facts["loss_by_seed"], facts["parameters"]) == (0.5, [0.0, 1.0], 7)
    assert facts["seconds"] >= 0


def test_seeds_differ_by_every_name_and_stay_what_they_are() -> None:
    assert context.seed("a", 1) == context.seed("a", 1)
    assert len({context.seed(*names) for names in (("a", 1), ("a", 2), ("b", 1), ("a", 1, "x"))}) == 4
    noise = [torch.rand(1, generator=context.generator(torch.device("cpu"), "a", index)) for index in (0, 0, 1)]
    assert noise[0] == noise[1] != noise[2]


def test_parameters_are_read_by_path() -> None:
    assert context.params("datasets.digits.samples") == 400
    with pytest.raises(ValueError, match=r"no datasets.digit.samples: 'digit' is not among digits, mnist"):
        context.params("datasets.digit.samples")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("what and why"), "what and why"),
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full: make room"),
    ],
)
def test_a_foreseen_failure_is_one_message(error: Exception, message: str) -> None:
    def main() -> None:
        raise error

    with pytest.raises(SystemExit, match=message):
        context.run(main)


def test_a_surprise_keeps_its_traceback() -> None:
    def main() -> None:
        raise KeyError("a defect")

    with pytest.raises(KeyError):
        context.run(main)


def test_device_auto_and_a_missing_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert context.device().type == "cpu"
    monkeypatch.setattr(context, "params", lambda path: "cuda")
    with pytest.raises(ValueError, match="no CUDA device; choose auto or cpu"):
        context.device()


@pytest.mark.parametrize("stage", [path.stem for path in (context.ROOT / "stages").glob("*.py")])
def test_every_stage_can_be_run_by_hand(stage: str) -> None:
    if stage in ("context", "seeds"):
        return
    command = [sys.executable, str(context.ROOT / "stages" / f"{stage}.py"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"Stage `{stage}`" in done.stdout
