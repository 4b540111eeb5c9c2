"""What the shared modules compute on tiny fixed problems: numbers that stand for their code in the fingerprints.

A probe speaks for the modules that it imports, in each stage and method that rests on all of them. What its numbers do
not reach, the fingerprints see by the words, numbers, operators and calls of these modules alone. A module for which
none speaks is told apart by its code; so are those in which every line is a decision: readers, sources, seeds by name.
"""

__all__ = ["PROBES", "compute", "same"]

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor, nn


def training() -> dict:
    from latentpriors.training import Budget, Game, Player, Protocol, evaluate, train

    class Quadratic(Game):
        """Two players with a saddle, batches and noise: every part of the loop leaves its trace."""

        turns = ("minimize", "minimize", "maximize")

        def __init__(self, ema: float | None):
            super().__init__()
            self.ema = ema
            self.a, self.b = nn.Parameter(torch.ones(2)), nn.Parameter(-torch.ones(2))

        def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
            value = ((self.a - batch[0]) ** 2).mean() - ((self.b - self.a + self.noise(2)) ** 2).mean()
            return value if turn == "minimize" else -value

        def players(self) -> dict[str, Player]:
            return {"minimize": Player([self.a], 0.1), "maximize": Player([self.b], 0.05, (0.5, 0.9), 0.1)}

        def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
            return ((self.a - batch[0] + self.noise(2)) ** 2).mean()

    numbers = torch.arange(14.0).reshape(7, 2) / 7
    found = {}
    for ema in (None, 0.25):
        game, curve = Quadratic(ema), []
        budget = Budget(12, 3, _generator(), evaluations=4, log=lambda step, f, c=curve: c.extend([step, *f.values()]))
        last = train(game, (numbers,), budget, (numbers + 1,))
        found[f"ema {ema}"] = [*curve, *last.values(), *game.a.tolist(), *game.b.tolist()]
    shared = {"steps": 10, "batch_size": 4, "precision": "float32"}
    protocol = Protocol.of("a", {"factor": 0.25, "b": 1, "method": "c"}, shared, torch.device("cpu"), 0.5)
    found["protocol"] = [protocol.settings, protocol.facts, protocol.budget(_generator(), "x").steps]
    return found | {"evaluate": evaluate(lambda x: x**2, (numbers,), 2)}


def networks() -> dict:
    from latentpriors.networks import NETWORKS, build_decoder, build_encoder
    from latentpriors.networks.conv import ConvDecoder, ConvEncoder
    from latentpriors.networks.mlp import MLP

    torch.manual_seed(0)
    found = {"mlp": MLP(3, 2, [4], nn.SiLU)(_ramp(2, 3)), "named": list(NETWORKS)}
    pairs = {
        name: [lambda *a, n=name: build_encoder(n, *a), lambda *a, n=name: build_decoder(n, *a)] for name in NETWORKS
    }
    return found | _pairs(pairs | {"of file conv": (ConvEncoder, ConvDecoder)})


def variants() -> dict:
    from latentpriors.networks.variants import NETWORKS

    return _pairs(NETWORKS)


def classifier() -> dict:
    from latentpriors.networks.classifier import Classifier

    found = {}
    for pooling in (False, True):
        torch.manual_seed(0)
        model = Classifier((1, 8, 8), dropout=0.5, pooling=pooling)
        model.generator = _generator()
        batch = _ramp(4, 1, 8, 8), torch.arange(4)
        part = {"loss": model(batch, "model")}
        part["activations"] = [a.abs().sum() for a in model.eval().activations(batch[0])]
        part["validation"] = model.validation(batch)
        part["players"] = [[p.learning_rate, *p.betas, p.weight_decay] for p in model.players().values()]
        found["pooling" if pooling else "strides"] = part
    return found


def timed() -> dict:
    from latentpriors.networks.timed import TimedMLP

    torch.manual_seed(0)
    network = TimedMLP(3, 4, 2)
    nn.init.normal_(network.outputs.weight)
    return {"outputs": network(_ramp(2, 3), torch.tensor([0.2, 0.7]))}


def ode() -> dict:
    from latentpriors.networks import ode

    def field(t: Tensor, y: Tensor) -> Tensor:
        return (y.roll(1, 1) * 2).sin() * (1 + t) + 0.3 * y.cos()

    z = _ramp(4, 3).sin()
    found = {name: ode.solve(field, z, ode.warped(0, 1, 4, z), name) for name in ode.SOLVERS}
    found["log likelihood"] = ode.log_likelihood(field, z, 0.2, 0.9, 4)
    found["divergence"] = ode.divergence(lambda y: (y.roll(1, 1) * 2).sin() * y, z)
    return found | {"times": ode.spread_times(3, _generator(), "cpu")}


def couplings() -> dict:
    from latentpriors.networks.couplings import couplings

    torch.manual_seed(0)
    flow = couplings(5, 3, 2, hidden_features=[4])
    drawn, log_det = flow.transform(_ramp(4, 2)).call_and_ladj(_ramp(4, 5).sin())
    return {"map": drawn, "log det": log_det, "base": flow.base().log_prob(drawn)}


def likelihood_flow() -> dict:
    import zuko

    from latentpriors.priors.base import NormalizingFlow

    class Scaled(NormalizingFlow):
        """A flow of one autoregressive map."""

        def __init__(self, dim: int):
            super().__init__(dim, 0.1, 1e-3, 0.0)
            self.flow = zuko.flows.MAF(dim, transforms=1, hidden_features=[4])
            self.generator = _generator()

    torch.manual_seed(0)
    flow, z = Scaled(3), _ramp(4, 3).sin()
    players = [[p.learning_rate, *p.betas, p.weight_decay] for p in flow.players().values()]
    return {"loss": flow.forward((z,), "model"), "validation": flow.validation((z,)), "players": players} | {
        "to noise": flow.to_noise(z), "from noise": flow.from_noise(z), "log density": flow.log_prob(z)
    }  # fmt: skip


def bounds() -> dict:
    from latentpriors.metrics import bounds

    z, noise = _ramp(4, 3).sin(), torch.linspace(-1, 1, 24).reshape(2, 4, 3)
    drawn, log_q = bounds.gaussian_samples(z, z.exp(), noise)
    found = {"samples": [drawn, log_q, bounds.gaussian_entropy(z.exp())]}
    found["elbo"] = bounds.elbo_terms(z[:, 0], z[:, 1], z[:, 2])
    found["iwae"] = bounds.iwae_bound(
        lambda x, codes: -(x - codes).square().sum(1), lambda x, k: (drawn[:k], log_q[:k]),
        lambda z: -z.square().sum(1), z, 2,
    )  # fmt: skip
    return found


def autoencoder() -> dict:
    from latentpriors.autoencoders.base import bernoulli_cross_entropy, mean_and_scale

    images = _ramp(30, 1, 8, 8).sin().abs()
    model = _mirror()([1, 8, 8], 3, "mlp", [], 4, 1e-3, True)
    model.generator = _generator()
    found = {"cross-entropy": bernoulli_cross_entropy(images[:3], 4 * images[:3] - 2)}
    found["mean and scale"] = mean_and_scale(_ramp(2, 6) * 9 - 20)
    found["codes"] = [model.codes(images[:2]), *model.encode(images[:2]), model.decode(model.codes(images[:2])).sum()]
    found["players"] = [[p.learning_rate, *p.betas, p.weight_decay] for p in model.players().values()]
    return found


def standardization() -> dict:
    from latentpriors.priors.base import Prior, Standardization

    z = _ramp(60, 3).sin() * torch.tensor([1.0, 5.0, 0.0])
    scaling, prior = Standardization.of(z), Prior(3)
    found = {"standardization": [scaling(z)[:3], scaling.inverse(z)[:3], scaling.log_prob(z[:3, 0])]}
    with patch.object(prior, "from_noise", lambda noise: noise * 2):
        return found | {"samples": prior.sample(10_001, _generator())[[0, -1]]}


def fits() -> dict:
    from latentpriors import fits
    from latentpriors.priors.base import fitted
    from latentpriors.store import load_tensors
    from latentpriors.training import Budget

    found, images = {}, _ramp(30, 1, 8, 8).sin().abs()
    splits = {"train": images[:20], "validation": images[20:25], "test": images[25:]}
    kinds = {"autoencoders": _mirror(), "priors": _shuffled()}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        for module in (fits, fitted):
            stack.enter_context(patch.object(module, "find", lambda kind, name: kinds[kind]))
        stack.enter_context(patch.object(fitted, "hyperparameters", lambda kind, name: {}))
        path = Path(folder)
        torch.manual_seed(0)
        arguments = {"shape": [1, 8, 8], "latent": 3, "network": "mlp", "hidden": 4, "stochastic": True}
        figures = fits.fit_autoencoder("toy", arguments, splits, Budget(3, 8, _generator()), _generator(), path)
        stored = fits.load_codes(path / "codes.safetensors", "cpu")
        model = fits.load_autoencoder(path / "weights.safetensors", "cpu")
        found["fit"] = [*figures.values(), stored["train"][:2], stored["scale"], model.decode(stored["test"]).sum()]
        found["shots"] = list(load_tensors(path / "shots.safetensors")[0])
        found["prior"] = list(fits.fit_prior("toy", {}, stored, Budget(1, 8, _generator()), path).values())
        again = fitted.FittedPrior.load(path / "prior.safetensors")
        found["drawn"] = [
            again.sample(2, seed=1),
            again.log_prob(stored["test"]),
            (path / "plane.csv").read_text(encoding="utf-8")[:60],
        ]
        native = fits.fit_prior("native", {}, stored, Budget(1, 8, _generator()), path)
        alone = fitted.FittedPrior.fit("toy", stored["train"], seed=1)
        return found | {"native": list(native.values()), "alone": alone.sample(2, seed=1)}


def walks() -> dict:
    from latentpriors.evaluation import interpolation
    from latentpriors.priors.base import FittedPrior, Standardization

    z = _ramp(60, 3).sin()
    prior = FittedPrior(_affine()(3), Standardization.of(z), {})
    found = interpolation.pictures(prior, z[:8], {"1": z[:8], "2": z[8:16]}, _generator())
    model = _mirror()([1, 8, 8], 3, "mlp", [], 4)
    return found | {
        "line": interpolation.line_images(model, z[:8]).sum(0),
        "images": interpolation.images(model, z[:2]).sum(1),
    }


def splits() -> dict:
    from latentpriors.data.splits import split

    images, labels = torch.arange(900)[:, None], torch.arange(900) % 10
    parts = split({"train": (images, labels)}, validation=40, test=60, train=300, seed=1)
    found = {name: [len(x), x.float().mean(), *y[:10].tolist()] for name, (x, y) in parts.items()}
    official = split({"train": (images, labels), "test": (images[:5], labels[:5])}, 40, None, None, 0)
    return found | {"official": [len(x) for x, _ in official.values()]}


def arrays() -> dict:
    from latentpriors.metrics.arrays import array, checked, pair

    a, b = _features()
    return {"arrays": [array(a[:2]), checked(a[:2, :2], "a"), *pair(a[:2, :1], b[:2, :1], ("a", "b"))]}


def frechet() -> dict:
    from latentpriors.metrics.frechet import frechet_distance, moments

    a, b = _features()
    return {"distance": frechet_distance(*moments(a), *moments(b)), "moments": [m.sum() for m in moments(a)]}


def intervals() -> dict:
    from latentpriors.metrics.intervals import difference_error, difference_interval, student_interval

    found = {"student": [student_interval([1.0, 2.0, 4.0]), student_interval([1.0, 2.0], 0.8)]}
    pairs = [([1.0, 2.0], [3.0, 5.0]), ([1.0, 2.0, 4.0], [3.0, 5.0, 5.5])]
    found["difference"] = [difference_interval(*p, paired) for p in pairs for paired in (True, False)]
    return found | {"error": [difference_error(*p, paired) for p in pairs for paired in (True, False)]}


def extrapolation() -> dict:
    from latentpriors.metrics.extrapolation import extrapolated_frechet

    a, b = _features(4)
    return {"limit": extrapolated_frechet(a, b.mean(0), np.cov(b.T), [50, 100, 200], 0, exchangeable=True)}


def kernel() -> dict:
    from latentpriors.metrics.kernel import kernel_distance

    return {"distance": kernel_distance(*_features())}


def neighbours() -> dict:
    from latentpriors.metrics import neighbours

    a, b = _features()
    found = {"nearest": [float(np.asarray(part).sum()) for part in neighbours.nearest(a[:20], b)]}
    found["neighbours"] = [float(np.asarray(part).sum()) for part in neighbours.neighbours(a[:20], b, 3)]
    return found | {"distance": neighbours.distance(a[:3], b[:3])}


def manifold() -> dict:
    from latentpriors.metrics.manifold import density_coverage, precision_recall

    a, b = _features(3)
    return {"precision and recall": precision_recall(a, b), "density and coverage": density_coverage(a, b)}


def memorization() -> dict:
    from latentpriors.metrics.memorization import memorization

    a, b = _features(3)
    return memorization(a[:100] + 0.01, a, b)._asdict()


def classes() -> dict:
    from latentpriors.metrics.classes import class_balance

    a, _ = _features(4)
    return class_balance(a, [0.7, 0.1, 0.1, 0.1])._asdict() | {"uniform": class_balance(a)._asdict()}


def latent() -> dict:
    from latentpriors.metrics.latent import class_structure, sliced_wasserstein, two_sample_test

    a, b = _features()
    labels = np.arange(200) % 4
    return class_structure(a, labels, a, labels) | {
        "sw": [sliced_wasserstein(a, b), sliced_wasserstein(a, b[:150])],
        "two samples": two_sample_test(a, b),
    }


def agreement() -> dict:
    import pandas as pd

    from latentpriors.metrics.agreement import kendall_with_ties, rank_agreement

    ranks = pd.DataFrame({"x": [1, 2, 3], "y": [2, 1, 3]})
    values = pd.DataFrame(
        {"a": ["x", "x", "y"], "b": ["y", "z", "z"], "differ": [True, False, True], "better": ["x", "x", "z"]}
    )
    return {"ranks": rank_agreement(ranks).to_numpy(), "ties": kendall_with_ties(values, values)}


def comparisons() -> dict:
    from latentpriors.metrics.comparisons import compare, holm, ranked

    pairs, rows = compare({"a": [1.0, 2.0], "b": [1.1, 2.1], "c": [9.0, 8.0]}, {"a": 1, "b": 1, "c": 2})
    return {
        "compared": [pairs.p_fdr.tolist(), pairs.p_holm.tolist(), rows.letters.tolist()],
        "holm": holm([0.01, 0.5, 0.02]),
        "in words": ranked((1, 3)),
    }


def power() -> dict:
    from latentpriors.metrics.power import detectable_difference, seeds_needed

    found = [seeds_needed([1.0, 2.0], [2.0, 3.5], paired) for paired in (True, False)]
    return {"seeds": found, "detectable": [detectable_difference(3, paired) for paired in (True, False)]}


def variance() -> dict:
    from latentpriors.metrics.variance import one_run_interval, variance_components, variance_shares

    components = variance_components(_crossed())
    return {
        "components": components,
        "shares": variance_shares(components),
        "one run": one_run_interval(components, 1.5, 3, 2),
    }


def scoring() -> dict:
    from latentpriors.evaluation import fcd
    from latentpriors.metrics.frechet import moments
    from latentpriors.networks.classifier import Classifier

    real, fake = _features()
    features = [{"logits": fake[:, :2] * k, "penultimate": fake[:, 2:]} for k in (1, 2)]
    reference = {}
    for k in range(2):
        for layer, values in (("logits", real[:, :2]), ("penultimate", real[:, 2:])):
            reference[f"test.{k}.{layer}.mean"], reference[f"test.{k}.{layer}.cov"] = moments(values)
    seed = fcd.distances(features, reference, "test")
    twice = {name: values * 2 for name, values in seed.items()}
    found = {"figures": fcd.fcd_figures(seed, twice, 200, 10), "certainty": fcd.certainty([1.0, 2.0, 4.0], [1.0, 3.0])}
    torch.manual_seed(0)
    scored = fcd.activations([Classifier((1, 8, 8)).eval()], (_ramp(3, 1, 8, 8) * 40).byte())[0]
    return found | {"distances": seed, "activations": [values.sum() for values in scored.values()]}


def evaluation() -> dict:
    from latentpriors.evaluation import image_metrics
    from latentpriors.metrics.frechet import moments

    features = [{"logits": _ramp(300, 3).sin().numpy(), "penultimate": _ramp(300, 5).cos().numpy()} for _ in range(2)]
    reference = {"train.features": (_ramp(400, 5) * 1.3).cos().numpy(), "test.shares": np.full(3, 1 / 3)}
    for k in range(2):
        for layer, width in (("logits", 3), ("penultimate", 5)):
            values = (_ramp(300, width) * 1.1).sin().numpy()
            reference[f"test.{k}.{layer}.features"] = values
            reference[f"test.{k}.{layer}.mean"], reference[f"test.{k}.{layer}.cov"] = moments(values)
    found = {"images": image_metrics.image_figures(features, reference)}
    z = _ramp(300, 3)
    codes = {"train": z.sin(), "test": (z * 1.1).sin(), "mean": torch.zeros(3), "scale": torch.ones(3)}
    found["codes"] = image_metrics.code_figures((z * 0.9).sin(), codes)
    images, real = (_ramp(8, 1, 2, 2) * 9).byte(), (_ramp(300, 1, 2, 2) * 7).byte()
    sets = [(reference["train.features"][start : start + 200], real[start:]) for start in (0, 100)]
    return found | {"nearest": image_metrics.nearest_images(features[0]["penultimate"], images, *sets)[8:, 0, 0]}


def variance_study() -> dict:
    from latentpriors.studies import variance

    reference = {f"test.0.{layer}.features": _ramp(60, 3).sin().numpy() for layer in ("logits", "penultimate")}
    halves = variance.halves(reference, 1)
    return {"halves": halves[1]["test.0.logits.mean"], "decomposition": variance.decomposition(_crossed())}


def previews() -> dict:
    from latentpriors.evaluation import previews

    images, points = (_ramp(16, 1, 4, 4) * 9).byte(), _ramp(300, 4).sin()
    with tempfile.TemporaryDirectory() as folder:
        previews.save_grid(images, Path(folder) / "grid.png")
        grid = previews.read_grid(Path(folder) / "grid.png")
    # The map's rounding errors grow over its iterations: the shape is all that two machines share.
    found = previews.latent_map(points, torch.arange(300) % 10)
    return {"grid": grid[3].tolist(), "map": [list(found.columns), len(found)]}


def store() -> dict:
    from latentpriors import store

    with tempfile.TemporaryDirectory() as folder:
        path, tensors = Path(folder), {"b": torch.arange(3.0), "a": torch.ones(2, dtype=torch.uint8)}
        store.save_tensors(path / "t", tensors, {"k": 1})
        store.save_json(path / "j", {"b": 1, "a": 0.5})
        return {name: hashlib.md5((path / name).read_bytes()).hexdigest() for name in "tj"}


def seeds() -> dict:
    from latentpriors import over_seeds

    def fit(index: int, folder: Path) -> dict:
        log = over_seeds.curves(folder)
        for step in (1, 2):
            log(step, {"loss": step / 3 + index})
        (folder / "weights.txt").write_text(str(index), encoding="utf-8")
        return {"parameters": 3, "validation": index / 7}

    # An engine's worker would leave these seeds to other processes.
    alone = patch.dict(os.environ, {"LATENTPRIORS_SEED": "all"})
    with tempfile.TemporaryDirectory() as folder, patch.object(over_seeds, "WORK", Path(folder) / "work"), alone:
        out = Path(folder) / "out"
        fitted = over_seeds.each_seed("label", 2, {"a": 1}, lambda index: [], fit, [])
        over_seeds.gather(fitted, "weights.txt", out)
        facts = over_seeds.merged(over_seeds.facts_of(fitted))
        return {
            "files": {path.name: path.read_text(encoding="utf-8") for path in sorted(out.iterdir())},
            "facts": {name: value for name, value in facts.items() if "seconds" not in name},
            "curves": over_seeds.gather_curves(fitted).to_csv(index=False),
        }


def side_by_side() -> dict:
    from latentpriors.processes import side_by_side

    return {"squares": side_by_side(lambda index: index**2, range(3), "cpu")}


PROBES: tuple[Callable[[], dict], ...] = (
    agreement, arrays, autoencoder, bounds, classes, classifier, comparisons, couplings, evaluation,
    extrapolation, fits, frechet, intervals, kernel, latent, likelihood_flow, manifold, memorization, neighbours,
    networks, ode, power, previews, scoring, seeds, side_by_side, splits, standardization, store, timed, training,
    variance, variance_study, variants, walks,
)  # fmt: skip


def compute(name: str) -> dict:
    """Returns the numbers of a probe as JSON holds them, to five digits."""
    probe = next(probe for probe in PROBES if probe.__name__ == name)
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    torch.set_num_threads(1)  # sums in one order on every machine
    torch.manual_seed(0)
    try:
        return json.loads(json.dumps(_plain(probe())))
    finally:
        torch.set_num_threads(threads)
        torch.set_rng_state(state)


def same(found: object, written: object) -> bool:
    """Whether numbers are equal to four digits: two machines' rounding may differ in the fifth."""
    if isinstance(written, dict) and isinstance(found, dict):
        return found.keys() == written.keys() and all(same(found[key], written[key]) for key in written)
    if isinstance(written, list) and isinstance(found, list):
        return len(found) == len(written) and all(same(a, b) for a, b in zip(found, written, strict=True))
    if isinstance(written, float) and isinstance(found, (float, int)):
        return abs(found - written) <= max(1e-4 * abs(written), 1e-6)
    return found == written


def _mirror() -> type:
    """Returns an autoencoder of the probes' own: a method's change must not look like the shared code's."""
    from latentpriors.autoencoders.base import Autoencoder, NativePrior, bernoulli_cross_entropy

    class Mirror(Autoencoder):
        def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
            return bernoulli_cross_entropy(batch[0], self.decoder(self.codes(batch[0]))).mean()

        def native(self) -> NativePrior:
            return NativePrior("toy", {}, {"origin": torch.zeros(3), "kept": torch.ones(2, 3)})

    return Mirror


def _shuffled() -> type:
    from latentpriors.priors.base import Prior

    class Shuffled(Prior):
        """Keeps the codes and draws them with noise."""

        has_density = True

        def fit(self, codes: Tensor, validation: Tensor, budget: object) -> dict[str, float]:
            self.register_buffer("kept", codes.clone())
            budget.look(1)
            return {"validation": float(validation.mean())}

        def __init__(self, dim: int):
            super().__init__(dim)
            self.register_buffer("kept", torch.empty(0))

        def draw(self, n: int, generator: torch.Generator | None) -> Tensor:
            index = torch.randint(len(self.kept), (n,), generator=generator)
            return self.kept[index] + self.normal(n, generator)

        def log_prob(self, z: Tensor) -> Tensor:
            return -z.square().sum(1)

    return Shuffled


def _affine() -> type:
    from latentpriors.priors.base import Prior

    class Affine(Prior):
        has_noise_space = invertible = True

        def from_noise(self, noise: Tensor) -> Tensor:
            return noise * 2 + 1

        def to_noise(self, z: Tensor) -> Tensor:
            return (z - 1) / 2

    return Affine


def _pairs(pairs: dict[str, Iterable[Callable]]) -> dict:
    """Returns what encoder and decoder of each network give, untrained; batch normalization by its batch."""
    found = {}
    for name, (encoder, decoder) in pairs.items():
        for kind, build, inputs in (("encoder", encoder, _ramp(2, 1, 8, 8)), ("decoder", decoder, _ramp(2, 3))):
            torch.manual_seed(0)
            found[f"{kind} {name}"] = build((1, 8, 8), 3, [4, 8], 8)(inputs).flatten(1)[:, ::7]
    return found


def _features(width: int = 12) -> tuple[np.ndarray, np.ndarray]:
    return _ramp(200, width).sin().numpy(), (_ramp(200, width) * 1.1).cos().numpy()


def _crossed() -> np.ndarray:
    return 1 + np.sin(np.arange(3.0 * 2 * 4 * 3 * 2) ** 1.5).reshape(3, 2, 4, 3, 2) / 2


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (torch.Tensor, np.ndarray)):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    return float(f"{value:.5g}") if isinstance(value, (float, np.floating)) else value


def _ramp(*shape: int) -> Tensor:
    return torch.arange(float(np.prod(shape))).reshape(shape).mul(0.37).fmod(5)


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)
