"""Measures what the project's work costs, side by side in one run, and writes reports/speed: `make benchmark`.

Training steps against a plain loop and pythae (the extra `benchmark`), steps and sampling of every method, the scoring
of a row by part, the engine against dvc, and how costs grow. One thread; data are random, of the data set's shape.
"""

__all__ = ["alternating", "exponent"]

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, redirect_stderr, redirect_stdout, suppress
from itertools import cycle, islice
from pathlib import Path

if __name__ == "__main__":
    for library in ("OMP", "MKL", "OPENBLAS"):  # before they are imported
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests/stages")]

from latentpriors import metrics  # noqa: E402
from latentpriors.autoencoders.base import Autoencoder  # noqa: E402
from latentpriors.evaluation.fcd import activations  # noqa: E402
from latentpriors.networks import Classifier  # noqa: E402
from latentpriors.program import Parser, program  # noqa: E402
from latentpriors.registry import find, method_of  # noqa: E402
from latentpriors.report.page import Section, Text, write_page, written  # noqa: E402
from latentpriors.report.plots.style import logarithmic, panels  # noqa: E402
from latentpriors.report.sheets import Column, Sheet  # noqa: E402
from latentpriors.store import whole  # noqa: E402
from latentpriors.training import Budget, Game, evaluate, train  # noqa: E402
from latentpriors.yaml_files import read_yaml  # noqa: E402

SHAPES = {"digits": (1, 8, 8), "mnist": (1, 28, 28)}
ROUNDS = 5  # of the alternation: the least of each is reported, since other work only ever adds
STEPS = 10  # of a training that is timed
SAMPLES, TRAIN = 10_000, 50_000  # rows of MNIST's test and training splits
LOGITS, PENULTIMATE, CODES = 10, 48, 16  # dimensions

TIMES = (
    Column("what", "", "s", ""),
    Column("seconds", "seconds", ".4g", "The least of several rounds, taken in turn with the others of the table."),
    Column("ratio", "of the first", ".2f", "Seconds over those of the first line."),
)
METHODS = (
    Column("what", "method", "s", "A block of params.yaml, at the sizes of the data set."),
    Column("step", "ms a step", ".2f", "One round of turns at the data set's batch size."),
    Column("gflops", "of the matrix product", ".2f",
           "Floating point operations a second of a step, over those of a product of two 2048 x 2048 matrices."),
    Column("second", "a second", ",.0f", "Images decoded, or codes sampled."),
    Column("density", "densities a second", ",.0f", "Codes whose log-density is found."),
)  # fmt: skip
GROWTH = (
    Column("what", "work", "s", ""),
    Column("exponent", "exponent", ".2f", "Of the cost in the size, a straight line through the logarithms."),
    Column("sizes", "sizes", "s", ""),
    Column("costs", "seconds", "s", ""),
)


def main() -> None:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="mnist", choices=list(SHAPES), help="whose sizes are taken (%(default)s)")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/speed", help="(%(default)s)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    with program("benchmark"):
        params = read_yaml(ROOT / "params.yaml")
        parts = tqdm(PARTS.items(), desc="parts", disable=None)
        found = {name: measure(params["datasets"][options.dataset], params, options.dataset) for name, measure in parts}
        options.out.mkdir(parents=True, exist_ok=True)
        kept = {path.name: path.read_bytes() for path in options.out.glob("seconds.csv")}  # what tools/scaling.py reads
        with whole(options.out) as part:
            part.mkdir(parents=True)
            for name, content in kept.items():
                (part / name).write_bytes(content)
            (part / "speed.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
            write_page("What the work costs", _sections(found, options.dataset, part), part)
    print(f"The page: {options.out}/report.html")


def alternating(works: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Returns the least seconds of each work, all taken in turn, so that what else the machine does hits all alike."""
    times = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            times[name].append(seconds(work))
    return {name: min(found) for name, found in times.items()}


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Returns the slope of log cost over log size.

    Example:
        >>> round(exponent([1, 2, 4], [3, 12, 48]), 6)
        2.0
    """
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def training(settings: dict, params: dict, dataset: str) -> dict[str, float]:
    """Returns milliseconds of a training step of `ae`: ours, of a plain loop, and of pythae."""
    batch_size = settings["autoencoder"]["batch_size"]
    images = torch.rand(STEPS * batch_size, *SHAPES[dataset])
    model = _autoencoder("ae", params, settings, dataset)
    works = {
        "ours": lambda: train(model, (images,), _budget(batch_size)),
        "a plain loop": _plain_loop(model, images, batch_size),
    }
    with suppress(ImportError):
        works["pythae"] = _pythae(model, images, batch_size)
    return {name: 1000 * spent / STEPS for name, spent in alternating(works, 8).items()}


def methods(settings: dict, params: dict, dataset: str) -> list[dict]:
    """Returns what a step of every autoencoder and prior takes, and how many images or codes each makes a second."""
    peak, rows = _peak(), []
    images = torch.rand(2000, *SHAPES[dataset])
    for name in params["autoencoders"]:
        model = _autoencoder(name, params, settings, dataset)
        row = {"kind": "autoencoder", "what": name}
        if type(model).forward is not Game.forward:
            labels = torch.arange(len(images)) % 10
            row |= _step(lambda b, m=model, y=labels: train(m, (images, y), b), settings["autoencoder"], peak)
        codes = evaluate(model.eval().codes, (images,))
        row["second"] = len(codes) / min(seconds(lambda m=model, z=codes: evaluate(m.decode, (z,))) for _ in range(3))
        rows.append(row)
    codes = torch.randn(2000, CODES)
    for name, block in params["priors"].items():
        own = {key: value for key, value in block.items() if key not in ("factor", "method")}
        prior = find("priors", method_of(name, block))(CODES, **own)
        row = {"kind": "prior", "what": name}
        learned = any(True for _ in prior.parameters())
        step = _step(lambda b, p=prior: p.fit(codes, codes[:100], b), settings["prior"], peak)
        row |= step if learned else {}
        row["second"] = len(codes) / min(seconds(lambda p=prior: p.sample(len(codes))) for _ in range(3))
        if prior.has_density:
            row["density"] = len(codes) / min(seconds(lambda p=prior: p.log_prob(codes)) for _ in range(3))
        rows.append(row)
    return rows


def scoring(settings: dict, params: dict, dataset: str) -> dict[str, float]:
    """Returns the seconds of each part of a row's scoring, one seed, at MNIST's sizes."""
    random = np.random.default_rng(0)
    real, fake, train_rows = (random.normal(size=(n, PENULTIMATE)) for n in (SAMPLES, SAMPLES, TRAIN))
    logits, target = random.normal(size=(SAMPLES, LOGITS)), metrics.moments(random.normal(size=(SAMPLES, LOGITS)))
    labels = random.integers(10, size=TRAIN + SAMPLES)
    codes = random.normal(size=(10, CODES))[labels] + random.normal(size=(TRAIN + SAMPLES, CODES)) / 2
    train_codes, test, drawn = codes[:TRAIN], codes[TRAIN:], random.normal(size=(SAMPLES, CODES))
    scorer = Classifier(SHAPES["mnist"], **params["datasets"]["mnist"]["classifier"]["network"]).eval()
    pixels = torch.randint(256, (SAMPLES, *SHAPES["mnist"]), dtype=torch.uint8)
    metrics.two_sample_test(test[:100], drawn[:100])  # imports scikit-learn
    works = {
        "activations of a classifier": lambda: activations([scorer], pixels),
        "Fréchet distance of logits": lambda: metrics.frechet_distance(*metrics.moments(logits), *target),
        "FCD at infinity": lambda: metrics.extrapolated_frechet(logits, *target, [1000, 2000, 5000, SAMPLES], 0),
        "kernel distance": lambda: metrics.kernel_distance(real, fake),
        "precision and recall": lambda: metrics.precision_recall(real, fake),
        "density and coverage": lambda: metrics.density_coverage(real, fake),
        "memorization, features": lambda: metrics.memorization(fake, train_rows, real),
        "memorization, codes": lambda: metrics.memorization(drawn, train_codes, test),
        "sliced Wasserstein": lambda: metrics.sliced_wasserstein(test, drawn),
        "two-sample accuracy": lambda: metrics.two_sample_test(test, drawn),
    }
    return alternating(works, 1)


def engine(settings: dict, params: dict, dataset: str) -> dict[str, float]:
    """Returns the seconds of a small table by `dvc repro` and by the engine: from nothing, and with nothing to do."""
    from small_project import Project

    found = {}
    commands = {"dvc": ["dvc", "repro"], "engine": [sys.executable, "tools/engine.py"]}
    for name, command in commands.items():
        with tempfile.TemporaryDirectory() as folder:
            project = Project(ROOT, Path(folder))
            for kind in ("from nothing", "nothing to do"):
                start = time.perf_counter()
                subprocess.run(command, cwd=folder, env=project.environment(), capture_output=True, check=True)
                found[f"{name}, {kind}"] = time.perf_counter() - start
    return found


def growth(settings: dict, params: dict, dataset: str) -> dict[str, dict[str, float]]:
    """Returns the seconds of works by their sizes."""
    random = np.random.default_rng(0)
    model = _autoencoder("ae", params, settings, dataset)
    # So few steps have no warm-up, which a flow of many dimensions needs at its own rate.
    block = {k: v for k, v in params["priors"]["flow"].items() if k != "factor"} | {"learning_rate": 1e-6}
    flow = find("priors", "flow")

    def fit(dim: int, seeds: int) -> None:
        for _ in range(seeds):
            flow(dim, **block).fit(torch.randn(1000, dim), torch.randn(100, dim), _budget(256))

    def step(n: int) -> None:
        train(model, (torch.rand(n, *SHAPES[dataset]),), _budget(n))

    def score(n: int) -> None:
        real, fake = random.normal(size=(2, n, PENULTIMATE))
        metrics.precision_recall(real, fake)

    def rank(rows: int) -> None:
        metrics.compare({i: random.normal(i / 5, 0.1, 3) for i in range(rows)}, dict.fromkeys(range(rows)))

    works = {
        "training ae, by images in a batch": ([64, 128, 256, 512], step),
        "fitting flow, by latent size": ([4, 8, 16, 32, 64], lambda n: fit(n, 1)),
        "fitting flow, by seeds": ([1, 2, 4], lambda n: fit(16, n)),
        "precision and recall, by samples": ([1000, 2000, 4000, 8000], score),
        "comparing rows, by rows": ([10, 20, 40, 80], rank),
    }  # fmt: skip
    found = {}
    for name, (sizes, work) in works.items():
        found[name] = alternating({str(size): lambda s=size, w=work: w(s) for size in sizes}, 3)
    return found


PARTS = {"training": training, "methods": methods, "scoring": scoring, "growth": growth, "engine": engine}


def _sections(found: dict, dataset: str, out: Path) -> list[Section]:
    training, methods, spent = found["training"], pd.DataFrame(found["methods"]), found["engine"]
    lacking = "" if "pythae" in training else " pythae is not installed: `pip install -e .[benchmark]`."
    answer = (
        f"A training step of `ae` takes {training['ours']:.1f} ms at {dataset}'s size, "
        + ", ".join(
            f"{training['ours'] / ms:.2f} times that of {name}" for name, ms in training.items() if name != "ours"
        )
        + f".{lacking} For a small table the engine takes {spent['engine, from nothing']:.0f} s and `dvc repro` "
        f"{spent['dvc, from nothing']:.0f} s, on {os.cpu_count()} processors. One thread, PyTorch {torch.__version__}; "
        "another machine has other figures, and ratios that differ less."
    )
    grown = [
        {"what": name, "exponent": exponent([*map(int, costs)], [*costs.values()]), "sizes": ", ".join(costs),
         "costs": ", ".join(f"{cost:.3g}" for cost in costs.values())}
        for name, costs in found["growth"].items()
    ]  # fmt: skip
    return [
        Section("", [Text(answer)]),
        Section("A training step", [_times({name: ms / 1000 for name, ms in training.items()})]),
        *[
            Section(f"Every {kind}", [Sheet(METHODS, methods[methods.kind == kind], explained=True, missing="–")])
            for kind in ("autoencoder", "prior")
        ],
        Section("Scoring a row", [Text("One seed of 10,000 samples; 50,000 training rows."), _times(found["scoring"])]),
        Section("The engine and dvc", [_times(found["engine"])]),
        Section("How costs grow", [
            Sheet(GROWTH, pd.DataFrame(grown), explained=True),
            *written("growth", _curves(found["growth"]), "Seconds by size, both logarithmic.", out),
        ]),
    ]  # fmt: skip


def _times(found: dict[str, float]) -> Sheet:
    first = next(iter(found.values()))
    rows = [{"what": name, "seconds": spent, "ratio": spent / first} for name, spent in found.items()]
    return Sheet(TIMES, pd.DataFrame(rows))


def _curves(grown: dict[str, dict[str, float]]) -> Figure:
    figure, spots = panels(len(grown), 3, 3, 2.4)
    for axes, (name, costs) in zip(spots, grown.items(), strict=True):
        axes.plot([*map(int, costs)], [*costs.values()], marker="o", ms=3)
        what, _, size = name.partition(", by ")
        axes.set(title=what, xlabel=size, ylabel="seconds")
        logarithmic(axes.xaxis)
        logarithmic(axes.yaxis)
    return figure


def _autoencoder(name: str, params: dict, settings: dict, dataset: str) -> Autoencoder:
    block = params["autoencoders"][name]
    own = {key: value for key, value in block.items() if key not in ("factor", "method")}
    return find("autoencoders", method_of(name, block))(SHAPES[dataset], **(settings["autoencoder"]["network"] | own))


def _budget(batch_size: int, steps: int = STEPS) -> Budget:
    return Budget(steps, batch_size, torch.Generator().manual_seed(0), evaluations=1)


def _step(fit: Callable[[Budget], object], settings: dict, peak: float) -> dict[str, float]:
    """Returns the milliseconds of a step, and its share of the matrix product's speed."""
    size = settings["batch_size"]
    counter = FlopCounterMode(display=False)
    counter.mod_tracker = _Whole()
    with counter:
        fit(_budget(size, 2))
    spent = min(seconds(lambda: fit(_budget(size))) for _ in range(3)) / STEPS
    return {"step": 1000 * spent, "gflops": counter.get_total_flops() / 2 / spent / peak}


class _Whole(AbstractContextManager):
    """Operations by module are not asked for, and the tracker of modules fails where a loss has a gradient in it."""

    parents = ("Global",)

    def __exit__(self, *exception: object) -> None:
        pass


def _peak() -> float:
    """Returns the operations a second of a product of large matrices."""
    a, b = torch.rand(2, 2048, 2048)
    return 2 * 2048**3 / min(seconds(lambda: a @ b) for _ in range(5))


def _plain_loop(model: Autoencoder, images: Tensor, batch_size: int) -> Callable[[], None]:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    loss = nn.BCEWithLogitsLoss(reduction="sum")

    def run() -> None:
        for index in islice(cycle(torch.randperm(len(images)).split(batch_size)), STEPS):
            x = images[index]
            optimizer.zero_grad()
            (loss(model.decoder(model.encoder(x)), x) / len(x)).backward()
            optimizer.step()

    return run


def _pythae(model: Autoencoder, images: Tensor, batch_size: int) -> Callable[[], None]:
    """Returns an epoch of pythae's trainer on the same networks.

    Raises:
        ImportError: it is not installed.
    """
    from pythae.models import AE, AEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.pipelines import TrainingPipeline
    from pythae.trainers import BaseTrainerConfig

    class Encoder(BaseEncoder):
        def __init__(self):
            super().__init__()
            self.layers = model.encoder

        def forward(self, x: Tensor) -> ModelOutput:
            return ModelOutput(embedding=self.layers(x))

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.layers = model.decoder

        def forward(self, z: Tensor) -> ModelOutput:
            return ModelOutput(reconstruction=torch.sigmoid(self.layers(z)))

    folder = tempfile.TemporaryDirectory()
    config = BaseTrainerConfig(
        output_dir=folder.name, num_epochs=1, per_device_train_batch_size=batch_size, learning_rate=1e-3,
        optimizer_cls="AdamW", no_cuda=True,
    )  # fmt: skip
    theirs = AE(AEConfig(input_dim=tuple(images.shape[1:]), latent_dim=CODES), Encoder(), Decoder())

    def run() -> None:
        assert folder  # which lasts as long as this
        logging.disable(logging.INFO)  # pythae tells of every epoch, and has bars of its own
        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
            TrainingPipeline(theirs, config)(images)

    return run


if __name__ == "__main__":
    main()
