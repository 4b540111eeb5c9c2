"""What an autoencoder says of held-out images in nats, and whether its codes are what its prior expects."""

__all__ = ["image_bound", "image_terms", "likelihood_figures"]

import torch
from torch import Tensor

from ..autoencoders.base import Autoencoder
from ..metrics.bounds import elbo_terms, iwae_bound
from .collapse import collapse
from .joint import Joint
from .mismatch import code_mismatch, code_scale
from .proposals import Proposal, chosen_proposal

TRIED = 100  # validation images on which the width of a proposal is chosen
CHUNK = 1000  # images decoded at once: more do not fit into a processor's cache and take longer each


def likelihood_figures(
    model: Autoencoder,
    images: Tensor,
    codes: dict[str, Tensor],
    generator: torch.Generator,
    samples: int = 500,
    bounded: int = 500,
    draws: int = 5,
    labels: Tensor | None = None,
    validation: Tensor | None = None,
) -> dict[str, float | str]:
    """Returns the figures of one autoencoder on held-out images; those that it cannot have are left out.

    `reconstruction`, `nll`, `entropy`, `kl` and `elbo` = −reconstruction − kl are means over all images, in nats. The
    bound by importance sampling decodes `samples` codes an image, so that only `bounded` images get it: `iwae` is
    `elbo` + `iwae_gap`, the mean over these of bound − ELBO, which varies between images far less than the bound does;
    `iwae_error` is the standard error of that mean. No weight of a training loss enters. `squared_error` is the sum
    over pixels. An encoder without noise has no ELBO; where a prior was trained along with it, `iwae` takes a Gaussian
    around its code, of `proposal_width` (see `chosen_proposal`), a looser bound. A prior without a density has no `nll`
    and no bound. For the others see `collapse`, `code_scale` and `code_mismatch`.

    References:
        | Importance Weighted Autoencoders (Burda et al., 2016)
        | ELBO surgery: yet another way to carve up the variational evidence lower bound (Hoffman and Johnson, 2016),
          for the mismatch of aggregate posterior and prior

    Arguments:
        model: The trained autoencoder.
        images: In [0, 1], with shape (N, C, H, W).
        codes: Raw codes of these images as "test", and the `mean` and `scale` that standardize codes.
        generator: Of the posterior's and the prior's samples.
        samples: S of the bound by importance sampling.
        bounded: How many images get that bound, evenly spaced among all.
        draws: Codes of each image for the other terms.
        labels: The classes (N,) of the images, for models that learn from them.
        validation: Images for the choice of that width; without them there is no such bound.

    Raises:
        ValueError: images or codes have the wrong shape or are not finite, are too few, or do not belong together.
    """
    _check(model, images, codes)
    model.generator, joint = generator, Joint(model)
    terms = image_terms(joint, images, draws)
    found = {name: float(value.mean()) for name, value in terms.items()}
    found |= {"pixels": joint.pixels} if joint.pixels else {}
    if joint.has_posterior:
        found |= collapse(model, images, codes["test"], labels)
    if joint.pixels and joint.has_prior:
        chosen = torch.linspace(0, len(images) - 1, min(bounded, len(images)), device=images.device).long()
        spread, tried = codes["test"].float().std(0), None if validation is None else validation[:TRIED]
        found |= _bound(joint, terms, images, chosen, samples, spread, tried)
    return found | code_scale(codes["test"]) | code_mismatch(model, codes, generator)


@torch.no_grad()
def image_terms(joint: Joint, images: Tensor, draws: int = 5) -> dict[str, Tensor]:
    """Returns `squared_error`, `nll` and what else there is of `elbo_terms` and `elbo`, each (N,), float64.

    They are means over `draws` codes of each image from the posterior; a deterministic encoder has one code.
    """
    parts = [_terms(joint, x, draws) for x in images.split(max(1, CHUNK // draws))]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


@torch.no_grad()
def image_bound(joint: Joint, images: Tensor, samples: int = 500, proposal: Proposal | None = None) -> Tensor:
    """Returns the bound by importance sampling (see `iwae_bound`) in nats, (N,), float64.

    Codes are drawn from the posterior, or from a proposal where one is given.

    Raises:
        ValueError: the autoencoder has no posterior, or gives images no likelihood.
    """
    return iwae_bound(joint.log_likelihood, proposal or joint.posterior, joint.log_prior, images, samples, CHUNK)


def _bound(
    joint: Joint,
    terms: dict[str, Tensor],
    images: Tensor,
    chosen: Tensor,
    samples: int,
    spread: Tensor,
    validation: Tensor | None,
) -> dict[str, float]:
    """Returns the figures of the bound: from the posterior, or around the codes where a prior was trained along."""
    if joint.has_posterior:
        gap = image_bound(joint, images[chosen], samples) - terms["elbo"][chosen]
        return {"iwae_gap": float(gap.mean())} | _bounded(terms["elbo"], gap, samples)
    if joint.model.native() is None or validation is None:
        return {}
    proposal = chosen_proposal(joint, spread, validation)
    at_code = -terms["reconstruction"] - terms["nll"]
    gap = image_bound(joint, images[chosen], samples, proposal) - at_code[chosen]
    return {"proposal_width": proposal.width} | _bounded(at_code, gap, samples)


def _bounded(base: Tensor, gap: Tensor, samples: int) -> dict[str, float]:
    """Returns the mean bound of all images: of a figure that all have, and its gap, which some have."""
    error = float(gap.std()) / len(gap) ** 0.5
    mean = float(base.mean()) + float(gap.mean())
    return {"iwae": mean, "iwae_error": error, "iwae_samples": samples, "iwae_images": len(gap)}


def _terms(joint: Joint, x: Tensor, draws: int) -> dict[str, Tensor]:
    z, log_q = joint.posterior(x, draws) if joint.has_posterior else (joint.model.codes(x).float()[None], None)
    S, flat, repeated = len(z), z.flatten(0, 1), x.expand(len(z), *x.shape).flatten(0, 1)
    errors = (joint.model.decode(flat) - repeated).square().flatten(1).sum(1)
    parts = {"squared_error": errors}
    parts |= {"nll": -joint.log_prior(flat)} if joint.has_prior else {}
    parts |= {"reconstruction": -joint.log_likelihood(repeated, flat)} if joint.pixels else {}
    means = {name: values.double().unflatten(0, (S, len(x))).mean(0) for name, values in parts.items()}
    if joint.has_posterior and joint.pixels and joint.has_prior:
        means |= elbo_terms(means["reconstruction"], -log_q.double().mean(0), means["nll"])
        means["elbo"] = -means["reconstruction"] - means["kl"]
    return means


def _check(model: Autoencoder, images: Tensor, codes: dict[str, Tensor]) -> None:
    if images.shape[1:] != model.shape or not images.is_floating_point():
        raise ValueError(
            f"images are {images.dtype} of shape {tuple(images.shape)}; the autoencoder takes (N, *{model.shape}) as "
            f"floating point in [0, 1]"
        )
    if codes["test"].shape != (len(images), model.latent):
        raise ValueError(
            f"codes of shape {tuple(codes['test'].shape)} do not belong to {len(images)} images and an autoencoder "
            f"of {model.latent} dimensions"
        )
    if not images.isfinite().all() or not codes["test"].isfinite().all():
        raise ValueError("images or codes have entries that are not finite; clean them, or train again if it diverged")
