"""How well the codes of autoencoders meet their own priors, as a table and in words."""

__all__ = ["mismatch"]

import pandas as pd

from ...metrics import difference_interval
from ..page import Text
from ..results import Results
from ..sheets import Column, Sheet
from ..words import interval, listed, verdict

MISMATCH = (
    Column("model", "autoencoder", "s", ""),
    Column("mismatch_sliced_wasserstein", "sliced Wasserstein", ".3f",
           "Wasserstein-2 distance of q(z) to p(z), root mean square over directions, in standard deviations of the "
           "training codes; lower is better."),
    Column("mismatch_floor", "its floor", ".3f", "The same of two samples of p(z): what a perfect match has."),
    Column("mismatch_accuracy", "two-sample accuracy", ".3f",
           "How often a classifier tells q(z) from p(z): 0.5 where it cannot; lower is better."),
    Column("code_scale", "code scale", "#.3g", "Standard deviation of the raw codes, mean over dimensions."),
    Column("code_scale_least", "least scale", "#.3g", "The same for the dimension with the least."),
    Column("active_units", "active units", ".1f",
           "Dimensions of which images explain more than a hundredth of the variance, mean over seeds."),
    Column("collapse", "collapse", "s",
           "Whether dimensions say nothing about the image: none, partial (some) or full (all); the worst seed."),
)  # fmt: skip

DISTANCE = "mismatch_sliced_wasserstein"
FLOOR, NEAR = "both at the floor", 1.25  # a distance that is no more than so many times that of a perfect match

# What the mismatch of a model's codes with its prior is taken from, with how each is written; lower is better.
MATCHES = {
    DISTANCE: ("sliced Wasserstein", ".3f"),
    "mismatch_accuracy": ("two-sample accuracy", ".3f"),
}


def mismatch(results: Results) -> list[Text | Sheet]:
    """Returns the table of q(z) against p(z), which models have collapsed, and what flows do for the match."""
    found = {name: facts for name, facts in results.likelihood.items() if facts}
    if not found:
        return []
    text = (
        "q(z), the codes of the test images, against as many samples of the prior p(z) that the autoencoder was "
        "trained with, N(0, I) where it has none: then nothing drew its codes there, and a prior has to be fitted. A "
        "collapsed dimension meets its prior perfectly, so read the match beside the active units. "
    )
    slides = "The slides of GLF say that a flow posterior matches q(z) to p(z) no better than a VAE does. "
    lines = [text + _narrowest(found), _collapsed(found)]
    if {"vae", "vae_flow_posterior"} <= found.keys():
        judged, verdicts = _matched(found, "vae_flow_posterior")
        lines.append(
            f"**Flow posterior.** {slides}{judged}{_against_slides(verdicts)}{_beside(results, 'vae_flow_posterior')}"
        )
    if {"vae", "vae_flow_prior"} <= found.keys():
        weights = (
            " The weight of the reconstruction in training, which params.yaml sets for each, moves the match too: at "
            "equal weights they are compared where there is a sweep over it."
        )
        judged = _matched(found, "vae_flow_prior")[0]
        lines.append(f"**Flow prior.** {judged}{weights}{_beside(results, 'vae_flow_prior')}")
    table = pd.DataFrame([{"model": name} | facts for name, facts in found.items()])
    return [*map(Text, lines), Sheet(MISMATCH, table, explained=True, missing="–")]


def _narrowest(found: dict[str, dict]) -> str:
    name = min(found, key=lambda name: found[name]["code_scale"])
    facts = found[name]
    return (
        f"The narrowest codes are those of {name}, with a standard deviation of {facts['code_scale']:#.3g} "
        f"({facts['code_scale_least']:#.3g} in the least dimension)."
    )


def _collapsed(models: dict[str, dict]) -> str:
    judged = {name: facts for name, facts in models.items() if "collapse" in facts}
    if not judged:
        return "**Collapse.** No model here has a posterior that could collapse."
    fallen = []
    for name, facts in judged.items():
        seeds = facts["collapse_by_seed"]
        found = [f"{kind} in {seeds.count(kind)}" for kind in ("full", "partial") if kind in seeds]
        if found:
            units = f"{facts['active_units']:.1f} active units on average"
            fallen.append(f"{name} ({' and '.join(found)} of {len(seeds)} seeds, {units})")
    text = f"**Collapse.** Models with a posterior: {len(judged)}. Collapsed: "
    return f"{text}{listed(fallen) if fallen else 'none'}."


def _matched(found: dict[str, dict], name: str) -> tuple[str, list[str]]:
    """Returns whether q(z) meets p(z) better than the VAE's does, in words and as a verdict for each figure."""
    verdicts, parts, seeds = [], [], 0
    for key, (title, pattern) in MATCHES.items():
        own, other = (found[model][f"{key}_by_seed"] for model in (name, "vae"))
        seeds = min(len(own), len(other))  # that both have
        difference, low, high = difference_interval(own[:seeds], other[:seeds], paired=True)
        floor = max(found[model].get("mismatch_floor", 0) for model in (name, "vae"))
        if key == DISTANCE and max(found[model][key] for model in (name, "vae")) <= NEAR * floor:
            verdicts.append(FLOOR)
        else:
            verdicts.append(verdict(difference, low, high))
        span = interval(low, high, pattern)
        span = f", 95% interval {span}" if span else ""
        values = f"{found[name][key]:{pattern}} against {found['vae'][key]:{pattern}}"
        parts.append(f"**{verdicts[-1]}** by {title} ({values}, difference {difference:{pattern}}{span})")
    text = (
        f"{seeds} seeds, paired, each figure looked at alone:" if seeds > 1 else "One seed, which tells nothing apart:"
    )
    return f"{text} {name} against vae is {' and '.join(parts)}.", verdicts


def _beside(results: Results, name: str) -> str:
    """Returns what else tells the model from the VAE: how much its codes hold, its ELBO, and FCD of its samples."""
    own, other = (results.likelihood[model] for model in (name, "vae"))
    text = "".join(
        f" Its {title} {own[key]:{pattern}} against {other[key]:{pattern}}."
        for key, title, pattern in (
            ("kl", "codes hold, as KL in nats,", ".2f"),
            ("active_units", "active units are", ".1f"),
            ("elbo", "ELBO is", ".2f"),
        )
        if key in own
        and key in other
        # A flow mixes the dimensions of its posterior: how many are active does not compare with a Gaussian's.
        and not (key == "active_units" and name == "vae_flow_posterior")
    )
    fcd = results.competing.set_index("cell").fcd
    if {f"{name}-native", "vae-native"} <= set(fcd.index):
        text += f" Its samples have FCD {fcd[f'{name}-native']:.2f} against {fcd['vae-native']:.2f}."
    return text


def _against_slides(verdicts: list[str]) -> str:
    if FLOOR in verdicts and not {"better", "worse"} & set(verdicts):
        return " Where both match as well as can be measured, neither could be better: this decides nothing."
    if "better" in verdicts:
        return " The two figures contradict each other." if "worse" in verdicts else " That speaks against the slides."
    return " That agrees with the slides." if "worse" in verdicts else " Nothing here speaks against the slides."
