"""Four images of one pixel each, and codes of two dimensions: what posteriors are like where the best is known."""

__all__ = ["BEST", "IMAGES", "LATENT", "entropy", "posteriors"]

import math

import numpy as np
import torch
from scipy.spatial import cKDTree
from scipy.special import digamma
from torch import Tensor

from ..autoencoders.avb import AVB
from ..autoencoders.base import Autoencoder, bernoulli_cross_entropy
from ..training import Budget

IMAGES = torch.eye(4).reshape(4, 1, 2, 2)
LATENT = 2
BEST = math.log(4)  # the least −ELBO in nats: the entropy of an image, four of which are equally likely
DRAWS = 5000  # codes of each image
NEIGHBOURS = 5
REACH, NODES = 6.0, 401  # of the grid over codes on which images are integrated


def posteriors(model: Autoencoder, budget: Budget, copies: int = 128) -> tuple[dict[str, float], Tensor]:
    """Trains an autoencoder on the four images, and returns its figures in nats and codes (4, DRAWS, LATENT) of each.

    `negative_elbo` is E[−log p(x | z) − log p(z)] − H(q), from codes, with the entropy H(q) of each posterior from the
    distances of its codes to their fifth neighbours: it needs no density of q. `said` is what AVB's critic says that it
    is. `nll` is −log p(x) by quadrature over the codes: what their difference leaves is q's distance from the exact
    posterior. `mismatch` is how far the codes of all images are from N(0, I), KL(q(z) || p(z)), by the same entropy.

    References:
        | Adversarial Variational Bayes (Mescheder et al., 2017), section 6.1, where the images are from
        | Estimating mutual information (Kraskov et al., 2004), equation 20, for the entropy by neighbours

    Arguments:
        model: Of codes of LATENT dimensions, not trained yet.
        budget: Of its training.
        copies: Of each image, so that a batch has many codes of it.
    """
    x = IMAGES.repeat(copies, 1, 1, 1).to(budget.generator.device)
    model.fit((x,), (), budget)
    with torch.no_grad():
        many = IMAGES.to(x).repeat_interleave(DRAWS, 0)
        z = model.codes(many).float()
        nll = bernoulli_cross_entropy(many, model.decoder(z)) - _log_normal(z)
        found = {"negative_elbo": float(nll.mean()), "nll": -float(_log_images(model, x.device).mean())}
        if isinstance(model, AVB):
            found["said"] = float(model.negative_elbo(many).mean())
    codes = z.unflatten(0, (4, DRAWS)).cpu()
    found["negative_elbo"] -= float(np.mean([entropy(part.numpy()) for part in codes]))
    found["mismatch"] = -float(_log_normal(z).mean()) - entropy(z.cpu().numpy())
    return found, codes


def entropy(points: np.ndarray) -> float:
    """Returns the entropy in nats of a density from samples (N, D) of it, by their distances to close neighbours."""
    N, D = points.shape
    distances = cKDTree(points).query(points.astype(float), NEIGHBOURS + 1)[0][:, -1]
    ball = 0.5 * D * math.log(math.pi) - math.lgamma(0.5 * D + 1)  # log of the volume of a ball of radius one
    return float(digamma(N) - digamma(NEIGHBOURS) + ball + D * np.log(np.maximum(distances, 1e-12)).mean())


def _log_images(model: Autoencoder, device: torch.device) -> Tensor:
    """Returns log p(x), (4,), of the images by quadrature over codes."""
    axis = torch.linspace(-REACH, REACH, NODES, device=device)
    z = torch.cartesian_prod(axis, axis)
    weights = _log_normal(z).double() + 2 * math.log(2 * REACH / (NODES - 1))
    logits = model.decoder(z)
    each = [-bernoulli_cross_entropy(x.expand(len(z), -1, -1, -1), logits).double() for x in IMAGES.to(device)]
    return torch.stack([(weights + log).logsumexp(0) for log in each])


def _log_normal(z: Tensor) -> Tensor:
    return -0.5 * (z**2 + math.log(2 * math.pi)).sum(1)
