"""Equal tuning: as many trials for every method, scored on the validation split."""

__all__ = ["check_recipe", "score_autoencoder", "score_prior", "trials"]

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..autoencoders.base import Autoencoder
from ..choices import unknown
from ..evaluation.fcd import activations, distances
from ..evaluation.interpolation import images
from ..fits import fit_autoencoder, fit_prior, load_autoencoder, load_codes
from ..networks import Classifier
from ..priors.base import FittedPrior
from ..project.check import check_method
from ..project.schema import check_is_block, check_keys, check_value
from ..registry import KINDS
from ..training import Budget

# What tuning.yaml has beside its methods.
RECIPE = {"trials": int, "share": float, "autoencoder": str, "untuned": tuple[str, ...]}


def check_recipe(recipe: dict) -> None:
    """Raises ValueError where the content of tuning.yaml has another form than that which `trials` takes."""
    check_keys(recipe, (*RECIPE, *KINDS), "tuning.yaml")
    for key, kind in RECIPE.items():
        check_value(recipe[key], kind, f"tuning.yaml {key}")
    for kind in KINDS:
        check_is_block(recipe[kind], f"tuning.yaml {kind}")
        for name, block in recipe[kind].items():
            check_keys(block, ("default", "changes"), path := f"tuning.yaml {kind}.{name}")
            if not isinstance(block["changes"], list):
                raise ValueError(f"{path}.changes: a list is needed, not {block['changes']!r}")
            for settings in (block["default"], *block["changes"]):
                check_is_block(settings, path)


def trials(recipe: dict, kind: str, name: str) -> list[dict]:
    """Returns the settings of a method's trials, the first the default.

    Arguments:
        recipe: The content of tuning.yaml: `trials`, how many each method has, and for each method of a kind a
            `default` and the `changes` to it.
        kind: "autoencoders" or "priors".
        name: Of the method.

    Raises:
        ValueError: the method is not listed, has another number of trials, two that are the same, or a mistake in one.
    """
    if name not in recipe[kind]:
        raise ValueError(unknown(f"tuning.yaml {kind}", name, recipe[kind]))
    block = recipe[kind][name]
    listed = [block["default"], *(block["default"] | change for change in block["changes"])]
    if len(listed) != recipe["trials"]:
        raise ValueError(f"tuning.yaml {kind}.{name}: {len(listed)} trials, the default among them; each method has "
                         f"{recipe['trials']}")  # fmt: skip
    for number, settings in enumerate(listed, 1):
        check_method(kind, name, settings, f"tuning.yaml {kind}.{name}, trial {number}")
        if settings in listed[: number - 1]:
            raise ValueError(f"tuning.yaml {kind}.{name}, trial {number}: an earlier trial has the same settings")
    return listed


def score_autoencoder(
    name: str, arguments: dict, images: dict[str, Tensor], labels: dict[str, Tensor], classifiers: list[Classifier],
    reference: dict[str, np.ndarray], n: int, budget: Budget, noise: torch.Generator, folder: Path,
) -> dict[str, float]:  # fmt: skip
    """Trains an autoencoder and returns `fcd_validation` of n native samples.

    Nothing of the test split is looked at.

    Arguments:
        name: Of the autoencoder.
        arguments: Of its constructor.
        images: In [0, 1], with shape (N, C, H, W), of "train" and "validation".
        labels: The classes (N,) of both, for methods that learn from them.
        classifiers: The frozen ones.
        reference: The moments of the validation split, as `distances` takes them.
        n: How many samples.
        budget: Of the training.
        noise: The randomness of the codes and the samples.
        folder: For the files.
    """
    seen = {key: images[key] for key in ("train", "validation")} | {"test": images["validation"][:100]}
    fit_autoencoder(name, arguments, seen, budget, noise, folder, labels)
    codes, model = (
        load(folder / f"{part}.safetensors", noise.device)
        for load, part in ((load_codes, "codes"), (load_autoencoder, "weights"))
    )
    (folder / "prior").mkdir()
    drawn = Budget(0, len(images["train"]), noise)
    return score_prior("native", {}, codes, model, classifiers, reference, n, drawn, folder / "prior")


@torch.no_grad()
def score_prior(
    name: str, arguments: dict, codes: dict[str, Tensor], model: Autoencoder, classifiers: list[Classifier],
    reference: dict[str, np.ndarray], n: int, budget: Budget, folder: Path,
) -> dict[str, float]:  # fmt: skip
    """Fits a prior and returns `fcd_validation` of n decoded samples, and `nll_validation` where it has a density.

    Nothing of the test split is looked at.

    Arguments:
        name: Of the prior.
        arguments: Of its constructor, without `dim`.
        codes: The autoencoder's, "train" and "validation" with their `mean` and `scale`, and a `native` prior if any.
        model: The autoencoder.
        classifiers: The frozen ones.
        reference: The moments of the validation split, as `distances` takes them.
        n: How many samples.
        budget: Of the training; its generator draws the samples too.
        folder: For the fit's files.
    """
    # What a fit measures on test codes is thrown away: a few of the validation's stand in.
    seen = {key: codes[key] for key in ("train", "validation", "mean", "scale", "native") if key in codes}
    with torch.enable_grad():
        figures = fit_prior(name, arguments, seen | {"test": codes["validation"][:100]}, budget, folder)
    prior = FittedPrior.load(folder / "prior.safetensors", codes["train"].device)
    drawn = prior.sample(n, budget.generator)
    found = distances(activations(classifiers, images(model, drawn)), reference, "validation")
    likelihood = {key: figures[key] for key in ("nll_validation",) if key in figures}
    return {"fcd_validation": float(found["logits"].mean())} | likelihood
