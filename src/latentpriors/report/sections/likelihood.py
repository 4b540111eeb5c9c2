"""What autoencoders say of test images in nats, as a table and in words."""

__all__ = ["likelihood"]

import math

import pandas as pd

from ...metrics import compare, student_interval
from ..page import Text
from ..results import Results
from ..sheets import Column, Sheet
from ..words import interval, listed

LIKELIHOOD = (
    Column("model", "model", "s", ""),
    Column("pixels", "pixels", "s", "The likelihood of a pixel given the code; only rows of one kind compare in nats."),
    Column("iwae", "IWAE bound", ".2f",
           "Bound on log p(x) by importance sampling. Nats an image, higher is better."),
    Column("iwae_span", "95% interval of IWAE", "s", "Student's t over seeds."),
    Column("proposal_width", "proposal", ".2f",
           "Of a bound whose codes are not from a posterior, but from a Gaussian around the image's code: its standard "
           "deviation in those of the codes."),
    Column("elbo", "ELBO", ".2f", "-reconstruction - KL: the bound from one code an image, higher is better."),
    Column("elbo_span", "95% interval of ELBO", "s", "Student's t over seeds."),
    Column("iwae_gap", "gap", ".2f", "IWAE bound less ELBO: q(z | x) is at least so far from p(z | x)."),
    Column("reconstruction", "reconstruction", ".2f", "-log p(x | z) at codes of the image; lower is better."),
    Column("kl", "KL", ".2f", "Of q(z | x) to the autoencoder's own prior: NLL of the prior less entropy."),
    Column("nll", "NLL of the prior", ".2f", "-log p(z) of these codes, N(0, I) where the autoencoder has no prior."),
    Column("entropy", "entropy", ".2f", "Of q(z | x); negative where it is narrow."),
    Column("squared_error", "squared error", ".3f", "Of the decoded image, summed over pixels, for all alike."),
)  # fmt: skip

WEIGHTED = ("beta_vae", "beta_vae_capacity", "vae_flow_prior", "glf_regularized")  # their losses weigh a term
COMPARED = "bernoulli"  # the likelihood of pixels whose models are ranked


def likelihood(results: Results) -> list[Text | Sheet]:
    """Returns the table of bounds, models of one likelihood of pixels together, and which of them is highest."""
    found = {name: facts for name, facts in (results.likelihood | results.bounds).items() if facts}
    if not found:
        return []
    ordered = sorted(found.items(), key=lambda item: _place(item[1]))
    spans = {name: {f"{key}_span": _span(facts, key) for key in ("elbo", "iwae")} for name, facts in ordered}
    table = pd.DataFrame([{"model": name} | facts | spans[name] for name, facts in ordered])
    lines = [*_highest(found), *_apart(found), _nats(found)]
    return [*map(Text, lines), Sheet(LIKELIHOOD, table, explained=True, missing="–")]


def _place(facts: dict) -> tuple:
    """Returns what rows are sorted by: the ranked likelihood, others, none; then the highest bound."""
    pixels = facts.get("pixels")
    bound = -facts.get("iwae", -math.inf)
    return pixels is None, pixels != COMPARED, pixels or "", bound, facts.get("reconstruction", math.inf)


def _span(facts: dict, key: str) -> str | None:
    _, low, high = student_interval(facts[f"{key}_by_seed"]) if key in facts else (None, None, None)
    return interval(low, high)


def _highest(found: dict[str, dict]) -> list[str]:
    ranked = {name: facts for name, facts in found.items() if facts.get("pixels") == COMPARED and "iwae" in facts}
    if not ranked:
        return []
    best, *others = sorted(ranked, key=lambda name: -ranked[name]["iwae"])
    span = _span(ranked[best], "iwae")
    value = f"{ranked[best]['iwae']:.2f} nats" + (f" (95% interval {span})" if span else "")
    kind = "with Bernoulli pixels and a bound"
    if not others:
        return [f"**{best}** is the only model {kind}: its bound on log p(x) is {value}."]
    bounds = {name: facts["iwae_by_seed"] for name, facts in ranked.items()}
    text = f"**{best}** has the highest bound on log p(x) of the {len(ranked)} models {kind}: {value}."
    notes = " Autoencoders of other tables are not among them."
    notes += " cvae was trained with the images' classes, which no other model saw." if "cvae" in ranked else ""
    if weighted := [name for name in ranked if name in WEIGHTED]:
        notes += (
            f" The training of {listed(weighted)} weighs reconstruction against KL or NLL as params.yaml says, and the "
            "bound weighs nothing: they are ranked for what they give, not for what they sought."
        )
    if "beta_vae_capacity" in ranked:
        notes += " The capacity of beta_vae_capacity grows to the last step: only its last weights had all of it."
    if looser := [name for name, facts in ranked.items() if "proposal_width" in facts]:
        notes += (
            f" The bound of {listed(looser)} is looser than need be: without a posterior its codes are drawn from "
            "Gaussians around the image's code, as wide as is best on validation images."
        )
    return [f"{text} {_told(bounds, best, others)}{notes}"]


def _told(bounds: dict[str, list[float]], best: str, others: list[str]) -> str:
    """Returns how far the runner-up is, and which models the seeds tell from the best."""
    # One group: the seeds of all autoencoders share their start, the order of the data and the noise of the scoring.
    pairs, _ = compare({name: bounds[name] for name in (best, *others)}, dict.fromkeys(bounds, "seeds"), higher=True)
    first = pairs.iloc[0]
    text = f"The runner-up, {others[0]}, is {first.difference:.2f} nats lower"
    if pd.isna(first.low):
        return f"{text}; one seed tells nothing apart."
    clear = pairs[pairs.better == best]
    told = [name for name in others if name in {*clear.a, *clear.b}]
    tied = [name for name in others if name not in told]
    whom = "every other one" if not tied else f"{listed(told)} but not from {listed(tied)}" if told else "none of them"
    return (
        f"{text} (95% interval {interval(first.low, first.high)}, this pair alone). At a false discovery rate of "
        f"5% over all pairs of these models, {len(bounds[best])} seeds tell {best} from {whom}."
    )


def _apart(found: dict[str, dict]) -> list[str]:
    """Returns which models are left out of the ranking, since their nats are of another density or they have none."""
    others = {name: facts.get("pixels") for name, facts in found.items() if facts.get("pixels") != COMPARED}
    dense = [f"{name} ({pixels})" for name, pixels in others.items() if pixels]
    none = [name for name, pixels in others.items() if not pixels]
    text = f"Not ranked, since a density of grey values has other nats: {listed(dense)}. " if dense else ""
    text += f"Without any likelihood of pixels: {listed(none)}." if none else ""
    return [text.strip()] if text else []


def _nats(found: dict[str, dict]) -> str:
    bounded = [facts for facts in found.values() if "iwae" in facts]
    text = (
        "Means over test images and seeds, without the weights of any training loss: ELBO = -reconstruction - KL, and "
        "KL = NLL of the prior - entropy. Grey pixels are taken as they are, not binarized, so that Bernoulli figures "
        "are cross-entropies: they compare with each other and not with the literature on binarized images. A dash: an "
        "encoder without noise has no q(z | x), hence no entropy, KL or ELBO, and a bound only with a prior that was "
        "trained along with it or fitted to its codes; a decoder without a likelihood has no nats. "
    )
    if any("-" in name for name in found):
        text += (
            "A row AUTOENCODER-PRIOR has that prior in place of the autoencoder's own: what two stages make of pixels. "
        )
    if not bounded:
        return text.strip()
    S, N = (f"{bounded[0][key]:.0f}" for key in ("iwae_samples", "iwae_images"))
    error = max(max(facts["iwae_error_by_seed"]) for facts in bounded)
    return (
        f"{text}The IWAE bound takes {S} samples on {N} test images, the other figures take all; what it gains differs "
        f"between images, with a standard error of {error:.2f} nats at most."
    )
