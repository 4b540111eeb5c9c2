"""What a prior does between two codes, what its map adds, and what it draws while it learns: codes for pictures."""

__all__ = ["COLUMNS", "images", "line_images", "pictures", "shown", "walk"]

import torch
from torch import Tensor

from ..autoencoders.base import Autoencoder
from ..priors.base import FittedPrior
from ..training import evaluate

COLUMNS = 8  # of every picture
PAIRS = 4  # of images that are joined by a walk


def pictures(
    prior: FittedPrior, codes: Tensor, shots: dict[str, Tensor], generator: torch.Generator
) -> dict[str, Tensor]:
    """Returns raw codes (N, D) of each picture of a prior, N a multiple of `COLUMNS`.

    That is "training", a row of samples at each of some steps, for a prior that is trained by steps; and for one with
    a noise space "walk", a row for each pair of codes, and "skipped", two rows of noise that is taken for codes, as if
    there were no prior.

    Arguments:
        prior: The fitted prior.
        codes: Raw codes of held-out images, with shape (N, D), of which the first are joined.
        shots: Raw codes (`COLUMNS`, D) by step.
        generator: Of the noise.
    """
    found = {"training": torch.cat(shown(shots))} if shots else {}
    if prior.has_noise_space:
        ends = codes[: 2 * PAIRS].reshape(PAIRS, 2, -1)
        noise = prior.prior.normal(2 * COLUMNS, generator)
        found["walk"] = walk(prior, ends, COLUMNS, generator).flatten(0, 1)
        found["skipped"] = prior.scaling.inverse(noise)
    return found


def shown(shots: dict[str, Tensor]) -> list[Tensor]:
    """Returns some of the entries in the order of their steps, closer to each other at the beginning."""
    steps = sorted(shots)
    last = len(steps) - 1
    return [shots[steps[index]] for index in sorted({round(last * share**2) for share in (0, 0.2, 0.4, 0.6, 0.8, 1)})]


def walk(prior: FittedPrior, ends: Tensor, steps: int, generator: torch.Generator) -> Tensor:
    """Returns raw codes (P, steps, D) on arcs through the prior's own noise space.

    The arcs join the noise of the given codes where the prior can be inverted, and new noise where it cannot.

    References:
        | Sampling Generative Networks (White, 2016), where noise is interpolated on arcs: on a straight line its
          norm would be smaller than that of any sample

    Arguments:
        prior: One that has a noise space.
        ends: Pairs of raw codes, with shape (P, 2, D).
        steps: The number of codes of a walk, its ends among them.
        generator: Of the noise where the prior cannot be inverted.
    """
    P, _, D = ends.shape
    noise = prior.to_noise(ends.flatten(0, 1)) if prior.invertible else prior.prior.normal(2 * P, generator)
    a, b = noise.reshape(P, 2, 1, -1).unbind(1)
    t = torch.linspace(0, 1, steps, device=noise.device)[:, None]
    a_norm, b_norm = a.norm(dim=2, keepdim=True), b.norm(dim=2, keepdim=True)
    angle = ((a / a_norm) * (b / b_norm)).sum(2, keepdim=True).clamp(-0.9999, 0.9999).arccos()
    arc = ((1 - t) * angle).sin() / angle.sin() * a / a_norm + (t * angle).sin() / angle.sin() * b / b_norm
    # The direction turns evenly and the norm changes evenly, so that both ends are met exactly.
    return prior.from_noise((arc * ((1 - t) * a_norm + t * b_norm)).flatten(0, 1)).reshape(P, steps, D)


def line_images(model: Autoencoder, codes: Tensor) -> Tensor:
    """Returns as bytes what the decoder makes of straight lines between the same pairs of codes, a row for each."""
    a, b = codes[: 2 * PAIRS].reshape(PAIRS, 2, 1, -1).unbind(1)
    t = torch.linspace(0, 1, COLUMNS, device=codes.device)[:, None]
    return images(model, ((1 - t) * a + t * b).flatten(0, 1))


def images(model: Autoencoder, codes: Tensor) -> Tensor:
    """Returns the decoder's images (N, C, H, W) of codes (N, D) as bytes, since real images come as bytes too.

    Raises:
        ValueError: the codes have another dimension than the autoencoder's.
    """
    if codes.shape[1] != model.latent:
        raise ValueError(f"codes of {codes.shape[1]} dimensions and an autoencoder of {model.latent}: of another one")
    return (evaluate(model.decode, (codes,)) * 255).round().byte()
