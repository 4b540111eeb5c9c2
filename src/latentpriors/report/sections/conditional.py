"""What a conditional VAE draws that is told a class, and how often classifiers see that class."""

__all__ = ["conditional"]

from pathlib import Path

import pandas as pd

from ...evaluation.previews import read_grid
from ..page import Picture, Text, written
from ..plots.images import tiled
from ..results import Results
from ..sheets import Column, Sheet
from ..words import interval, outside

CLASSES = (
    Column("label", "class", ".0f", ""),
    Column("accuracy", "asked for", ".3f", "Share of the images asked for as this class that are taken for it."),
    Column("real", "real images", ".3f", "Share of the test images of this class that are taken for it."),
)

CAPTION = (
    "Images of the conditional VAE, seed 0: a column for each class asked for, from class 0 on, and a row for each "
    "noise vector. The class should stay down a column, and slant and width along a row."
)


def conditional(results: Results, out: Path) -> list[Text | Sheet | Picture]:
    """Returns how often classifiers see the class that was asked for: in words, as a picture and by class."""
    facts = results.facts("conditional.json")
    if not facts:
        return []
    by_class = facts["accuracy_by_class"]
    table = pd.DataFrame({"label": range(len(by_class)), "accuracy": by_class, "real": facts["real_accuracy_by_class"]})
    path = results.in_homes("conditional/conditional.png")
    picture = tiled(read_grid(path, len(by_class)), len(by_class)) if path else None
    return [
        Text(_asked(facts)),
        *written("conditional", picture, CAPTION, out),
        Sheet(CLASSES, table, explained=True, missing="–"),
    ]


def _asked(facts: dict) -> str:
    low, high, real = facts["accuracy_low"], facts["accuracy_high"], facts["real_accuracy"]
    seeds, by_class = len(facts["accuracy_by_seed"]), facts["accuracy_by_class"]
    span = interval(low, high, ".1%")
    worst = min(range(len(by_class)), key=by_class.__getitem__)
    text = (
        f"Asked for a class, the conditional VAE draws what the frozen classifiers take for that class in "
        f"{facts['accuracy']:.1%} of its images"
        + (f" (95% interval {span})" if span else "")
        + f", mean over classes, classifiers and seeds ({seeds}), {facts['n_each_class']} images of each class a seed. "
        f"Of real test images they recognize {real:.1%}. "
    )
    if span is None:
        text += "One seed tells nothing apart. "
    elif not outside(real, low, high):
        text += "The seeds do **not tell it apart** from real images. "
    else:
        text += f"That is **{'below' if high < real else 'above'} real images**. "
    return (
        f"{text}Lowest is class {worst} with {by_class[worst]:.1%}. The share says nothing of variety: one clear image "
        "of each class, drawn again and again, would have all of it."
    )
