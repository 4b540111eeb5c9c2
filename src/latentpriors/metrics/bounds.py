"""Lower bounds on the likelihood of images: the terms of the ELBO, and the bound by importance sampling."""

__all__ = ["elbo_terms", "gaussian_entropy", "gaussian_samples", "iwae_bound"]

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import Normal

from .arrays import count


def elbo_terms(reconstruction: Tensor, entropy: Tensor, nll: Tensor) -> dict[str, Tensor]:
    """Returns the terms of −ELBO = reconstruction + kl, with kl = nll − entropy; all with shape (N,), in nats.

    Arguments:
        reconstruction: −log p(x | z).
        entropy: −log q(z | x), or its expectation.
        nll: −log p(z).
    """
    return {"reconstruction": reconstruction, "kl": nll - entropy, "nll": nll, "entropy": entropy}


def gaussian_entropy(scale: Tensor) -> Tensor:
    """Returns the entropy of N(mean, scale²) in nats, (N,), from scale (N, D)."""
    return Normal(0.0, scale).entropy().sum(1)


def gaussian_samples(mean: Tensor, scale: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Returns z = mean + scale · noise, (S, N, D), and log N(z; mean, scale²) in nats, (S, N).

    Arguments:
        mean, scale: With shape (N, D).
        noise: Standard normal, with shape (S, N, D).
    """
    return mean + scale * noise, (Normal(0.0, 1.0).log_prob(noise) - scale.log()).sum(2)


@torch.no_grad()
def iwae_bound(
    log_p_x_given_z: Callable[[Tensor, Tensor], Tensor],
    sample_q: Callable[[Tensor, int], tuple[Tensor, Tensor]],
    log_prior: Callable[[Tensor], Tensor],
    x: Tensor,
    samples: int = 500,
    chunk: int = 10_000,
) -> Tensor:
    r"""Returns log (1/S) Σ_s p(x | z_s) p(z_s) / q(z_s | x) with z_s ~ q(z | x), in nats, (N,), float64.

    Its expectation is at most log p(x), rises with S, and is the ELBO at S = 1.

    References:
        | Importance Weighted Autoencoders (Burda et al., 2016)

    Arguments:
        log_p_x_given_z: From images (M, ...) and codes (M, D) to (M,), in nats.
        sample_q: From images (n, ...) and a number k to codes (k, n, D) and their log q(z | x), (k, n), in nats.
        log_prior: From codes (M, D) to (M,), in nats.
        x: Images (N, ...).
        samples: S.
        chunk: How many pairs of an image and a code are held at once, at most.

    Raises:
        ValueError: `samples` or `chunk` is no whole number of at least one.
    """
    at_once = min(count(samples, "samples"), count(chunk, "chunk"))
    bounds = [x.new_empty(0, dtype=torch.float64)]
    for images in x.split(chunk // at_once) if len(x) else ():
        total = images.new_full((len(images),), -math.inf, dtype=torch.float64)
        for start in range(0, samples, at_once):
            k = min(at_once, samples - start)
            z, log_q = sample_q(images, k)
            repeated, flat = images.expand(k, *images.shape).flatten(0, 1), z.flatten(0, 1)
            log_joint = log_p_x_given_z(repeated, flat).double() + log_prior(flat).double()
            log_weight = log_joint.unflatten(0, (k, len(images))) - log_q.double()
            total = torch.logaddexp(total, log_weight.logsumexp(0))
        bounds.append(total - math.log(samples))
    return torch.cat(bounds)
