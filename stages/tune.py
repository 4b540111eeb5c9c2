"""Stage `tune`: the trials of a prior, or of all, by the recipe in tuning.yaml; those that are logged are kept.

Each is a process of its own, at a share of the budget, scored on seed 0's validation split.
"""

import tempfile
import time
from pathlib import Path

import yaml

from context import ROOT, arguments, device, generator, params, run, seed
from latentpriors.fits import load_autoencoder
from latentpriors.registry import find
from latentpriors.scoring import load_classifiers, load_reference
from latentpriors.store import load_tensors
from latentpriors.training import Budget
from latentpriors.trials import best_after, finished, load_log, record
from latentpriors.tuning import score, trials
from seeds import side_by_side


def main() -> None:
    options = arguments(
        __doc__, dataset="a key of datasets in params.yaml", prior="a name in tuning.yaml, several with commas, or all"
    )
    dataset, recipe = options.dataset, yaml.safe_load((ROOT / "tuning.yaml").read_text())
    log = ROOT / f"metrics/tuning/{dataset}.csv"
    for name in recipe["priors"] if options.prior == "all" else options.prior.split(","):
        tune(dataset, name, recipe, log)
        print(best_after(load_log(log)).query("prior == @name").to_string(index=False))


def tune(dataset: str, name: str, recipe: dict, log: Path) -> None:
    """Runs the trials of a prior that are not in the log."""
    shared, n = params(f"datasets.{dataset}.prior"), params(f"datasets.{dataset}.samples")
    where, home, data = device(shared["precision"]), ROOT / f"models/{dataset}-{recipe['autoencoder']}", ROOT / "data"
    codes = load_tensors(home / "codes/seed0.safetensors", where)[0]
    model = load_autoencoder(home / "weights/seed0.safetensors", where)
    classifiers = load_classifiers(data / dataset / "classifier", where)
    reference = load_reference(data / dataset / "reference.safetensors")
    reference = {key: moments for key, moments in reference.items() if key.startswith("validation.")}
    find("priors", name)  # once, before the processes part
    listed = dict(enumerate(trials(recipe, name), 1))
    steps = {t: round(listed[t].get("factor", 1) * recipe["share"] * shared["steps"]) for t in listed}
    missing = [t for t in listed if not finished(load_log(log), name, t, listed[t], steps[t])]

    def trial(number: int) -> None:
        own = {key: value for key, value in listed[number].items() if key != "factor"}
        # The same noise for all trials of a prior, so that they differ by their settings alone.
        noise = generator(where, "tuning", dataset, name)
        budget = Budget(steps[number], shared["batch_size"], noise, shared["precision"], label=f"{name} {number}")
        clock = time.process_time if where.type == "cpu" else time.perf_counter  # what else runs is none of its cost
        seed("tuning", dataset, name, "weights")
        row, start = {"prior": name, "trial": number, "settings": listed[number], "steps": steps[number]}, clock()
        try:
            with tempfile.TemporaryDirectory() as folder:
                row |= score(name, own, codes, model, classifiers, reference, n, budget, Path(folder))
        except (ValueError, ArithmeticError) as error:  # a trial that fails is spent too
            row["failure"] = str(error)
        record(log, row | {"seconds": round(clock() - start, 1)})

    side_by_side(trial, missing, where.type)


if __name__ == "__main__":
    run(main)
