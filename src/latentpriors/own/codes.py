"""Priors for anyone's codes: fitted, sampled, and measured against held-out ones."""

__all__ = ["changed", "fit_codes", "floor"]

import json
import math
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..fits import fit_prior
from ..metrics import sliced_wasserstein
from ..priors.base import FittedPrior, Standardization
from ..project.check import check_method
from ..registry import find, hyperparameters, method_of
from ..store import whole
from ..training import Budget

HALVINGS = 5


def floor(codes: dict[str, Tensor], seed: int) -> float:
    """Returns the sliced Wasserstein distance of held-out codes to other ones, as many; a perfect prior's."""
    scaling, random = Standardization(codes["mean"], codes["scale"]), np.random.default_rng(seed)
    z = scaling(torch.cat([codes["validation"], codes["test"]])).double().cpu().numpy()
    orders = [random.permutation(len(z)) for _ in range(HALVINGS)]
    half = len(z) // 2
    return float(np.mean([sliced_wasserstein(z[order[:half]], z[order[half:]]) for order in orders]))


def fit_codes(
    name: str, arguments: dict, codes: dict[str, Tensor], n: int, budget: Budget, folder: Path
) -> dict[str, float]:
    """Fits a prior, writes prior.safetensors and samples.npy (n, D) in the codes' units, and returns its figures.

    Those are `nll` and `nll_validation` (nats, held-out codes), where the prior has a density, `sliced_wasserstein` of
    as many samples as there are test codes to these, in standard deviations, and `parameters`.

    Arguments:
        name: Of the prior.
        arguments: Of its constructor, without `dim`.
        codes: As `split_codes` returns them, on one device.
        n: How many samples are written.
        budget: Of the training; its generator draws the samples too.
        folder: Where the files go; other files there stay.

    Raises:
        ValueError: the codes have too few dimensions for the prior, or its likelihood or samples are not finite.
        TrainingDiverged: a loss is not finite.
    """
    test, cls = codes["test"], find("priors", name)
    if test.shape[1] < cls.least_dim:
        raise ValueError(f"{name} needs codes of at least {cls.least_dim} dimensions, and these have {test.shape[1]}")
    with tempfile.TemporaryDirectory() as scratch:
        figures = fit_prior(name, arguments, codes, budget, Path(scratch))
        prior = FittedPrior.load(Path(scratch) / "prior.safetensors", test.device)
    scaling = Standardization(codes["mean"], codes["scale"])
    drawn = prior.sample(max(n, len(test)), budget.generator)
    if not drawn.isfinite().all():
        raise ValueError(f"{name} drew samples that are not finite; try a lower learning rate or other settings")
    if not all(math.isfinite(figures.get(key, 0.0)) for key in ("nll", "nll_validation")):
        raise ValueError(f"{name} gives held-out codes a likelihood of 0 or infinity; try other settings")
    figures["sliced_wasserstein"] = sliced_wasserstein(scaling(drawn[: len(test)]), scaling(test))
    prior.save(folder / "prior.safetensors")
    with whole(folder / "samples.npy") as part, part.open("wb") as file:
        np.save(file, drawn[:n].cpu().numpy())
    return figures


def changed(blocks: dict[str, dict], changes: list[str]) -> dict[str, dict]:
    """Returns the block of each prior with the changes KEY=VALUE, for all that have the key, or PRIOR.KEY=VALUE.

    Values are JSON, or else text.

    Raises:
        ValueError: a change has another form or fits no prior, or a block has a mistake.
    """
    blocks = {name: dict(block) for name, block in blocks.items()}
    for change in changes:
        key, equals, text = change.partition("=")
        prior, _, key = key.rpartition(".")
        known = {name: {"factor", *hyperparameters("priors", method_of(name, block))} for name, block in blocks.items()}
        takers = [name for name in blocks if prior == name or (not prior and (len(blocks) == 1 or key in known[name]))]
        if not equals or not takers:
            raise ValueError(f"--set {change}: KEY=VALUE or PRIOR.KEY=VALUE is needed, with a key of a chosen prior")
        for name in takers:
            blocks[name][key] = _value(text)
    for name, block in blocks.items():
        check_method("priors", name, block, f"priors.{name}")
    return blocks


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
