"""Stage `tune`: the trials of methods of a kind by the recipe in tuning.yaml; those that are logged are kept."""

import tempfile
import time
from collections.abc import Callable
from context import ROOT, run
from functools import partial
from pathlib import Path

import torch

from latentpriors.evaluation.fcd import load_classifiers, load_reference
from latentpriors.fits import load_autoencoder, load_codes
from latentpriors.processes import side_by_side
from latentpriors.runs import device, generator, seed, value
from latentpriors.store import load_tensors
from latentpriors.studies.trials import best_after, finished, load_log, record
from latentpriors.studies.tuning import check_recipe, score_autoencoder, score_prior, trials
from latentpriors.training import Protocol
from latentpriors.yaml_files import read_yaml

# Fits a method by the protocol of a trial and its number into a folder, and returns its figures.
Trial = Callable[[str, Protocol, int, Path], dict[str, float]]


def tune(params: dict, dataset: str, kind: str, method: str) -> None:
    """The trials of methods of a kind by the recipe in tuning.yaml; those that are logged are kept.

    Each is a process of its own, at a share of the budget, scored on seed 0's validation split.

    Arguments:
        dataset: A key of datasets in params.yaml.
        kind: autoencoders or priors.
        method: A name in tuning.yaml, several with commas, or all.
    """
    recipe, log = read_yaml(ROOT / "tuning.yaml"), ROOT / f"metrics/tuning/{kind}/{dataset}.csv"
    check_recipe(recipe)
    shared = value(params, f"datasets.{dataset}.{kind.removesuffix('s')}")
    where = device(params, shared["precision"])
    trial_of = {"autoencoders": _autoencoders, "priors": _priors}[kind](params, dataset, recipe, where)
    for name in recipe[kind] if method == "all" else method.split(","):
        listed = dict(enumerate(trials(recipe, kind, name), 1))
        protocols = {
            number: Protocol.of(name, shared.get("network", {}) | block, shared, where, recipe["share"])
            for number, block in listed.items()
        }
        missing = [n for n in listed if not finished(load_log(log), name, n, listed[n], protocols[n].steps)]
        side_by_side(partial(_run, name, listed, protocols, trial_of, log), missing, where.type)
        print(best_after(load_log(log)).query("method == @name").to_string(index=False))


def _run(
    name: str, listed: dict[int, dict], protocols: dict[int, Protocol], trial_of: Trial, log: Path, number: int
) -> None:
    """Runs a trial and logs it."""
    settings, protocol = listed[number], protocols[number]
    # The process's own time on a CPU: what else runs is none of its cost.
    clock = time.process_time if protocol.device.type == "cpu" else time.perf_counter
    row, start = {"method": name, "trial": number, "settings": settings, "steps": protocol.steps}, clock()
    try:
        with tempfile.TemporaryDirectory() as folder:
            row |= trial_of(name, protocol, number, Path(folder))
    except (ValueError, ArithmeticError) as error:  # a trial that fails is spent too
        row["failure"] = str(error)
    record(log, row | {"seconds": round(clock() - start, 1)})


def _scorer(params: dict, dataset: str, where: torch.device) -> tuple:
    """Returns the frozen classifiers, the moments of the validation split, and how many samples are scored."""
    classifiers = load_classifiers(ROOT / f"data/{dataset}/classifier", where)
    reference = load_reference(ROOT / f"data/{dataset}/reference.safetensors", classifiers)
    reference = {key: moments for key, moments in reference.items() if key.startswith("validation.")}
    return classifiers, reference, value(params, f"datasets.{dataset}.samples")


def _priors(params: dict, dataset: str, recipe: dict, where: torch.device) -> Trial:
    home = ROOT / f"models/{dataset}-{recipe['autoencoder']}"
    codes = load_codes(home / "codes/seed0.safetensors", where)
    model = load_autoencoder(home / "weights/seed0.safetensors", where)
    scorer = _scorer(params, dataset, where)

    def trial(name: str, protocol: Protocol, number: int, folder: Path) -> dict[str, float]:
        # The same noise for all trials of a prior, so that they differ by their settings alone.
        noise = generator(where, "tuning", dataset, name)
        seed("tuning", dataset, name, "weights")
        budget = protocol.budget(noise, f"{name} {number}", number)
        return score_prior(protocol.method, protocol.arguments, codes, model, *scorer, budget, folder)

    return trial


def _autoencoders(params: dict, dataset: str, recipe: dict, where: torch.device) -> Trial:
    data = load_tensors(ROOT / f"data/{dataset}/images.safetensors", where)[0]
    images = {split: data[f"{split}.images"].float() / 255 for split in ("train", "validation")}
    labels = {split: data[f"{split}.labels"] for split in images}
    scorer, shape = _scorer(params, dataset, where), list(images["train"].shape[1:])

    def trial(name: str, protocol: Protocol, number: int, folder: Path) -> dict[str, float]:
        # Seed 0's start and order of the data, as `train_autoencoder` has them.
        order, noise = generator(where, "batches", dataset, 0), generator(where, "tuning", dataset, name)
        seed("autoencoder", dataset, 0)
        budget, arguments = protocol.budget(order, f"{name} {number}", number), {"shape": shape} | protocol.arguments
        return score_autoencoder(protocol.method, arguments, images, labels, *scorer, budget, noise, folder)

    return trial


if __name__ == "__main__":
    run(tune, checked=False)
