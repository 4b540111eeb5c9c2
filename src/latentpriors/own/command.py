"""The command `latentpriors`: `score` for anyone's images, `fit` for anyone's codes."""

__all__ = ["main"]

import argparse
import math
import time
from collections.abc import Callable
from pathlib import Path

from ..evaluation.fcd import (
    activations,
    certainty,
    classifier_hash,
    distances,
    fcd_figures,
    load_classifiers,
    load_reference,
)
from ..evaluation.image_metrics import image_figures
from ..processes import side_by_side
from ..program import Parser, program
from ..registry import find, method_of, names
from ..runs import device, generator, seed, value
from ..store import save_json, whole
from ..training import Protocol
from ..yaml_files import read_yaml
from .codes import changed, fit_codes, floor
from .files import read_codes, remarks, split_codes
from .images import read_images, row, unusual
from .table import table_of

ROOT = Path(__file__).resolve().parents[3]  # the checkout: params.yaml, classifiers and reference are there
BATCH_SIZE = 256
FILES, TABLES = ("facts.json", "prior.safetensors", "samples.npy"), ("table.csv", "table.md")


def main() -> None:
    """Runs the command; a foreseen failure is one line and exit code 1."""
    with program("latentpriors"):
        params = read_yaml(ROOT / "params.yaml")
        options = _parser(params).parse_args()
    with program(f"latentpriors {options.command}"):
        options.run(params, options)


def score(params: dict, options: argparse.Namespace) -> None:
    """Scores images with the frozen classifiers and prints the row of a table."""
    value(params, f"datasets.{options.dataset}")
    home = ROOT / "data" / options.dataset
    if not (home / "reference.safetensors").is_file():
        missing = f"the real images' activations are missing: run `dvc repro reference@{options.dataset}` once"
        raise ValueError(f"{missing}; the classifiers are in git and are not trained again")
    classifiers = load_classifiers(home / "classifier")
    reference = load_reference(home / "reference.safetensors", classifiers)
    images = read_images(options.images, classifiers[0].shape)
    found = activations(classifiers, images)
    figures = fcd_figures(distances(found, reference, "test"), None, *found[0]["penultimate"].shape)
    figures |= image_figures(found, reference, exchangeable=False)
    figures |= certainty([figures["fcd"]], figures["fcd_by_classifier"]) | {"n_samples": len(images)}
    text = row(figures | {"classifier_hash": classifier_hash(home / "classifier")})
    print(_with_notes(text, unusual(options.images, images)))


def fit(params: dict, options: argparse.Namespace) -> None:
    """Fits priors to codes, with samples from each, and prints the table where there are several."""
    codes, where = read_codes(options.codes), device(params)
    chosen, out = _chosen(options.prior, params["priors"]), options.out
    settings = changed({name: params["priors"].get(name, {}) for name in chosen}, options.set)
    notes, split = remarks(codes), split_codes(codes, options.seed)
    split = {key: tensor.to(where) for key, tensor in split.items()}
    shared = {"sliced_wasserstein_floor": floor(split, options.seed)}
    shared |= {"notes": notes} if notes else {}
    shared |= {f"n_{part}": len(split[part]) for part in ("train", "validation", "test")} | {"dim": codes.shape[1]}

    for table in TABLES:  # of an earlier run, which must not pass for this one's
        (out / table).unlink(missing_ok=True)

    def one(index: int) -> dict:
        name = chosen[index]
        folder, which = out / name if len(chosen) > 1 else out, ("own codes", name, options.seed)
        common = {"steps": options.steps, "batch_size": BATCH_SIZE, "precision": "float32"}
        protocol = Protocol.of(name, settings[name], common, where)
        folder.mkdir(parents=True, exist_ok=True)
        for file in FILES:
            (folder / file).unlink(missing_ok=True)
        start, budget = time.perf_counter(), protocol.budget(generator(where, *which), name, index)
        seed(*which)
        n = options.samples or len(split["test"])
        found = fit_codes(protocol.method, protocol.arguments, split, n, budget, folder)
        spent = {"seconds": time.perf_counter() - start, "steps": protocol.steps if protocol.factor else 0}
        spent |= {"device": where.type}
        facts = {"prior": name} | found | shared | spent | {"settings": settings[name], "seed": options.seed}
        save_json(folder / "facts.json", facts)
        return facts

    def row_of(index: int) -> dict:
        try:
            return one(index)
        except Exception as error:  # of whatever kind: one prior's failure is its row's
            return {"prior": chosen[index], "failure": " ".join(f"{type(error).__name__}: {error}".split())}

    rows = side_by_side(row_of if len(chosen) > 1 else one, range(len(chosen)), where.type)
    print(_with_notes(_written(rows, out), notes))
    if all("failure" in found for found in rows):
        raise ValueError("no prior could be fitted; the reasons are in the table")


def _parser(params: dict) -> Parser:
    parser = Parser(prog="latentpriors", description="Scores your images, fits priors to your codes.")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    scored = commands.add_parser("score", help="your images' row of a table", description=score.__doc__)
    scored.add_argument("--images", required=True, type=Path, help="a folder of pictures, or .npy, .npz, .safetensors")
    datasets = list(params.get("datasets", {}))
    scored.add_argument(
        "--dataset", required=True, choices=datasets, metavar="NAME", help=f"whose classifiers: {', '.join(datasets)}"
    )
    scored.set_defaults(run=score)
    fitted = commands.add_parser("fit", help="priors for your codes", description=fit.__doc__)
    fitted.add_argument("--codes", required=True, type=Path, help=".npy, .npz or .safetensors, of shape (N, D)")
    priors = ["all", *dict.fromkeys([*names("priors"), *params.get("priors", {})])]
    fitted.add_argument(
        "--prior", required=True, nargs="+", action="extend", choices=priors, metavar="NAME",
        help=f"some of {', '.join(priors)}",
    )  # fmt: skip
    fitted.add_argument("--out", required=True, type=Path, help="the folder for priors, samples and figures")
    fitted.add_argument("--steps", type=_whole(1), default=2000, help="gradient steps, times the prior's factor (2000)")
    fitted.add_argument("--samples", type=_whole(1), help="how many to draw (a tenth of the codes, as held out)")
    fitted.add_argument(
        "--seed", type=_whole(0, 2**32 - 1), default=0, help="of the split, the fit and the samples (0)"
    )
    fitted.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE",
        help="a hyperparameter, as in params.yaml: hidden=[64,64], or flow.hidden=[64,64] for one of several priors",
    )  # fmt: skip
    fitted.set_defaults(run=fit)
    return parser


def _chosen(asked: list[str], blocks: dict[str, dict]) -> list[str]:
    """Returns the priors that are asked for; `all` are those that compete."""
    competing = [name for name in names("priors") if not find("priors", name).yardstick] if "all" in asked else []
    chosen = list(dict.fromkeys([*competing, *(name for name in asked if name != "all")]))
    for name in chosen:
        find("priors", method_of(name, blocks.get(name, {})))  # an unknown one is named before any work
    return chosen


def _whole(least: int, most: float = math.inf) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isdecimal() and least <= int(text) <= most):
            end = "on" if most == math.inf else f"to {most}"
            raise argparse.ArgumentTypeError(f"a whole number from {least} {end} is needed, not {text!r}")
        return int(text)

    return number


def _with_notes(text: str, notes: list[str]) -> str:
    return "\n".join([text, *(f"Note: {note}" for note in notes)])


def _written(rows: list[dict], out: Path) -> str:
    """Writes table.csv and table.md, and returns the latter."""
    table, text = table_of(rows)
    for name, content in zip(TABLES, (table.to_csv(index=False), text + "\n"), strict=True):
        with whole(out / name) as part:
            part.write_text(content, encoding="utf-8")
    return text
