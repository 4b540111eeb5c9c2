"""Supervised adversarial autoencoders: whether a code holds the style alone, and one style in every class."""

__all__ = ["styles"]

import itertools
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
from ..words import TIED, beaten, by_seed, interval, outside, share_interval
from .galleries import gallery

CRITICS = ("blind", "told")
FIGURES = (
    Column("name", "style", "s",
           "Dimensions of the style, the code beside the class; and whether the critic is told the class: the paper's "
           "is not."),
    Column("accuracy", "class asked for", ".3f",
           "With styles drawn from N(0, I), how often the frozen classifiers see the class that the decoder is told."),
    Column("span", "95% interval", "s", "Of that: Student's t over seeds."),
    Column("knn", "k-NN of the class", ".3f",
           "How well five neighbours read the class from the style; low is good, chance is that of the largest class."),
    Column("probe", "probe", ".3f", "The same by a logistic regression."),
    Column("mismatch_sliced_wasserstein", "sliced Wasserstein", ".3f",
           "Distance of the test images' styles from N(0, I), in its standard deviations; lower is better."),
    Column("mismatch_floor", "its floor", ".3f", "The same of two samples of N(0, I)."),
    Column("mismatch_accuracy", "two-sample accuracy", ".3f",
           "How often a classifier tells the styles from N(0, I): 0.5 where it cannot."),
    Column("reconstruction", "reconstruction", ".2f", "Of test images with their class, in nats; lower is better."),
)  # fmt: skip

GRIDS = (
    "Rows of one style, seed 0: a test image and its style in every class, from class 0 on; below, on black, styles "
    "drawn from N(0, I). The class should stay down a column, and slant and width along a row."
)
WHY = (
    "The paper's critic asks the styles of all classes together to be N(0, I): a class may keep a part of its own, all "
    "the more the more dimensions there are, and then a style drawn from N(0, I) brings its class along."
)
CURVES = (
    "Training curves of the supervised autoencoders, one line for each seed. A critic that cannot tell the styles from "
    "N(0, I) has 1.386 nats, and one that tells all of them 0."
)


def styles(results: Results, out: Path) -> list[Text | Sheet | Picture | Gallery]:
    """Returns what decoders that are told the class make of styles: in words, as a table, as pictures and curves."""
    facts = results.facts("styles.json")
    if not facts:
        return []
    rows = pd.DataFrame([_row(facts, style, critic) for style in facts["dimensions"] for critic in CRITICS])
    return [
        Text(_words(results, facts, rows)),
        Sheet(FIGURES, rows, explained=True, missing="–"),
        *_grids(results, facts, out),
        *written("styles_curves", _curves(results), CURVES, out),
    ]


def _row(facts: dict, style: int, critic: str) -> dict:
    key = f"{critic}_{style}"
    found = {column.key: facts.get(f"{key}_{column.key}") for column in FIGURES}
    span = share_interval(by_seed(facts, f"{key}_accuracy"))
    return found | {"name": _name(style, critic), "span": span, "chance": facts[f"{key}_chance"]}


def _name(style: int, critic: str) -> str:
    return f"{style} dimensions, critic {critic}"


def _words(results: Results, facts: dict, rows: pd.DataFrame) -> str:
    best, real = rows.loc[rows.accuracy.idxmax()], results.accuracies.get("classifier", {}).get("test")
    unlabelled, dimensions = results.codes.get("aae", {}).get("knn"), facts["dimensions"]
    text = (
        "The decoder is told the class, so that the code need hold the style alone. "
        f"**{best['name']}**: the class asked for is shown most often, in {best.accuracy:.1%} of images"
        + (f" (of real ones the classifiers recognize {real:.1%})" if real else "")
        + f"; from its style five neighbours read the class in {best.knn:.1%} of test images, where chance is "
        f"{best.chance:.1%}"
        + (f" and the codes of aae, trained alike without labels, have {unlabelled:.1%}" if unlabelled else "")
        + "."
    )
    ends = dict.fromkeys((min(dimensions), max(dimensions)))
    text = " ".join([text, *(_critics(facts, style) for style in ends), WHY])
    keys = {f"{critic}_{style}_critic": _name(style, critic) for style in dimensions for critic in CRITICS}
    return text + "".join(beaten(by_seed(facts, key), name) for key, name in keys.items() if key in facts)


def _critics(facts: dict, style: int) -> str:
    """Returns what telling the critic the class changes, at one number of dimensions."""
    told, blind = (by_seed(facts, f"{critic}_{style}_accuracy") for critic in ("told", "blind"))
    difference, low, high = difference_interval(told, blind, paired=True)
    text = (
        f"At {style} dimensions a critic that is told the class brings {difference:+.1%} of the images asked for "
        "to their class"
    )
    if low is None:
        return f"{text}; one seed tells nothing apart."
    found = "**told apart**" if outside(0, low, high) else f"**{TIED}**"
    return f"{text} (95% interval {interval(low, high, '+.1%')}, {len(told)} seeds, paired): {found}."


def _grids(results: Results, facts: dict, out: Path) -> list[Gallery]:
    drawn, names = {}, {}
    for style, critic in itertools.product(facts["dimensions"], CRITICS):
        key = f"{critic}_{style}"
        path, columns = results.in_homes(f"styles/grids/{key}.png"), len(facts[f"{key}_accuracy_by_class"]) + 1
        if path:
            images, names[key] = read_grid(path, columns), _name(style, critic)
            drawn[key] = tiled(images, columns, [len(images) // columns // 2])
    return gallery("styles", drawn, GRIDS, out, True, names)


def _curves(results: Results) -> Figure | None:
    """Draws what was logged: its figures are called CRITIC_DIMENSIONS_FIGURE."""
    path = results.in_homes("styles/curves.csv")
    table = pd.read_csv(path) if path else pd.DataFrame()
    if table.empty:
        return None
    table[["critic", "style", "figure"]] = table.figure.str.extract(r"([a-z]+)_(\d+)_(\w+)")
    table["style"] = table["style"].astype(int)
    parts = table.groupby(["style", "critic"])
    return curves({_name(style, critic): part for (style, critic), part in parts})
