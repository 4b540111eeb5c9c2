"""Stage `tune`: the trials of a prior, or of all, by the recipe in tuning.yaml; those that are logged are kept."""

import tempfile
import time
from context import ROOT, run
from pathlib import Path

from latentpriors.evaluation.fcd import load_classifiers, load_reference
from latentpriors.fits import load_autoencoder, load_codes
from latentpriors.processes import side_by_side
from latentpriors.runs import device, generator, seed, value
from latentpriors.studies.trials import best_after, finished, load_log, record
from latentpriors.studies.tuning import check_recipe, score, trials
from latentpriors.training import Protocol
from latentpriors.yaml_files import read_yaml


def tune(params: dict, dataset: str, prior: str) -> None:
    """The trials of a prior, or of all, by the recipe in tuning.yaml; those that are logged are kept.

    Each is a process of its own, at a share of the budget, scored on seed 0's validation split.

    Arguments:
        dataset: A key of datasets in params.yaml.
        prior: A name in tuning.yaml, several with commas, or all.
    """
    recipe, log = read_yaml(ROOT / "tuning.yaml"), ROOT / f"metrics/tuning/{dataset}.csv"
    check_recipe(recipe)
    for name in recipe["priors"] if prior == "all" else prior.split(","):
        _tune(params, dataset, name, recipe, log)
        print(best_after(load_log(log)).query("prior == @name").to_string(index=False))


def _tune(params: dict, dataset: str, name: str, recipe: dict, log: Path) -> None:
    """Runs the trials of a prior that are not in the log."""
    shared, n = value(params, f"datasets.{dataset}.prior"), value(params, f"datasets.{dataset}.samples")
    where, home = device(params, shared["precision"]), ROOT / f"models/{dataset}-{recipe['autoencoder']}"
    codes = load_codes(home / "codes/seed0.safetensors", where)
    model = load_autoencoder(home / "weights/seed0.safetensors", where)
    classifiers = load_classifiers(ROOT / f"data/{dataset}/classifier", where)
    reference = load_reference(ROOT / f"data/{dataset}/reference.safetensors", classifiers)
    reference = {key: moments for key, moments in reference.items() if key.startswith("validation.")}
    listed = dict(enumerate(trials(recipe, name), 1))
    protocols = {t: Protocol.of(name, listed[t], shared, where, recipe["share"]) for t in listed}
    missing = [t for t in listed if not finished(load_log(log), name, t, listed[t], protocols[t].steps)]

    def trial(number: int) -> None:
        # The same noise for all trials of a prior, so that they differ by their settings alone.
        noise, protocol = generator(where, "tuning", dataset, name), protocols[number]
        clock = time.process_time if where.type == "cpu" else time.perf_counter  # what else runs is none of its cost
        seed("tuning", dataset, name, "weights")
        row, start = {"prior": name, "trial": number, "settings": listed[number], "steps": protocol.steps}, clock()
        try:
            with tempfile.TemporaryDirectory() as folder:
                budget = protocol.budget(noise, f"{name} {number}", number)
                row |= score(
                    protocol.method, protocol.arguments, codes, model, classifiers, reference, n, budget, Path(folder)
                )
        except (ValueError, ArithmeticError) as error:  # a trial that fails is spent too
            row["failure"] = str(error)
        record(log, row | {"seconds": round(clock() - start, 1)})

    side_by_side(trial, missing, where.type)


if __name__ == "__main__":
    run(tune, checked=False)
