"""The missing part of an image, answered by a network and by a conditional VAE."""

__all__ = ["completed"]

import re
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from ...evaluation.previews import read_grid
from ...metrics import difference_interval
from ..page import Picture, Text, written
from ..plots.codes import curves
from ..plots.images import tiled
from ..results import Results
from ..sheets import Column, Sheet
from ..words import TIED, interval, verdict

COMPLETION = (
    Column("seen", "seen", "s", ""),
    Column("baseline", "baseline", ".2f", "Nats of an image's missing pixels, each on its own; lower is better."),
    Column("cvae", "conditional VAE", ".2f", "The same by importance sampling over its codes."),
    Column("difference", "difference", ".2f", "Conditional VAE less baseline: negative where its codes help."),
    Column("span", "95% interval", "s", "Of the difference: Student's t, paired by seed."),
    Column("bound", "bound", ".2f", "The conditional VAE's with one code instead: its reconstruction + KL."),
    Column("reconstruction", "reconstruction", ".2f", "Of the missing pixels, given a code that saw them."),
    Column("kl", "KL", ".2f", "What that code knows beyond the seen part: 0 where it says nothing."),
)  # fmt: skip

QUARTERS = {1: "one quarter", 2: "two quarters", 3: "three quarters"}
WIDE = 8  # images in a row of the completions
LEAST_KL = 0.1  # nats: codes that say less of an image are as good as none

CAPTIONS = {
    "completions": "Test images completed from {seen}, seed 0. In a row, left to right: the seen part on grey, the "
    "true image, the baseline's one answer, and five answers of the conditional VAE. Where the seen part leaves "
    "several answers open, the baseline mixes them, and those of the conditional VAE should differ.",
    "completion_curves": "Training curves of the completions, one line for each seed; the validation figure is the one "
    "on which weights are kept: the cross-entropy of the missing pixels or, for the conditional VAE (cvae), its bound.",
}


def completed(results: Results, out: Path) -> list[Text | Sheet | Picture]:
    """Returns what the missing pixels cost a baseline and a conditional VAE: in words, as a picture and as a table."""
    facts = results.facts("completion.json")
    counts = [int(found[1]) for key in facts if (found := re.fullmatch(r"baseline_(\d)_nll", key))]
    if not counts:
        return []
    rows, path = [_row(facts, count) for count in counts], results.in_homes("completion/completions.png")
    seen = QUARTERS[counts[0]] + "".join(f" and, below the gap, from {QUARTERS[count]}" for count in counts[1:])
    text = (
        "Cross-entropy of the missing pixels of test images in nats, grey pixels as they are. The baseline answers "
        f"each pixel on its own; the conditional VAE's figure is an estimate from {facts['samples']} codes an image, "
        "on average too high, which favours the baseline. "
    )
    return [
        Text(text + " ".join(map(_sentence, rows))),
        *written("completions", _rows(path, len(counts)), CAPTIONS["completions"].format(seen=seen), out),
        *written("completion_curves", _curves(results), CAPTIONS["completion_curves"], out),
        Sheet(COMPLETION, pd.DataFrame(rows), explained=True, missing="–"),
    ]


def _rows(path: Path | None, groups: int) -> Image.Image | None:
    """Returns the completions as tiles, the rows of each number of quarters apart."""
    if path is None:
        return None
    images = read_grid(path, WIDE)
    rows = len(images) // WIDE // groups
    return tiled(images, WIDE, breaks=[rows * group for group in range(1, groups)])


def _curves(results: Results) -> Figure | None:
    """Draws what was logged: its figures are called MODEL_QUARTERS_FIGURE."""
    path = results.in_homes("completion/curves.csv")
    table = pd.read_csv(path) if path else pd.DataFrame()
    if table.empty:
        return None
    table[["model", "seen", "figure"]] = table.figure.str.extract(r"(\w+?)_(\d)_(\w+)")
    parts = table.groupby(["seen", "model"])
    return curves({f"{model}, {QUARTERS[int(seen)]}": part for (seen, model), part in parts})


def _row(facts: dict, count: int) -> dict[str, object]:
    """Returns a row of the table; a figure that is the same for all seeds has no list of them."""
    ours, base = (
        facts.get(f"{key}_nll_by_seed", [facts[f"{key}_nll"]]) for key in (f"cvae_{count}", f"baseline_{count}")
    )
    difference, low, high = difference_interval(ours, base, paired=True)
    return {
        "seen": QUARTERS[count], "baseline": facts[f"baseline_{count}_nll"], "cvae": facts[f"cvae_{count}_nll"],
        "difference": difference, "low": low, "high": high, "seeds": len(ours),
        "span": interval(low, high),
    } | {key: facts.get(f"cvae_{count}_{key}") for key in ("bound", "reconstruction", "kl")}  # fmt: skip


def _sentence(row: dict) -> str:
    text = f"With {row['seen']} seen, the baseline has {row['baseline']:.2f} and the conditional VAE {row['cvae']:.2f}"
    if row["span"] is None:
        text += ": one seed tells nothing apart."
    else:
        told = verdict(row["difference"], row["low"], row["high"])
        text += (
            f", a difference of {row['difference']:.2f} (95% interval {row['span']}, {row['seeds']} seeds, paired): "
        )
        text += f"**{TIED}**." if told == TIED else f"the conditional VAE is **{told}**."
    if row["kl"] is None or row["kl"] >= LEAST_KL:
        return text
    return (
        f"{text} Its posterior has **collapsed**: its codes hold {row['kl']:.2f} nats, so that its answers are alike."
    )
