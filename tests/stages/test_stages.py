"""What the stages share: how they are started, finished seeds, parameters, and one clear message for a failure."""

import ast
import context
import errno
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import train_autoencoder

from latentpriors import over_seeds, runs
from latentpriors.processes import side_by_side
from latentpriors.training import TrainingDiverged

STAGES = [path.stem for path in (context.ROOT / "stages").glob("*.py") if path.stem != "context"]


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(over_seeds, "WORK", tmp_path / "work")
    return tmp_path


def each_seed(fit, count: int = 2, settings: dict | None = None, inputs=lambda index: [], code=()) -> list[Path]:
    return over_seeds.each_seed("cell", count, settings or {}, inputs, fit, list(code))


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
        each_seed(Fit(stop_at=1), 3)
    again = Fit()
    folders = each_seed(again, 3)
    assert again.calls == [1, 2]
    over_seeds.gather(folders, "weights.txt", work / "out")
    assert [(work / f"out/seed{index}.txt").read_text() for index in range(3)] == ["0", "1", "2"]


def test_finished_seeds_are_found_by_all_that_they_depend_on(work: Path) -> None:
    codes, code = work / "codes", work / "fingerprint.json"

    def calls(settings: dict, content: str, said: str, count: int = 2) -> list[int]:
        codes.write_text(content)
        code.write_text(said)
        fit = Fit()
        each_seed(fit, count, settings, lambda index: [codes], [code])
        return fit.calls

    assert calls({"a": 1}, "x", "f") == [0, 1]
    assert calls({"a": 1}, "x", "f", count=4) == [2, 3]
    assert calls({"a": 2}, "x", "f") == [0, 1]
    assert calls({"a": 1}, "y", "f") == [0, 1]
    assert calls({"a": 1}, "x", "g") == [0, 1]
    assert calls({"a": 1}, "x", "f") == []


def test_seeds_side_by_side_keep_what_finishes_and_pass_on_what_fails(work: Path) -> None:
    def fit(index: int, folder: Path) -> dict:
        (folder / "weights.txt").write_text(str(torch.get_num_threads()))
        if index == 1:
            raise TrainingDiverged("the loss of 'model' is nan at step 50")
        return {"process": os.getpid()}

    with pytest.raises(TrainingDiverged, match="nan at step 50"):
        each_seed(fit, 2, {"device": "cpu"})
    finished = list((work / "work/cell").glob("*/*"))
    assert [path.name for path in finished] == ["seed0"]
    assert json.loads((finished[0] / "facts.json").read_text())["process"] != os.getpid()
    assert (finished[0] / "weights.txt").read_text() == "1"


def test_a_fit_that_is_killed_is_one_clear_error(work: Path) -> None:
    with pytest.raises(OSError, match="killed from outside"):
        each_seed(lambda index, folder: os._exit(9), 1, {"device": "cpu"})


def test_a_debugger_finds_the_seeds_in_the_process_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = torch.get_num_threads()
    z = torch.linspace(-3, 3, 100_000)

    def figure(index: int) -> tuple[int, int, float]:
        return os.getpid(), torch.get_num_threads(), float((z * (index + 1)).sin().sum())

    torch.set_num_threads(2)
    try:
        z.sin().sum()  # the threads of this process begin, and a forked one must not wait for them
        apart = side_by_side(figure, range(3), "cpu")
        monkeypatch.setenv("LATENTPRIORS_PROCESSES", "0")
        here = side_by_side(figure, range(3), "cpu")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert {count for _, count, _ in [*here, *apart]} == {1}
    assert {process for process, *_ in here} == {os.getpid()}
    assert os.getpid() not in {process for process, *_ in apart}
    assert [found[1:] for found in here] == [found[1:] for found in apart]
    monkeypatch.setenv("LATENTPRIORS_PROCESSES", "two")
    with pytest.raises(ValueError, match="LATENTPRIORS_PROCESSES is 'two'; a number"):
        side_by_side(figure, range(3), "cpu")


def test_facts_are_means_with_the_list_beside_them(work: Path) -> None:
    facts = over_seeds.merged(over_seeds.facts_of(each_seed(Fit())))
    assert (facts["loss"], facts["loss_by_seed"], facts["parameters"]) == (0.5, [0.0, 1.0], 7)
    assert facts["seconds"] >= 0


def test_processes_share_the_seeds_of_a_stage(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def calls(seed: str, missing: list[int]) -> list[int]:
        monkeypatch.setenv("LATENTPRIORS_SEED", seed)
        fit = Fit()
        with pytest.raises(over_seeds.Waiting) as waiting:
            each_seed(fit, 3)
        assert waiting.value.seeds == missing
        return fit.calls

    assert calls("none", missing=[0, 1, 2]) == []
    assert calls("1", missing=[0, 2]) == [1]
    assert calls("1", missing=[0, 2]) == []
    assert calls("0", missing=[2]) == [0]
    monkeypatch.setenv("LATENTPRIORS_SEED", "none")
    last = Fit()
    assert len(each_seed(last, 3)) == 3
    assert last.calls == [2]


def test_figures_of_seeds_are_merged_where_some_are_missing() -> None:
    both = {"curve": {"10": 2.0}, "limit": None, "yardstick": False, "steps": 7}
    seeds = [both | {"fcd": 1.0, "collapse": "none"}, both | {"fcd": 4.0, "collapse": "full", "nll": 3.0}]
    lists = {"fcd_by_seed": [1.0, 4.0], "collapse_by_seed": ["none", "full"], "nll_by_seed": [None, 3.0]}
    assert over_seeds.merged(seeds, ("none", "partial", "full")) == both | lists | {
        "fcd": 2.5, "collapse": "full", "nll": 3.0, "steps_by_seed": [7, 7],
    }  # fmt: skip


def test_seeds_differ_by_every_name_and_stay_what_they_are() -> None:
    assert runs.seed("a", 1) == runs.seed("a", 1)
    assert len({runs.seed(*names) for names in (("a", 1), ("a", 2), ("b", 1), ("a", 1, "x"))}) == 4
    noise = [torch.rand(1, generator=runs.generator(torch.device("cpu"), "a", index)) for index in (0, 0, 1)]
    assert noise[0] == noise[1] != noise[2]


def test_parameters_are_read_by_path() -> None:
    params = {"datasets": {"digits": {"samples": 400}, "mnist": {}}}
    assert runs.value(params, "datasets.digits.samples") == 400
    with pytest.raises(ValueError, match=r"no datasets.digit.samples: 'digit' is not among digits, mnist"):
        runs.value(params, "datasets.digit.samples")


def test_device_auto_and_a_missing_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert runs.device({"device": "auto"}).type == "cpu"
    with pytest.raises(ValueError, match="no CUDA device; choose auto or cpu"):
        runs.device({"device": "cuda"})


def started(monkeypatch: pytest.MonkeyPatch, stage, *options: str, **more: object) -> None:
    monkeypatch.setattr(sys, "argv", ["x.py", *options])
    context.run(stage, **more)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("what and why"), "error in failing: what and why"),
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full: make room"),
    ],
)
def test_a_foreseen_failure_is_one_message(error: Exception, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(params: dict) -> None:
        """Fails."""
        raise error

    with pytest.raises(SystemExit, match=message):
        started(monkeypatch, failing, checked=False)


def test_a_surprise_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(params: dict) -> None:
        """Fails."""
        raise KeyError("a defect")

    with pytest.raises(KeyError):
        started(monkeypatch, failing, checked=False)


def test_a_line_of_cells_may_ask_for_more_seeds(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    found = []

    def fit_prior(params: dict, prior: str) -> None:
        """Fits.

        Arguments:
            prior: A key of priors in params.yaml.
        """
        found.append(params["seeds"])

    line = ["--autoencoder", "ae", "--prior", "gmm"]
    started(monkeypatch, fit_prior, *line, checked=False)
    started(monkeypatch, fit_prior, *line, "--more_seeds", "2", checked=False)
    assert found[1] == found[0] + 2
    with pytest.raises(SystemExit):
        started(monkeypatch, fit_prior, *line, "--more_seeds", "few", checked=False)
    assert "few" in capsys.readouterr().err


def test_options_are_the_arguments_of_the_function(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    found = []

    def drawn(params: dict, dataset: str, out: Path) -> None:
        """Draws.

        Arguments:
            dataset: A key of datasets
                in params.yaml.
            out: The folder.
        """
        found.extend([params["seeds"], dataset, out])

    started(monkeypatch, drawn, "--dataset=digits", "--out", "x/a b", checked=False)
    assert found[1:] == ["digits", Path("x/a b")]
    assert isinstance(found[0], int)
    with pytest.raises(SystemExit):
        started(monkeypatch, drawn, "--help", checked=False)
    text = capsys.readouterr().out
    assert "Stage `drawn`: Draws." in text
    assert "A key of datasets in params.yaml: digits, mnist" in " ".join(text.split())
    for wrong, line in (
        ("--datset=digits", "the option: '--datset' is unknown; choose from --dataset, -h, --help, --out"),
        ("--dataset=digts", "--dataset: 'digts' is unknown; choose from digits, mnist"),
    ):
        with pytest.raises(SystemExit):
            started(monkeypatch, drawn, wrong, "--out=x", checked=False)
        assert capsys.readouterr().err == f"x.py: {line}\n"


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_can_be_run_by_hand(stage: str) -> None:
    command = [sys.executable, str(context.ROOT / "stages" / f"{stage}.py"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"Stage `{stage}`" in done.stdout


def test_what_starts_after_its_parent_has_died_ends(tmp_path: Path) -> None:
    source = f"import sys; sys.path.insert(0, {str(context.ROOT / 'src')!r})\n"
    source += "import os, time; from latentpriors.processes import die_with\n"
    source += "while os.getppid() == int(sys.argv[1]): time.sleep(0.01)\n"
    source += "die_with(os.getppid()); print('goes on')"
    command = f"{sys.executable} -c {shlex.quote(source)} $$ & exit"
    done = subprocess.run(command, shell=True, start_new_session=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "error: what started this process has died\n")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_sees_who_started_it_before_any_slow_import(stage: str) -> None:
    # Where dvc is killed while PyTorch is loaded, a stage that asks afterwards goes on as an orphan.
    tree = ast.parse((context.ROOT / f"stages/{stage}.py").read_text())
    imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = [getattr(node, "module", None) or node.names[0].name for node in imports]
    before = {name.partition(".")[0] for name in names[: names.index("context")]}
    assert before <= sys.stdlib_module_names


def test_an_encoder_that_has_collapsed_has_a_map_too() -> None:
    labels = torch.arange(3000) % 4
    points = train_autoencoder._map(torch.full((3000, 2), 0.3), labels)
    assert points.label.tolist() == labels[: train_autoencoder.POINTS].tolist()
    assert (points[["x", "y"]] == 0).all(axis=None)
    spread = train_autoencoder._map(torch.randn(40, 2), labels[:40])
    assert spread.columns.tolist() == points.columns.tolist()
    assert (spread[["x", "y"]].std() > 0).all()
