"""Stage `own_codes`: priors fitted to anyone's codes, with samples from each; `fit_prior` without --dataset."""

import argparse
import time
from pathlib import Path

from context import device, generator, params, run, seed
from latentpriors.codes_files import read_codes, remarks, split_codes
from latentpriors.codes_table import table_of
from latentpriors.own_codes import changed, fit_codes, floor
from latentpriors.registry import find, names
from latentpriors.store import save_json, whole
from latentpriors.training import Budget
from seeds import side_by_side

BATCH_SIZE = 256
FILES, TABLES = ("facts.json", "prior.safetensors", "samples.npy"), ("table.csv", "table.md")


def main(description: str = __doc__) -> None:
    options = _options(description)
    codes, where = read_codes(Path(options.codes)), device()
    chosen, out = _chosen(options.prior), Path(options.out)
    settings = changed({name: params("priors").get(name, {}) for name in chosen}, options.set)
    notes, split = remarks(codes), split_codes(codes, options.seed)
    split = {key: tensor.to(where) for key, tensor in split.items()}
    shared = {"sliced_wasserstein_floor": floor(split, options.seed)}
    shared |= {"notes": notes} if notes else {}
    shared |= {f"n_{part}": len(split[part]) for part in ("train", "validation", "test")} | {"dim": codes.shape[1]}

    for table in TABLES:  # of an earlier run, which must not pass for this one's
        (out / table).unlink(missing_ok=True)

    def fit(index: int) -> dict:
        name = chosen[index]
        own, folder = dict(settings[name]), out / name if len(chosen) > 1 else out
        factor, which = own.pop("factor", None), ("own codes", name, options.seed)
        folder.mkdir(parents=True, exist_ok=True)
        for file in FILES:
            (folder / file).unlink(missing_ok=True)
        steps, start = max(round((factor or 1) * options.steps), 1), time.perf_counter()
        budget = Budget(steps, BATCH_SIZE, generator(where, *which), label=name, row=index)
        seed(*which)
        found = fit_codes(name, own, split, options.samples or len(split["test"]), budget, folder)
        spent = {"seconds": time.perf_counter() - start, "steps": steps if factor else 0, "device": where.type}
        facts = {"prior": name} | found | shared | spent | {"settings": settings[name], "seed": options.seed}
        save_json(folder / "facts.json", facts)
        return facts

    def row(index: int) -> dict:
        try:
            return fit(index)
        except Exception as error:  # of whatever kind: one prior's failure is its row's
            return {"prior": chosen[index], "failure": " ".join(f"{type(error).__name__}: {error}".split())}

    rows = side_by_side(row if len(chosen) > 1 else fit, range(len(chosen)), where.type)
    print("\n".join([_written(rows, out), *(f"Note: {note}" for note in notes)]))
    if all("failure" in found for found in rows):
        raise ValueError("no prior could be fitted; the reasons are in the table")


def _options(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--codes", required=True, help=".npy, .npz or .safetensors, of shape (N, D)")
    parser.add_argument("--prior", required=True, nargs="+", help=f"all, or some of {', '.join(names('priors'))}")
    parser.add_argument("--out", required=True, help="the folder for priors, samples and figures")
    parser.add_argument("--steps", type=_count, default=2000, help="gradient steps, times the prior's factor (2000)")
    parser.add_argument("--samples", type=_count, help="how many to draw (a tenth of the codes, as held out)")
    parser.add_argument("--seed", type=_seed, default=0, help="of the split, the fit and the samples (0)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE",
        help="a hyperparameter, as in params.yaml: hidden=[64,64], or flow.hidden=[64,64] for one of several priors",
    )  # fmt: skip
    return parser.parse_args()


def _chosen(asked: list[str]) -> list[str]:
    """Returns the priors that are asked for, loaded; `all` are those that compete."""
    competing = [name for name in names("priors") if not find("priors", name).yardstick] if "all" in asked else []
    chosen = list(dict.fromkeys([*competing, *(name for name in asked if name != "all")]))
    for name in chosen:
        find("priors", name)
    return chosen


def _count(text: str) -> int:
    if (count := int(text)) < 1:
        raise argparse.ArgumentTypeError("a number of at least 1 is needed")
    return count


def _seed(text: str) -> int:
    if not 0 <= (seed := int(text)) < 2**32:
        raise argparse.ArgumentTypeError(f"a whole number from 0 to {2**32 - 1} is needed")
    return seed


def _written(rows: list[dict], out: Path) -> str:
    """Writes table.csv and table.md, and returns the latter."""
    table, text = table_of(rows)
    for name, content in zip(TABLES, (table.to_csv(index=False), text + "\n"), strict=True):
        with whole(out / name) as part:
            part.write_text(content)
    return text


if __name__ == "__main__":
    run(main)
