"""Clusters that an adversarial autoencoder found without labels, and how many test images they fit."""

__all__ = ["clusters"]

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from ...evaluation.previews import read_grid
from ...metrics import difference_interval
from ..page import Gallery, Picture, Text, written
from ..plots.codes import curves
from ..plots.images import tiled
from ..results import Results
from ..sheets import Column, Sheet
from ..words import BLIND, TIED, beaten, by_seed, interval, share_interval, verdict
from .galleries import gallery

METHODS = {"": "adversarial autoencoder", "k_means_": "k-means of codes of ae"}
FIGURES = (
    Column("name", "clusters", "s", "How many, and of whom."),
    Column("error", "test error", ".1%",
           "Share of test images whose cluster has another label: that of the validation image that is surest of it."),
    Column("span", "95% interval", "s", "Of that: Student's t over seeds."),
    Column("nmi", "mutual information", ".3f", "Of clusters and labels, normalized: 1 where they agree; no names."),
    Column("used", "clusters used", ".1f", "That have more than a tenth of their share of the images; seeds' mean."),
)  # fmt: skip

CAPTION = (
    "What the decoder makes of each cluster, a column each, seed 0: in the first row with the style 0, below with "
    "styles drawn from the prior. A cluster should be one class, and slant and width run along a row."
)
CURVES = (
    "Training curves of the clusters, one line for each seed; two critics that cannot tell codes from their priors "
    f"have {2 * BLIND:.2f} nats, and ones that tell all of them 0."
)


def clusters(results: Results, out: Path) -> list[Text | Sheet | Picture | Gallery]:
    """Returns what clusters without labels are worth: in words, as a table, as pictures and curves."""
    facts = results.facts("clusters.json")
    if not facts:
        return []
    rows = pd.DataFrame([_row(facts, count, who) for count in facts["counts"] for who in METHODS])
    return [
        Text(" ".join(_words(facts, count) for count in facts["counts"])),
        Sheet(FIGURES, rows, explained=True, missing="–"),
        *_grids(results, facts, out),
        *written("clusters_curves", _curves(results), CURVES, out),
    ]


def _row(facts: dict, count: int, who: str) -> dict:
    return {
        "name": f"{count}, {METHODS[who]}",
        "error": facts[f"{count}_{who}error"],
        "span": share_interval(by_seed(facts, f"{count}_{who}error"), ".1%"),
        "nmi": facts[f"{count}_{who}nmi"],
        "used": facts.get(f"{count}_{who}classes_used"),
    }


def _words(facts: dict, count: int) -> str:
    ours, others = (by_seed(facts, f"{count}_{who}error") for who in METHODS)
    difference, low, high = difference_interval(ours, others, paired=True)
    text = (
        f"**{count} clusters** without labels are wrong in {facts[f'{count}_error']:.1%} of the test images; those of "
        f"k-means on the codes of ae in {facts[f'{count}_k_means_error']:.1%}"
    )
    if low is None:
        text += ": one seed tells nothing apart."
    else:
        found = verdict(difference, low, high)
        text += f" (difference {difference:+.1%}, 95% interval {interval(low, high, '+.1%')}, {len(ours)} seeds): "
        text += f"**{TIED}**." if found == TIED else f"the autoencoder is **{found}**."
    used = by_seed(facts, f"{count}_classes_used")
    if few := [number for number in used if number < count / 2]:
        text += f" In {len(few)} of {len(used)} seeds the head has **collapsed**: it uses {min(few):.0f} clusters."
    return text + beaten(by_seed(facts, f"{count}_last_critics"), f"{count} clusters", 2)


def _grids(results: Results, facts: dict, out: Path) -> list[Gallery]:
    paths = {count: results.in_homes(f"clusters/grids/{count}.png") for count in facts["counts"]}
    drawn = {str(count): tiled(read_grid(path, count), count, [1]) for count, path in paths.items() if path}
    return gallery("clusters", drawn, CAPTION, out, True, {name: f"{name} clusters" for name in drawn})


def _curves(results: Results) -> Figure | None:
    """Draws what was logged: its figures are called CLUSTERS_FIGURE."""
    path = results.in_homes("clusters/curves.csv")
    table = pd.read_csv(path) if path else pd.DataFrame()
    if table.empty:
        return None
    table[["clusters", "figure"]] = table.figure.str.extract(r"(\d+)_(\w+)")
    table["clusters"] = table["clusters"].astype(int)
    return curves({f"{count} clusters": part for count, part in table.groupby("clusters")})
