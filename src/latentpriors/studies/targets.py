"""What an autoencoder has made of its target: where the classes are, and what is decoded along the target's axes."""

__all__ = ["STEPS", "asked_figures", "class_codes", "points", "target_grids"]

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..autoencoders.base import Autoencoder
from ..evaluation.interpolation import images
from ..networks import Classifier
from ..targets import Target
from .conditional import class_accuracy

if TYPE_CHECKING:
    import pandas as pd

POINTS = 1000  # codes of a picture
STEPS = 12  # of a grid along each axis
SHOWN = 3  # components of the mixture that have a grid
WALK = 6  # rows of a walk along the roll
NEIGHBOURS = 5  # training codes that vote on the class of a draw


def target_grids(target: Target, kind: str) -> Tensor:
    """Returns codes (N, 2) to decode, row by row, `STEPS` in each.

    Of "normal" a square grid, the inverse normal distribution function of evenly spaced quantiles along both
    dimensions; of "mixture" such a grid along the axes of each of the first components; of "roll" a walk along its
    axis, from the inside.

    References:
        | Auto-Encoding Variational Bayes (Kingma and Welling, 2013), figure 4, for the first
    """
    means, where = target.means, target.means.device
    if kind == "roll":
        index = torch.linspace(0, len(means) - 1, WALK * STEPS, device=where).round().long()
        return means[index]
    quantiles = (torch.arange(STEPS, device=where) + 0.5) / STEPS
    line = torch.special.ndtri(quantiles)
    square = torch.cartesian_prod(line.flip(0), line).flip(1)  # x grows to the right and y upwards, as in a plot
    if kind == "normal":
        return square
    grids = []
    for mean, cholesky in list(zip(target.means, target.choleskys, strict=True))[:SHOWN]:
        scales, axes = torch.linalg.eigh(cholesky @ cholesky.mT)
        grids.append(mean + square @ (axes * scales.sqrt()).mT)
    return torch.cat(grids)


def class_codes(target: Target, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Returns n codes of each class where the target has it, (n K, D), and their classes, (n K,)."""
    y = torch.arange(target.classes, device=target.means.device).repeat(n)
    return target.draw(y, generator), y


def asked_figures(
    model: Autoencoder,
    draws: tuple[Tensor, Tensor],
    classifiers: list[Classifier],
    judges: list[Classifier],
    codes: dict[str, Tensor],
    labels: dict[str, Tensor],
) -> dict[str, float | list[float]]:
    """Returns how codes that are drawn for a class come out, each figure a share.

    `accuracy`, as `class_accuracy` has it, is how often the frozen classifiers see the class in what is decoded, and
    `judged` how often those of another architecture do. `reconstructed` and `judged_reconstructed` are how often they
    see the class of a test image in its reconstruction: decoders of few dimensions blur, and a classifier may take all
    that is blurred for one class. `neighbours` asks no decoder: how often most of the nearest training codes are of
    the class.

    Arguments:
        model: The autoencoder.
        draws: Codes (N, D) and the class of each, (N,).
        classifiers: The frozen ones.
        judges: Those of another architecture.
        codes: Of real images, with shape (N, D), of "train" and "test".
        labels: Their classes, with shape (N,).
    """
    from sklearn.neighbors import KNeighborsClassifier  # here: it takes a second

    z, y = draws
    drawn, again = images(model, z), images(model, codes["test"])
    found = class_accuracy(classifiers, drawn, y)
    found["judged"] = class_accuracy(judges, drawn, y)["accuracy"]
    for key, scorers in (("reconstructed", classifiers), ("judged_reconstructed", judges)):
        found[key] = class_accuracy(scorers, again, labels["test"])["accuracy"]
    voters = KNeighborsClassifier(NEIGHBOURS).fit(codes["train"].cpu().numpy(), labels["train"].cpu().numpy())
    return found | {"neighbours": float(voters.score(z.cpu().numpy(), y.cpu().numpy()))}


def points(codes: Tensor, labels: Tensor, drawn: Tensor) -> "pd.DataFrame":
    """Returns rows of x, y and label for a picture: held-out codes (N, 2) with their classes, and, −1, draws (M, 2)."""
    import pandas as pd

    parts = [(codes[:POINTS], labels[:POINTS]), (drawn[:POINTS], torch.full((len(drawn[:POINTS]),), -1))]
    return pd.concat(
        pd.DataFrame(z.cpu().numpy().round(3), columns=["x", "y"]).assign(label=y.cpu().numpy()) for z, y in parts
    )
