"""The likelihood of images under a decoder and a prior that was fitted to the codes afterwards."""

__all__ = ["two_stage_figures"]

import torch
from torch import Tensor

from ..autoencoders.base import Autoencoder
from ..metrics.bounds import iwae_bound
from ..priors.base import FittedPrior
from .joint import Joint
from .proposals import WIDTHS, chosen_proposal
from .terms import CHUNK, TRIED, image_terms

WIDER = (*WIDTHS, 3.0)  # what nothing has pressed together needs wider proposals than a flow's codes do


def two_stage_figures(
    model: Autoencoder,
    prior: FittedPrior,
    images: Tensor,
    codes: dict[str, Tensor],
    generator: torch.Generator,
    validation: Tensor,
    samples: int = 500,
    bounded: int = 500,
) -> dict[str, float | str]:
    """Returns the figures of `likelihood_figures` in nats, with a fitted prior in place of the autoencoder's own.

    log p(x) = log ∫ p(x | z) p(z) dz is that of a latent variable model whatever its parts were trained on, so that two
    stages compare with a VAE in pixels. Codes of the bound are drawn from the posterior, or where the encoder has no
    noise from a proposal of `proposal_width`, chosen on validation images.

    References:
        | Importance Weighted Autoencoders (Burda et al., 2016)

    Arguments:
        model: The trained autoencoder.
        prior: Fitted to its codes, with a density.
        images: In [0, 1], with shape (N, C, H, W).
        codes: Raw codes of these images as "test".
        generator: Of the samples.
        validation: Images for the choice of the width.
        samples: How many codes an image the bound takes.
        bounded: How many images get it, evenly spaced among all.

    Raises:
        ValueError: the prior has no density, or the autoencoder gives images no likelihood.
    """
    if not prior.has_density:
        raise ValueError(f"{prior.about['name']} has no density; list a prior that has one under bounds")
    model.generator, joint = generator, Joint(model, prior)
    if joint.pixels is None:
        raise ValueError(f"{type(model).__name__} gives images no likelihood; take its row from bounds")
    terms = image_terms(joint, images)
    found = {name: float(value.mean()) for name, value in terms.items()} | {"pixels": joint.pixels}
    with torch.no_grad():
        if joint.has_posterior:
            proposal, base = joint.posterior, terms["elbo"]
        else:
            proposal = chosen_proposal(joint, codes["test"].float().std(0), validation[:TRIED], widths=WIDER)
            found["proposal_width"], base = proposal.width, -terms["reconstruction"] - terms["nll"]
        chosen = torch.linspace(0, len(images) - 1, min(bounded, len(images)), device=images.device).long()
        bound = iwae_bound(joint.log_likelihood, proposal, joint.log_prior, images[chosen], samples, CHUNK)
    # What the samples gain varies between images far less than the bound itself.
    gap = bound - base[chosen]
    found |= {"iwae_gap": float(gap.mean())} if joint.has_posterior else {}
    error = float(gap.std()) / len(gap) ** 0.5
    return found | {
        "iwae": float(base.mean() + gap.mean()), "iwae_error": error, "iwae_samples": samples, "iwae_images": len(gap),
    }  # fmt: skip
