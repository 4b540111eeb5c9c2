"""Distributions that codes are made to look like: mixtures of Gaussians whose components belong to classes."""

__all__ = ["FLAT", "TARGETS", "Target", "make_target"]

import math

import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

RADIUS, ALONG, ACROSS = 3.0, 0.7, 0.25  # of the mixture: where its components are, and their standard deviations
TURNS, WIDTH = 2, 0.12  # of the roll, and its standard deviation
PARTS = 30  # components of the roll for each class: its width is more than the steps between them


class Target(nn.Module):
    """A mixture of Gaussians of equal weights; its components belong to classes, in order and in equal numbers.

    Arguments:
        means: With shape (K, D).
        choleskys: With shape (K, D, D).
        classes: How many; K is a multiple of it.
    """

    def __init__(self, means: Tensor, choleskys: Tensor, classes: int):
        super().__init__()
        self.classes = classes
        # Not in the state of a model that has it: the model's arguments say all of it.
        self.register_buffer("means", means, persistent=False)
        self.register_buffer("choleskys", choleskys, persistent=False)

    def draw(self, y: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Returns a code for each of some classes, (N, D) of (N,); class −1 is any."""
        size, where = len(self.means) // self.classes, self.means.device
        y = y.to(where).long()
        any_class = torch.randint(self.classes, y.shape, generator=generator, device=where)
        part = torch.randint(size, y.shape, generator=generator, device=where)
        k = torch.where(y < 0, any_class, y) * size + part
        noise = torch.randn(len(y), self.means.shape[1], generator=generator, device=where)
        return self.means[k] + (self.choleskys[k] @ noise[:, :, None])[:, :, 0]

    def log_prob(self, z: Tensor) -> Tensor:
        """Returns the log-density in nats, (N,), of codes (N, D)."""
        parts = MultivariateNormal(self.means, scale_tril=self.choleskys)
        return parts.log_prob(z[:, None]).logsumexp(1) - math.log(len(self.means))

    def state(self) -> dict[str, Tensor]:
        """Returns the state of the prior `gmm` that is the same distribution."""
        K, D = self.means.shape
        weights, origin = self.means.new_full((K,), 1 / K), self.means.new_zeros(D)
        return {"weights": weights, "means": self.means, "choleskys": self.choleskys, "origin": origin}


def make_target(name: str, latent: int, classes: int) -> Target:
    """Returns a target by its name: "normal", N(0, I); "mixture", one Gaussian a class on a circle, long along its
    radius; "roll", a swiss roll, of which class 0 is the innermost part and each part has as much area.

    References:
        | Adversarial Autoencoders (Makhzani et al., 2015), figures 2 and 4, for the last two; the sizes are ours

    Raises:
        ValueError: there is no such target, or it has not as many dimensions as the codes.
    """
    if name not in TARGETS:
        raise ValueError(f"target: {name!r} is unknown; choose from {', '.join(TARGETS)}")
    if name in FLAT and latent != 2:
        raise ValueError(f"the target {name} has two dimensions and the codes have {latent}; set `latent` to 2")
    return TARGETS[name](latent, classes)


def _normal(latent: int, classes: int) -> Target:
    return Target(torch.zeros(1, latent), torch.eye(latent)[None], 1)


def _mixture(latent: int, classes: int) -> Target:
    angle = 2 * math.pi * torch.arange(classes) / classes
    along = torch.stack([angle.cos(), angle.sin()], 1)
    across = torch.stack([-angle.sin(), angle.cos()], 1)
    axes = torch.stack([ALONG * along, ACROSS * across], 2)
    return Target(RADIUS * along, torch.linalg.cholesky(axes @ axes.mT), classes)


def _roll(latent: int, classes: int) -> Target:
    K = classes * PARTS
    share = ((torch.arange(K) + 0.5) / K).sqrt()  # of the radius, so that equal steps are of equal length
    angle = 2 * math.pi * TURNS * share
    means = RADIUS * share[:, None] * torch.stack([angle.cos(), angle.sin()], 1)
    return Target(means, WIDTH * torch.eye(2).repeat(K, 1, 1), classes)


TARGETS = {"normal": _normal, "mixture": _mixture, "roll": _roll}
FLAT = ("mixture", "roll")  # of two dimensions
