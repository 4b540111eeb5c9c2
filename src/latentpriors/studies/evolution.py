"""How what autoencoders generate changes over the epochs of their training."""

__all__ = ["evolve"]

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ..autoencoders.base import Autoencoder
from ..evaluation.fcd import activations, distances
from ..evaluation.interpolation import images
from ..likelihood.joint import native_prior
from ..networks import Classifier
from ..training import Budget

SHOTS = 8  # samples, and reconstructions, of a row of the picture


def evolve(
    model: Autoencoder,
    data: dict[str, tuple[Tensor, ...]],
    shown: Tensor,
    epochs: Collection[int],
    classifiers: list[Classifier],
    reference: dict[str, np.ndarray],
    budget: Budget,
) -> tuple[dict[str, list[float]], Tensor]:
    """Trains a model and looks at it after some epochs, with the weights and not their average.

    Returns `samples` and `reconstructions`, FCD to the validation split at each of the E epochs, of as many samples of
    the model's own prior as there are validation images and of these decoded; and pictures as bytes, with shape (E,
    2 · SHOTS, C, H, W), a row for each epoch: samples of the same noise, and reconstructions.

    Arguments:
        model: Not trained yet; its prior is asked for at every look.
        data: Of "train" and "validation", images (N, C, H, W) in [0, 1] and classes (N,), as `Autoencoder.fit` takes
            them.
        shown: The images (SHOTS, C, H, W) whose reconstructions are shown.
        epochs: In order; the last is the budget's end, and an epoch is an equal part of it.
        classifiers: The frozen ones.
        reference: The moments of the validation split, as `distances` takes them.
        budget: Of the whole training.
    """
    found, rows, seen = {"samples": [], "reconstructions": []}, [], []
    held_out, origin = data["validation"][0], budget.generator.initial_seed()

    @torch.no_grad()
    def look(step: int) -> None:
        seen.append(step)
        if len(seen) not in epochs:
            return
        kept, model.generator = model.generator, torch.Generator(held_out.device).manual_seed(origin)
        model.eval()
        codes = {
            "samples": native_prior(model).sample(len(held_out), model.generator),
            "reconstructions": torch.cat([model.codes(x) for x in held_out.split(1000)]).float(),
        }
        for name, z in codes.items():
            fcd = distances(activations(classifiers, images(model, z)), reference, "validation")
            found[name].append(float(fcd["logits"].mean()))
        rows.append(images(model, torch.cat([codes["samples"][:SHOTS], model.codes(shown).float()])))
        model.train().generator = kept

    model.fit(data["train"], data["validation"], replace(budget, evaluations=max(epochs), look=look))
    return found, torch.stack(rows)
