"""What the shared modules compute on tiny fixed problems, to five digits: `make fingerprints` writes it down.

A stage depends on these numbers instead of on the modules: a better comment reruns nothing, and a changed number
cannot pass unseen, since a test recomputes them. What a stage has to depend on is one small file, stages/STAGE.json:
the digests of the fingerprints of all shared modules that it imports, directly or through others. A method has such a
file too, methods/KIND/NAME.json, with the digests of the other methods that it is built from.
"""

__all__ = [
    "FINGERPRINTS",
    "METHODS",
    "MODULES",
    "STAGES",
    "compute",
    "imports",
    "of_method",
    "of_stage",
    "same",
    "source",
]

import ast
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import torch
import yaml
import zuko
from torch import nn

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
KINDS = ("autoencoders", "priors")
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "stages")]

import context  # noqa: E402
import seeds  # noqa: E402
from latentpriors import (  # noqa: E402
    bounds,
    data,
    design,
    evaluation,
    fits,
    metrics,
    networks,
    ode,
    previews,
    scoring,
    store,
    walks,
)  # fmt: skip
from latentpriors.autoencoders.base import Autoencoder, bernoulli_cross_entropy  # noqa: E402
from latentpriors.couplings import couplings  # noqa: E402
from latentpriors.likelihood import LikelihoodFlow  # noqa: E402
from latentpriors.networks.timed import TimedMLP  # noqa: E402
from latentpriors.networks.variants import VARIANTS  # noqa: E402
from latentpriors.priors.base import Prior, Standardization  # noqa: E402
from latentpriors.priors.gaussian import Gaussian  # noqa: E402
from latentpriors.training import Budget, Game, Player, evaluate, train  # noqa: E402

# Which fingerprint stands for which module; a method's file and a stage's script are dependencies themselves.
MODULES = {
    "latentpriors": None,  # a docstring and a version
    "latentpriors.autoencoders": None,
    "latentpriors.priors": None,
    "latentpriors.autoencoders.base": "codes",
    "latentpriors.priors.base": "codes",
    "latentpriors.fits": "codes",
    "latentpriors.walks": "codes",
    "latentpriors.registry": "codes",
    "latentpriors.data": "data",
    "latentpriors.data.readers": "data",
    "latentpriors.data.sources": "data",
    "latentpriors.data.splits": "data",
    "latentpriors.design": "design",
    "latentpriors.evaluation": "evaluation",
    "latentpriors.metrics": "metrics",
    "latentpriors.metrics.agreement": "metrics",
    "latentpriors.metrics.arrays": "metrics",
    "latentpriors.metrics.classes": "metrics",
    "latentpriors.metrics.comparisons": "metrics",
    "latentpriors.metrics.extrapolation": "metrics",
    "latentpriors.metrics.frechet": "metrics",
    "latentpriors.metrics.intervals": "metrics",
    "latentpriors.metrics.kernel": "metrics",
    "latentpriors.metrics.latent": "metrics",
    "latentpriors.metrics.manifold": "metrics",
    "latentpriors.metrics.memorization": "metrics",
    "latentpriors.metrics.neighbours": "metrics",
    "latentpriors.metrics.power": "metrics",
    "latentpriors.metrics.variance": "metrics",
    "latentpriors.scoring": "metrics",
    "latentpriors.networks": "networks",
    "latentpriors.outsiders": None,
    "latentpriors.networks.classifier": "networks",
    "latentpriors.networks.conv": "networks",
    "latentpriors.networks.mlp": "networks",
    "latentpriors.networks.timed": "densities",
    "latentpriors.networks.variants": "variants",
    "latentpriors.couplings": "couplings",
    "latentpriors.likelihood": "densities",
    "latentpriors.ode": "densities",
    "latentpriors.bounds": "densities",
    "latentpriors.previews": "previews",
    "latentpriors.store": "store",
    "latentpriors.training": "training",
    "context": "stages",
    "seeds": "stages",
}


class _Quadratic(Game):
    """Two players with a saddle, batches and noise: every part of the loop leaves its trace."""

    turns = ("minimize", "minimize", "maximize")

    def __init__(self, ema: float | None):
        super().__init__()
        self.ema = ema
        self.a, self.b = nn.Parameter(torch.ones(2)), nn.Parameter(-torch.ones(2))

    def forward(self, batch: tuple[torch.Tensor, ...], turn: str) -> torch.Tensor:
        value = ((self.a - batch[0]) ** 2).mean() - ((self.b - self.a + self.noise(2)) ** 2).mean()
        return value if turn == "minimize" else -value

    def players(self) -> dict[str, Player]:
        return {"minimize": Player([self.a], 0.1), "maximize": Player([self.b], 0.05, (0.5, 0.9), 0.1)}

    def validation(self, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        return ((self.a - batch[0] + self.noise(2)) ** 2).mean()


class _Mirror(Autoencoder):
    """An autoencoder of the fingerprints' own: a method's change must not look like the shared code's."""

    def forward(self, batch: tuple[torch.Tensor, ...], turn: str) -> torch.Tensor:
        return bernoulli_cross_entropy(batch[0], self.decoder(self.codes(batch[0]))).mean()


class _Shuffled(Prior):
    """Keeps the codes and draws them with noise."""

    has_density = True

    def fit(self, codes: torch.Tensor, validation: torch.Tensor, budget: Budget) -> dict[str, float]:
        self.register_buffer("kept", codes.clone())
        return {"validation": float(validation.mean())}

    def load(self, state: dict[str, torch.Tensor]) -> None:
        self.register_buffer("kept", torch.empty(0))
        super().load(state)

    def draw(self, n: int, generator: torch.Generator | None) -> torch.Tensor:
        index = torch.randint(len(self.kept), (n,), generator=generator)
        return self.kept[index] + self.normal(n, generator)

    def log_prob(self, z: torch.Tensor) -> torch.Tensor:
        return -z.square().sum(1)


class _Scaled(LikelihoodFlow):
    """A flow of one autoregressive map."""

    def __init__(self, dim: int):
        super().__init__(dim, 0.1, 1e-3, 0.0)
        self.flow = zuko.flows.MAF(dim, transforms=1, hidden_features=[4])
        self.generator = _generator()


def training() -> dict:
    numbers = torch.arange(14.0).reshape(7, 2) / 7
    found = {}
    for ema in (None, 0.25):
        game, curve = _Quadratic(ema), []
        budget = Budget(12, 3, _generator(), evaluations=4, log=lambda step, f, c=curve: c.extend([step, *f.values()]))
        last = train(game, (numbers,), budget, (numbers + 1,))
        found[f"ema {ema}"] = [*curve, *last.values(), *game.a.tolist(), *game.b.tolist()]
    found["evaluate"] = evaluate(lambda x: x**2, (numbers,), 2)
    return found


def network() -> dict:
    found = _pairs(networks.NETWORKS)
    torch.manual_seed(0)
    found["mlp"] = networks.MLP(3, 2, [4], nn.SiLU)(_ramp(2, 3))
    torch.manual_seed(0)
    classifier = networks.Classifier((1, 8, 8), dropout=0.5)
    classifier.generator = _generator()
    batch = _ramp(4, 1, 8, 8), torch.arange(4)
    found["classifier"] = [classifier(batch, "model")]
    found["activations"] = [a.abs().sum() for a in classifier.eval().activations(batch[0])]
    found["classifier validation"] = classifier.validation(batch)
    found["players"] = [[p.learning_rate, *p.betas, p.weight_decay] for p in classifier.players().values()]
    return found


def variants() -> dict:
    return _pairs(VARIANTS)


def codes() -> dict:
    z, images = _ramp(60, 3).sin() * torch.tensor([1.0, 5.0, 0.0]), _ramp(30, 1, 8, 8).sin().abs()
    scaling = Standardization.of(z)
    found = {"standardization": [scaling(z)[:3], scaling.inverse(z)[:3], scaling.log_prob(z[:3, 0])]}
    found["cross-entropy"] = bernoulli_cross_entropy(images[:3], 4 * images[:3] - 2)
    splits = {"train": images[:20], "validation": images[20:25], "test": images[25:]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with patch.object(fits, "find", lambda kind, name: {"autoencoders": _Mirror, "priors": _Shuffled}[kind]):
            torch.manual_seed(0)
            arguments = {"shape": [1, 8, 8], "latent": 3, "network": "mlp", "hidden": 4, "stochastic": True}
            figures = fits.fit_autoencoder("toy", arguments, splits, Budget(3, 8, _generator()), _generator(), path)
            stored = store.load_tensors(path / "codes.safetensors")[0]
            model = fits.load_autoencoder(path / "weights.safetensors", "cpu")
            found["fit"] = [*figures.values(), stored["train"][:2], stored["scale"], model.decode(stored["test"]).sum()]
            found["prior"] = list(fits.fit_prior("toy", {}, stored, Budget(1, 8, _generator()), path).values())
            drawn = fits.samples(fits.load_prior(path / "prior.safetensors", "cpu"), scaling, 2, _generator())
            found["prior"] += [drawn, (path / "plane.csv").read_text()[:60]]
            shots = store.load_tensors(path / "shots.safetensors")[0]
            map_of_noise = Gaussian(3)
            found["pictures"] = walks.pictures(map_of_noise, scaling, z[:8], {"1": z[:8]}, _generator())
            found["pictures"] |= {"shots": list(shots), "line": walks.line_images(model, z[:8])}
    return found


def densities() -> dict:
    z, noise = _ramp(4, 3).sin(), torch.linspace(-1, 1, 24).reshape(2, 4, 3)

    def field(t: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return (y.roll(1, 1) * 2).sin() * (1 + t)

    times = ode.warped(0, 1, 4, z)
    found = {name: ode.solve(field, z, times, name) for name in ode.SOLVERS}
    found |= {
        "log likelihood": ode.log_likelihood(field, z, 0, 1, 4),
        "times": ode.spread_times(3, _generator(), "cpu"),
    }
    torch.manual_seed(0)
    timed = TimedMLP(3, 4, 2)
    nn.init.normal_(timed.outputs.weight)
    found["timed"] = timed(_ramp(2, 3), torch.tensor([0.2, 0.7]))
    flow = _Scaled(3)
    found["flow"] = [flow.forward((z,), "model"), flow.validation((z,)), flow.to_noise(z), flow.from_noise(z)]
    drawn, log_q = bounds.gaussian_samples(z, z.exp(), noise)
    found["bounds"] = [drawn, log_q, bounds.gaussian_entropy(z.exp())]
    found["iwae"] = bounds.iwae_bound(
        lambda x, codes: -(x - codes).square().sum(1), lambda x, k: (drawn[:k], log_q[:k]), flow.log_prob, z, 2
    )
    return found


def chains() -> dict:
    torch.manual_seed(0)
    flow = couplings(5, 3, 2, hidden_features=[4])
    drawn, log_det = flow.transform(_ramp(4, 2)).call_and_ladj(_ramp(4, 5).sin())
    return {"map": drawn, "log det": log_det, "base": flow.base().log_prob(drawn)}


def datasets() -> dict:
    images, labels = data.read("digits", Path("unused"))["train"]
    splits = data.split({"train": (images, labels)}, validation=40, test=60, train=300, seed=1)
    found = {name: [len(x), x.float().mean(), *y[:10].tolist()] for name, (x, y) in splits.items()}
    official = data.split({"train": (images, labels), "test": (images[:5], labels[:5])}, 40, None, None, 0)
    return found | {"official": [len(x) for x, _ in official.values()], "files": data.resources("MNIST")}


def metric() -> dict:
    real, fake = _ramp(200, 12).sin().numpy(), (_ramp(200, 12) * 1.1).cos().numpy()
    found = {"frechet": metrics.frechet_distance(*metrics.moments(real), *metrics.moments(fake))}
    found["student"] = metrics.student_interval([1.0, 2.0, 4.0])
    found["difference"] = [metrics.difference_interval([1.0, 2.0], [3.0, 5.0], paired) for paired in (True, False)]
    features = [{"logits": fake[:, :2] * k, "penultimate": fake[:, 2:]} for k in (1, 2)]
    reference = {}
    for k in range(2):
        for layer, values in (("logits", real[:, :2]), ("penultimate", real[:, 2:])):
            reference[f"test.{k}.{layer}.mean"], reference[f"test.{k}.{layer}.cov"] = metrics.moments(values)
    seed = scoring.distances(features, reference, "test")
    found["summary"] = scoring.summary([seed, {k: v * 2 for k, v in seed.items()}], [seed], 200, 10)
    torch.manual_seed(0)
    images = (_ramp(3, 1, 8, 8) * 40).byte()
    scored = scoring.activations([networks.Classifier((1, 8, 8)).eval()], images)[0]
    found["activations"] = [values.sum() for values in scored.values()]
    labels = np.arange(200) % 4
    found["structure"] = metrics.class_structure(real, labels, fake, labels)
    pairs, ranges = metrics.compare({"a": [1.0, 2.0], "b": [1.1, 2.1], "c": [9.0, 8.0]}, {"a": 1, "b": 1, "c": 2})
    found["comparisons"] = [pairs.p_holm.tolist(), ranges, metrics.seeds_needed([1.0, 2.0], [2.0, 3.5], True)]
    found["agreement"] = metrics.rank_agreement(pd.DataFrame({"x": [1, 2, 3], "y": [2, 1, 3]})).to_numpy()
    return found


def evaluate_seed() -> dict:
    features = [{"logits": _ramp(300, 3).sin().numpy(), "penultimate": _ramp(300, 5).cos().numpy()} for _ in range(2)]
    reference = {"train.features": (_ramp(400, 5) * 1.3).cos().numpy(), "test.shares": np.full(3, 1 / 3)}
    for k in range(2):
        for layer, width in (("logits", 3), ("penultimate", 5)):
            values = (_ramp(300, width) * 1.1).sin().numpy()
            reference[f"test.{k}.{layer}.features"] = values
            reference[f"test.{k}.{layer}.mean"], reference[f"test.{k}.{layer}.cov"] = metrics.moments(values)
    found = {"images": evaluation.image_figures(features, reference)}
    z = _ramp(300, 3)
    codes = {"train": z.sin(), "test": (z * 1.1).sin(), "mean": torch.zeros(3), "scale": torch.ones(3)}
    found["codes"] = evaluation.code_figures((z * 0.9).sin(), codes)
    found["merged"] = evaluation.merged(
        [{"a": 1.0, "b": {"1": 2.0}, "c": None}, {"a": 2.0, "b": {"1": 4.0}, "c": None}]
    )
    images, real = (_ramp(8, 1, 2, 2) * 9).byte(), (_ramp(300, 1, 2, 2) * 7).byte()
    near = evaluation.nearest_images(
        features[0]["penultimate"], images, *[(reference["train.features"][:300], real)] * 2
    )
    return found | {"nearest": near.sum()}


def crossed() -> dict:
    reference = {f"test.0.{layer}.features": _ramp(60, 3).sin().numpy() for layer in ("logits", "penultimate")}
    values = 1 + np.sin(np.arange(3.0 * 2 * 2 * 2 * 2)).reshape(3, 2, 2, 2, 2) / 2
    return {"halves": design.halves(reference, 1)[1]["test.0.logits.mean"], "budget": design.budget(values)}


def preview() -> dict:
    images, points = (_ramp(16, 1, 4, 4) * 9).byte(), _ramp(300, 4).sin()
    with tempfile.TemporaryDirectory() as folder:
        previews.save_grid(images, Path(folder) / "grid.png")
        grid = previews.read_grid(Path(folder) / "grid.png")
    # The map's rounding errors grow over its iterations: the shape is all that two machines share.
    found = previews.latent_map(points, torch.arange(300) % 10)
    return {"grid": grid[3].tolist(), "map": [list(found.columns), len(found), previews.POINTS, previews.PERPLEXITY]}


def storage() -> dict:
    with tempfile.TemporaryDirectory() as folder:
        store.save_tensors(
            Path(folder) / "t", {"b": torch.arange(3.0), "a": torch.ones(2, dtype=torch.uint8)}, {"k": 1}
        )
        store.save_json(Path(folder) / "j", {"b": 1, "a": 0.5})
        return {name: hashlib.md5((Path(folder) / name).read_bytes()).hexdigest() for name in "tj"}


def stages() -> dict:
    def fit(index: int, folder: Path) -> dict:
        log = seeds.curves(folder)
        for step in (1, 2):
            log(step, {"loss": step / 3 + index})
        (folder / "weights.txt").write_text(str(index))
        return {"parameters": 3, "validation": index / 7}

    with tempfile.TemporaryDirectory() as folder, patch.object(seeds, "WORK", Path(folder) / "work"):
        out = Path(folder) / "out"
        fitted = seeds.each_seed("label", 2, {"a": 1}, lambda index: [], fit)
        seeds.gather(fitted, "weights.txt", out)
        seeds.gather_facts(fitted, Path(folder) / "facts.json")
        facts = store.load_json(Path(folder) / "facts.json")
        return {
            "seeds": [context.seed("autoencoder", "digits", 0), context.seed("sample", "digits-ae-flow", "seed1")],
            "noise": torch.rand(3, generator=context.generator(torch.device("cpu"), "prior", 1)),
            "files": {path.name: path.read_text() for path in sorted(out.iterdir())},
            "facts": {name: value for name, value in facts.items() if "seconds" not in name},
            "curves": seeds.gather_curves(fitted).to_csv(index=False),
        }


FINGERPRINTS: dict[str, Callable[[], dict]] = {
    "codes": codes,
    "couplings": chains,
    "data": datasets,
    "densities": densities,
    "design": crossed,
    "evaluation": evaluate_seed,
    "metrics": metric,
    "networks": network,
    "previews": preview,
    "stages": stages,
    "store": storage,
    "training": training,
    "variants": variants,
}

METHODS = [path for kind in KINDS for path in sorted((ROOT / "src/latentpriors" / kind).glob("[!_]*.py"))]
METHODS = [path for path in METHODS if path.stem != "base"]

# Of the project and of its tables.
STAGES: dict[str, dict] = {
    name: block
    for file in ("dvc.yaml", "tables/stages.yaml")
    for name, block in yaml.safe_load((ROOT / file).read_text())["stages"].items()
}


def compute(name: str) -> dict:
    """Returns a fingerprint as JSON holds it, numbers to five digits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # sums in one order on every machine
    try:
        return json.loads(json.dumps(_plain(FINGERPRINTS[name]())))
    finally:
        torch.set_num_threads(threads)


def same(found: object, written: object) -> bool:
    """Whether numbers are equal to four digits: two machines' rounding may differ in the fifth."""
    if isinstance(written, dict) and isinstance(found, dict):
        return found.keys() == written.keys() and all(same(found[key], written[key]) for key in written)
    if isinstance(written, list) and isinstance(found, list):
        return len(found) == len(written) and all(same(a, b) for a, b in zip(found, written, strict=True))
    if isinstance(written, float) and isinstance(found, (float, int)):
        return abs(found - written) <= max(1e-4 * abs(written), 1e-6)
    return found == written


def of_stage(stage: str) -> dict[str, str]:
    """Returns the digest of each fingerprint that stands for code which a stage runs."""
    block = STAGES[stage].get("do", STAGES[stage])
    needed = imports(ROOT / re.search(r"stages/\w+\.py", block["cmd"])[0])
    return _digests({module for module in needed if str(source(module).relative_to(ROOT)) not in block["deps"]})


def of_method(path: Path) -> dict[str, str]:
    """Returns the digest of each fingerprint, and of each other method's file, that a method's file rests on."""
    needed = imports(path)
    others = {source(module) for module in needed - MODULES.keys()} - {path}
    files = {str(other.relative_to(ROOT)): hashlib.md5(other.read_bytes()).hexdigest() for other in others}
    return _digests(needed) | dict(sorted(files.items()))


def _digests(modules: set[str]) -> dict[str, str]:
    names = {MODULES[module] for module in modules if module in MODULES} - {None}
    return {name: hashlib.md5((HERE / f"{name}.json").read_bytes()).hexdigest() for name in sorted(names)}


def imports(path: Path, seen: set[str] | None = None) -> set[str]:
    """Returns the names of this project's modules that a file imports, directly or through others."""
    seen = set() if seen is None else seen
    package = path.relative_to(ROOT / "src").parent.parts if ROOT / "src" in path.parents else ()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            candidates = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            candidates = [alias.name for alias in node.names]
        else:
            continue
        for name in candidates:
            for parent in (".".join(name.split(".")[: i + 1]) for i in range(name.count(".") + 1)):
                if source(parent) is not None and parent not in seen:
                    seen.add(parent)
                    imports(source(parent), seen)
    return seen


def source(module: str) -> Path | None:
    """Returns the file of a module of this project, None for anybody else's."""
    parts = module.split(".")
    options = [ROOT / "src" / Path(*parts, "__init__.py"), (ROOT / "src" / Path(*parts)).with_suffix(".py")]
    options += [ROOT / "stages" / f"{module}.py"] if len(parts) == 1 else []
    return next((path for path in options if path.is_file()), None)


def _pairs(names: Iterable[str]) -> dict:
    """Returns what encoder and decoder of each network give, untrained; batch normalization by its batch."""
    found = {}
    for name in names:
        for build, inputs in ((networks.build_encoder, _ramp(2, 1, 8, 8)), (networks.build_decoder, _ramp(2, 3))):
            torch.manual_seed(0)
            found[f"{build.__name__} {name}"] = build(name, (1, 8, 8), 3, [4, 8], 8)(inputs)
    return found


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (torch.Tensor, np.ndarray)):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    return float(f"{value:.5g}") if isinstance(value, (float, np.floating)) else value


def _ramp(*shape: int) -> torch.Tensor:
    return torch.arange(float(np.prod(shape))).reshape(shape).mul(0.37).fmod(5)


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def _write(path: Path, content: dict) -> None:
    if not path.is_file() or not same(content, json.loads(path.read_text())):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=1) + "\n")
        print(f"{path.relative_to(HERE)} has changed: what depends on it will rerun")


if __name__ == "__main__":
    for name in FINGERPRINTS:
        _write(HERE / f"{name}.json", compute(name))
    for stage in STAGES:
        if stage != "check":  # it depends on the whole package
            _write(HERE / "stages" / f"{stage}.json", of_stage(stage))
    for path in METHODS:
        _write(HERE / "methods" / path.parent.name / f"{path.stem}.json", of_method(path))
