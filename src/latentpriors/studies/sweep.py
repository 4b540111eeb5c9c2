"""Likelihood models at several weights β of the reconstruction, and GLF, which has no β, as their reference."""

__all__ = ["COLUMNS", "FIGURES", "at_beta", "fit_point", "follow", "native_shots", "point_name", "points", "summary"]

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..autoencoders.base import Autoencoder
from ..evaluation.fcd import activations, distances
from ..evaluation.interpolation import images as images_of
from ..likelihood.collapse import VERDICTS, collapse
from ..likelihood.joint import Joint, native_prior
from ..likelihood.mismatch import code_mismatch, code_scale
from ..likelihood.terms import image_terms
from ..metrics import student_interval
from ..networks import Classifier
from ..over_seeds import merged
from ..priors.base import Standardization
from ..registry import find
from ..store import save_tensors
from ..training import Budget, evaluate
from .swept import SWEPT, UNSWEPT

FOLLOWED = ("reconstruction", "nll", "entropy", "kl")
SHOTS = 8  # samples of the model's own prior that are kept at every look

# Of a point at the end of its training; which of them it has depends on the method, and on what failed.
FIGURES = (
    "best_step", "squared_error", "nll", "reconstruction", "kl", "entropy", "elbo", "code_scale", "code_scale_least",
    "active_units", "collapse", "mismatch_sliced_wasserstein", "mismatch_floor", "mismatch_accuracy",
    "fcd", "fcd_validation",
)  # fmt: skip

KEPT = (*FIGURES, "failure")  # of all seeds together
COLUMNS = ("method", "beta", "seed", *FIGURES, "seconds", "cpu_seconds", "failure")  # of each


def points(betas: Sequence[float]) -> list[tuple[str, float | None]]:
    """Returns all (method, β) of a sweep; the reference comes first and once, with None."""
    return [(UNSWEPT, None), *((name, beta) for name in SWEPT for beta in betas)]


def point_name(method: str, beta: float | None) -> str:
    """Returns METHOD-β, or the method alone where it has no β."""
    return method if beta is None else f"{method}-{beta:g}"


def at_beta(name: str, arguments: dict, beta: float | None) -> dict:
    """Returns a method's arguments with the weight β of its reconstruction, as they are where β is None.

    The `beta` of `vae` weighs the other term, so that it is 1/β, and the loss the same up to the factor β.
    """
    return arguments if beta is None else arguments | {"beta": 1 / beta if name == "vae" else beta}


def fit_point(
    name: str, arguments: dict, images: dict[str, Tensor], budget: Budget, codes: torch.Generator,
    noise: torch.Generator, classifiers: list[Classifier], reference: dict[str, np.ndarray], n: int, folder: Path,
) -> dict[str, float | str]:  # fmt: skip
    """Trains one model and returns its figures on test images; where one could not be had, `failure` is the reason.

    `budget.log` receives what `follow` measures. The terms (see `likelihood_figures`) are in nats; `fcd` and
    `fcd_validation` are those of decoded samples of the model's own prior, in the classifiers' logits.

    Arguments:
        name: Of the method.
        arguments: Of its constructor.
        images: In [0, 1], with shape (N, C, H, W), of "train", "validation" and "test".
        budget: Of the training.
        codes: The randomness of a stochastic encoder's codes.
        noise: That of the prior's samples.
        classifiers: The frozen ones.
        reference: The moments of the test and validation split, as `distances` takes them.
        n: How many samples are scored.
        folder: Where shots.safetensors goes: by step, images (`SHOTS`, C, H, W) of the model's own prior.
    """
    model, found, shots = find("autoencoders", name)(**arguments).to(images["train"].device), {}, {}
    measure = follow(model, images["validation"], budget.log)

    def look(step: int) -> None:
        measure(step)
        shots[f"{step:07}"] = native_shots(model, noise.initial_seed())

    try:
        figures = model.fit(
            (images["train"],), (images["validation"],), replace(budget, look=look, log=lambda step, losses: None)
        )
        found |= {key: figures[key] for key in ("best_step",) if key in figures}
        model.generator = codes
        for group in _measured(model, images, noise, classifiers, reference, n):
            found |= _finite(group)
    except (ValueError, ArithmeticError) as error:  # a point that fails stays in the table
        found["failure"] = str(error)
    save_tensors(folder / "shots.safetensors", shots)
    return found


def follow(model: Autoencoder, images: Tensor, log: Callable[[int, dict[str, float]], None]) -> Callable[[int], None]:
    """Returns a `look` for a budget that logs the terms of images (N, C, H, W) and the scale of their codes.

    It leaves the training as it is, and takes the same noise at every look, so that looks differ by the weights alone.
    """

    @torch.no_grad()
    def look(step: int) -> None:
        own = model.generator
        model.eval().generator = torch.Generator(images.device).manual_seed(own.initial_seed())
        terms = image_terms(Joint(model), images, draws=1)
        found = {key: float(terms[key].mean()) for key in FOLLOWED if key in terms}
        found["code_scale"] = code_scale(evaluate(model.codes, (images,)))["code_scale"]
        model.train().generator = own
        log(step, found)

    return look


@torch.no_grad()
def native_shots(model: Autoencoder, seed: int) -> Tensor:
    """Returns uint8 images (`SHOTS`, C, H, W) of the model's own prior, from the noise of a seed; black where it broke.

    It leaves the training as it is: the modules of a prior draw their first weights from PyTorch's own generator.
    """
    with torch.random.fork_rng(devices=[]):
        prior = native_prior(model.eval())
    codes = prior.sample(SHOTS, torch.Generator(next(model.parameters()).device).manual_seed(seed))
    whole = codes.isfinite().all(1)
    shots = images_of(model, codes.where(whole[:, None], 0))
    model.train()
    return shots * whole[:, None, None, None]


def summary(seeds: list[dict]) -> dict:
    """Returns the figures of a point from those of its seeds, as `merged` does; what no seed has is left out.

    `fcd_low` and `fcd_high` are Student's interval over the seeds that have one. Where seeds failed, `failures` counts
    them, and `failure` is the first reason.

    Arguments:
        seeds: What `fit_point` returned for each.
    """
    found = {"seeds": len(seeds)} | merged([{key: seed.get(key) for key in KEPT} for seed in seeds], VERDICTS)
    found = {key: value for key, value in found.items() if value is not None}
    if scores := [seed["fcd"] for seed in seeds if "fcd" in seed]:
        _, found["fcd_low"], found["fcd_high"] = student_interval(scores)
    failures = sum("failure" in seed for seed in seeds)
    return found | ({"failures": failures} if failures else {})


@torch.no_grad()
def _measured(
    model: Autoencoder, images: dict[str, Tensor], noise: torch.Generator, classifiers: list[Classifier],
    reference: dict[str, np.ndarray], n: int,
) -> Iterator[dict[str, float | str]]:  # fmt: skip
    """Yields the figures in groups, what can break last, so that a failure costs no more than it must."""
    joint = Joint(model)
    yield {key: float(value.mean()) for key, value in image_terms(joint, images["test"]).items()}
    codes = {split: evaluate(model.codes, (images[split],)) for split in ("train", "test")}
    yield code_scale(codes["test"])
    if joint.has_posterior:
        yield collapse(model, images["test"], codes["test"])
    drawn = joint.prior.sample(n, noise)
    if not drawn.isfinite().all():
        raise ValueError("the prior drew codes that are not finite")
    features = activations(classifiers, images_of(model, drawn))
    splits = {"fcd": "test", "fcd_validation": "validation"}
    yield {key: float(distances(features, reference, split)["logits"].mean()) for key, split in splits.items()}
    scaling = Standardization.of(codes["train"])
    yield code_mismatch(model, {"test": codes["test"], "mean": scaling.mean, "scale": scaling.scale}, noise)


def _finite(figures: dict[str, float | str]) -> dict[str, float | str]:
    for key, figure in figures.items():
        if not isinstance(figure, str) and not math.isfinite(figure):
            raise ValueError(f"{key} is {figure}")
    return figures
