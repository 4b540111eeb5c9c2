"""Images in the plane: adversarial autoencoders with cluster heads, beside PCA, t-SNE and an autoencoder."""

__all__ = ["reduction"]

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from ...metrics import difference_interval
from ..page import Picture, Text, written
from ..plots.codes import curves, latent_maps
from ..results import Results
from ..sheets import Column, Sheet
from ..words import BLIND, beaten, by_seed, listed, share_interval, verdict

OTHERS = {"ae": "autoencoder of two dimensions", "pca": "PCA", "t_sne": "t-SNE, of the test images"}
FIGURES = (
    Column("name", "plane", "s", ""),
    Column("knn", "k-NN error", ".1%", "Share of test images whose five nearest others in the plane vote for another "
           "label; mean over seeds; lower is better."),
    Column("span", "95% interval", "s", "Of that: Student's t over seeds."),
    Column("trust", "trustworthiness", ".3f", "1 where all that are near in the plane are near as images."),
    Column("error", "error of the head", ".1%", "Share of test images whose class, or cluster's label, is wrong."),
    Column("critics", "critics", ".2f",
           f"Their last loss, in nats: {2 * BLIND:.2f} where they cannot tell codes from priors."),
)  # fmt: skip
CAPTION = (
    "Test images in the plane, coloured by class, seed 0: with cluster heads each class or cluster should have a "
    "place of its own, whose inside is a Gaussian."
)
CURVES = (
    "Training curves of the planes with cluster heads, one line for each seed. The reconstruction has the penalty of "
    "cluster heads that are too near in it."
)


def reduction(results: Results, out: Path) -> list[Text | Sheet | Picture]:
    """Returns how well each plane keeps classes and neighbours: in words, as a table, as maps and curves."""
    facts = results.facts("reduction.json")
    if not facts:
        return []
    names = _names(facts)
    return [
        Text(_words(facts, names)),
        Sheet(FIGURES, pd.DataFrame([_row(facts, *item) for item in names.items()]), explained=True, missing="–"),
        *written("reduction_maps", _maps(results, names), CAPTION, out),
        *written("reduction_curves", _curves(results), CURVES, out),
    ]


def _names(facts: dict) -> dict[str, str]:
    own = {f"aae_{count}": f"adversarial autoencoder, {count:,} labels" for count in facts["labels"]}
    return {"aae_0": f"adversarial autoencoder, {facts['clusters']} clusters"} | own | OTHERS


def _row(facts: dict, key: str, name: str) -> dict:
    errors = by_seed(facts, f"{key}_knn_error")
    return {
        "name": name,
        "knn": sum(errors) / len(errors),
        "span": share_interval(errors, ".1%"),
        "trust": facts[f"{key}_trustworthiness"],
        "error": facts.get(f"{key}_error"),
        "critics": facts.get(f"{key}_last_critics"),
    }


def _words(facts: dict, names: dict[str, str]) -> str:
    ours, text = by_seed(facts, "aae_0_knn_error"), []
    text.append(
        f"Without labels, {facts['clusters']} cluster heads give a plane in which the neighbours of "
        f"**{sum(ours) / len(ours):.1%}** of the test images vote for another label."
    )
    found: dict[str, list[str]] = {}
    for key in list(names)[1:]:
        theirs = by_seed(facts, f"{key}_knn_error")
        difference, low, high = difference_interval(ours, theirs, paired=True)
        found.setdefault(verdict(difference, low, high), []).append(f"{names[key]} ({sum(theirs) / len(theirs):.1%})")
    said = {"better": "It is better than", "worse": "It is **worse** than"}
    text += [f"{said.get(told, 'It is not told apart from')}: {listed(others)}." for told, others in found.items()]
    K = {"aae_0": facts["clusters"]} | {f"aae_{count}": facts["classes"] for count in facts["labels"]}
    for key, most in K.items():
        used = by_seed(facts, f"{key}_classes_used")
        if few := [number for number in used if number < most / 2]:
            text.append(
                f"In {len(few)} of {len(used)} seeds the head of {names[key]} has **collapsed**: it uses "
                f"{min(few):.0f} of {most}."
            )
    return " ".join(text) + "".join(beaten(by_seed(facts, f"{key}_last_critics"), names[key], 2) for key in K)


def _maps(results: Results, names: dict[str, str]) -> Figure | None:
    path = results.in_homes("reduction/points.csv")
    if not path:
        return None
    parts = dict(list(pd.read_csv(path).groupby("plane")))
    return latent_maps({name: parts[key] for key, name in names.items() if key in parts})


def _curves(results: Results) -> Figure | None:
    """Draws what was logged: its figures are called LABELS_FIGURE."""
    path = results.in_homes("reduction/curves.csv")
    table = pd.read_csv(path) if path else pd.DataFrame()
    if table.empty:
        return None
    table[["labels", "figure"]] = table.figure.str.extract(r"(\d+)_(\w+)")
    table["labels"] = table["labels"].astype(int)
    return curves({f"{count} labels" if count else "clusters": part for count, part in table.groupby("labels")})
