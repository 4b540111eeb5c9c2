"""What a few labels are worth to an adversarial autoencoder with a head for the class, and to others that see them."""

__all__ = ["few_labels"]

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
from ..words import BLIND, TIED, beaten, by_seed, interval, listed, share_interval, verdict
from .galleries import gallery

METHODS = {
    "aae_{count}_error": "adversarial autoencoder",
    "labels_only_{count}_error": "its encoder, labelled images alone",
    "codes_{count}_spreading_error": "labels spread over codes of ae",
    "codes_{count}_knn_error": "nearest labelled codes of ae",
}
OURS = next(iter(METHODS))
FIGURES = (
    Column("name", "labels and who learns from them", "s", "Labels in all, equally many of each class."),
    Column("error", "test error", ".2%", "Share of the test images whose class is wrong; lower is better."),
    Column("span", "95% interval", "s", "Of that: Student's t over draws of the labels, each with a seed of its own."),
    Column("difference", "less the autoencoder's", "+.2%", "Mean over draws of the difference to the first of these."),
    Column("difference_span", "95% interval", "s", "Of that, paired by draw."),
)

CAPTION = (
    "What the decoder makes of each class, from class 0 on, a column each, first draw: in the first row with the style "
    "0, below with styles drawn from the prior. The class should stay down a column, and slant and width along a row."
)
CURVES = (
    "Training curves with few labels, one line for each draw. `labels` is the cross-entropy on labelled images; two "
    f"critics that cannot tell codes from their priors have {2 * BLIND:.2f} nats, and ones that tell all of them 0."
)


def few_labels(results: Results, out: Path) -> list[Text | Sheet | Picture | Gallery]:
    """Returns the errors of all who see the same few labels: in words, as a table, as pictures and curves."""
    facts = results.facts("few_labels.json")
    if not facts:
        return []
    rows = pd.DataFrame([_row(facts, count, method) for count in facts["labels"] for method in METHODS])
    return [
        Text(" ".join(_words(facts, count) for count in facts["labels"])),
        Sheet(FIGURES, rows, explained=True, missing="–"),
        *_grids(results, facts, out),
        *written("few_labels_curves", _curves(results), CURVES, out),
    ]


def _row(facts: dict, count: int, key: str) -> dict:
    errors = _errors(facts, count, key)
    row = {
        "name": f"{count}, {METHODS[key]}", "error": sum(errors) / len(errors), "span": share_interval(errors, ".2%"),
    }  # fmt: skip
    if key == OURS:
        return row
    difference, low, high = difference_interval(errors, _errors(facts, count, OURS), paired=True)
    return row | {"difference": difference, "difference_span": interval(low, high, "+.2%")}


def _errors(facts: dict, count: int, key: str) -> list[float]:
    return by_seed(facts, key.format(count=count))


def _words(facts: dict, count: int) -> str:
    ours = _errors(facts, count, OURS)
    span, draws = share_interval(ours, ".2%"), len(ours)
    text = (
        f"With **{count} labels** the adversarial autoencoder is wrong in {sum(ours) / draws:.2%} of the test images ("
        + (f"95% interval {span}, {draws} draws of the labels" if span else "one draw")
        + f"; least {min(ours):.2%}, most {max(ours):.2%})."
    )
    found = {}
    for key, name in list(METHODS.items())[1:]:
        difference, low, high = difference_interval(ours, _errors(facts, count, key), paired=True)
        found.setdefault(verdict(difference, low, high), []).append(name)
    said = {"better": "It is better than", TIED: "It is not told apart from", "worse": "It is **worse** than"}
    text += "".join(f" {said[told]}: {listed(names)}." for told, names in found.items())
    return text + _collapse(facts, count)


def _collapse(facts: dict, count: int) -> str:
    """Returns what went wrong with the heads in some draws, or nothing."""
    K = facts["classes"]
    used, critics = (_errors(facts, count, f"aae_{{count}}_{key}") for key in ("classes_used", "last_critics"))
    text = ""
    if few := [number for number in used if number < K]:
        text += (
            f" In {len(few)} of {len(used)} draws the head for the class has **collapsed**: it uses {min(few):.0f} of "
            f"{K} classes."
        )
    return text + beaten(critics, "the adversarial autoencoder", 2, "draws")


def _grids(results: Results, facts: dict, out: Path) -> list[Gallery]:
    K, paths = facts["classes"], {n: results.in_homes(f"few_labels/grids/{n}.png") for n in facts["labels"]}
    drawn = {str(count): tiled(read_grid(path, K), K, [1]) for count, path in paths.items() if path}
    return gallery("few_labels", drawn, CAPTION, out, True, {name: f"{name} labels" for name in drawn})


def _curves(results: Results) -> Figure | None:
    """Draws what was logged: its figures are called MODEL_LABELS_FIGURE."""
    path = results.in_homes("few_labels/curves.csv")
    table = pd.read_csv(path) if path else pd.DataFrame()
    if table.empty:
        return None
    table[["model", "labels", "figure"]] = table.figure.str.extract(r"([a-z_]+)_(\d+)_(\w+)")
    table["labels"] = table["labels"].astype(int)
    parts = table.groupby(["labels", "model"])
    names = {"aae": "AAE", "labels_only": "these alone"}  # short, for what is above a panel
    return curves({f"{labels} labels, {names[model]}": part for (labels, model), part in parts})
