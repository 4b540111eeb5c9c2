"""Prints what each method costs at the sizes of params.yaml: milliseconds a step, images and codes a second.

The data are random, of the data set's shape; nothing is stored.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from latentpriors.evaluation.fcd import activations  # noqa: E402
from latentpriors.networks import Classifier  # noqa: E402
from latentpriors.program import Parser, program  # noqa: E402
from latentpriors.registry import find, method_of  # noqa: E402
from latentpriors.training import Budget, evaluate, train  # noqa: E402
from latentpriors.yaml_files import read_yaml  # noqa: E402

SHAPES = {"digits": (1, 8, 8), "mnist": (1, 28, 28)}
STEPS, N = 20, 10_000


def main() -> None:
    parser = Parser(description=__doc__)
    parser.add_argument("dataset", nargs="?", default="mnist", choices=list(SHAPES), help="(%(default)s)")
    name = parser.parse_args().dataset
    with program("throughput"):
        measure(name, read_yaml(ROOT / "params.yaml"))


def measure(name: str, params: dict) -> None:
    settings, shape = params["datasets"][name], SHAPES[name]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    images, rows = torch.rand(N, *shape, device=device), []

    for method, block in params["autoencoders"].items():
        own = {key: value for key, value in block.items() if key not in ("factor", "method")}
        cls = find("autoencoders", method_of(method, block))
        model = cls(shape, **(settings["autoencoder"]["network"] | own)).to(device)
        step = per_step(lambda b, m=model: train(m, (images,), b), settings["autoencoder"]["batch_size"], device)
        codes = evaluate(model.codes, (images,))
        decode = N / seconds(lambda m=model, z=codes: evaluate(m.decode, (z,)), device)
        rows.append({"method": method, "ms a step": step, "a second": decode})

    for method, block in params["priors"].items():
        own = {key: value for key, value in block.items() if key not in ("factor", "method")}
        prior = find("priors", method_of(method, block))(codes.shape[1], **own).to(device)
        learned = any(True for _ in prior.parameters())
        step = per_step(lambda b, p=prior: p.fit(codes, codes[:100], b), settings["prior"]["batch_size"], device)
        draw = N / seconds(lambda p=prior: p.sample(N), device)
        rows.append({"method": method, "ms a step": step if learned else None, "a second": draw})

    scorer = Classifier(shape, **settings["classifier"]["network"]).to(device).eval()
    pixels = (images * 255).byte()
    rows.append({"method": "classifier", "a second": N / seconds(lambda: activations([scorer], pixels), device)})
    print(f"{name} on {device}, {torch.get_num_threads()} threads; a step is one round of turns")
    print("a second: images decoded, codes sampled, images scored\n")
    print(pd.DataFrame(rows).to_markdown(index=False, floatfmt=(".0f", ".1f", ",.0f")))


def per_step(fit: Callable[[Budget], object], batch_size: int, device: str) -> float:
    generator = torch.Generator(device).manual_seed(0)
    fit(Budget(2, batch_size, generator))
    return 1000 * seconds(lambda: fit(Budget(STEPS, batch_size, generator)), device) / STEPS


def seconds(work: Callable[[], object], device: str) -> float:
    start = time.perf_counter()
    work()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
