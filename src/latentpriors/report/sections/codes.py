"""The codes of a table's autoencoders: how far they separate the classes, and how priors' samples lie among them."""

__all__ = ["classes", "planes"]

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from ..page import Picture, Text, written
from ..plots import codes
from ..results import Results
from ..sheets import Column, Sheet

# How far codes separate the classes.
STRUCTURE = (
    Column("codes", "codes", "s", ""),
    Column("knn", "k-NN accuracy", ".3f", "Of the test codes' classes, from the nearest training codes."),
    Column("probe", "linear probe", ".3f", "Accuracy of a linear classifier on the codes."),
    Column("nmi", "NMI", ".3f", "Normalized mutual information of a clustering of the codes with the classes."),
    Column("parameters", "parameters", ",.0f", "Of encoder and decoder, and of what else was trained with them."),
)  # fmt: skip

CAPTIONS = {
    "maps": "t-SNE (perplexity 70) of test codes, colored by class: how far each autoencoder separates the classes "
    "without having seen a label.",
    "codes": "Held-out codes (grey) and prior samples (orange) in the plane of the codes' first principal axes, "
    "seed 0. Orange outside grey becomes broken images; grey without orange is never drawn.",
    "densities": "Density of the codes along their first principal axis: held-out codes (grey) and prior samples "
    "(orange line). A prior that fits follows the grey shape, its dips too.",
}


def classes(results: Results, out: Path) -> list[Text | Sheet | Picture]:
    """Returns how far codes separate the classes: in words, as a table and as maps."""
    return [*_structure(results), *written("maps", _maps(results), CAPTIONS["maps"], out)]


def planes(results: Results, out: Path) -> list[Picture]:
    """Returns the pictures of samples among held-out codes, in their plane and along their first axis."""
    found = _planes(results)
    drawn = {"codes": codes.codes_and_samples, "densities": codes.densities} if found else {}
    return [block for name, draw in drawn.items() for block in written(name, draw(found), CAPTIONS[name], out)]


def _structure(results: Results) -> list[Sheet | Text]:
    keys = ("knn", "probe", "nmi")
    found = {name: facts for name, facts in results.codes.items() if facts}
    sizes = {name: facts.get("parameters") for name, facts in results.trained.items()}
    rows = [
        {"codes": name, "parameters": sizes.get(name)} | {key: facts.get(key) for key in keys}
        for name, facts in found.items()
    ]
    pca = {name: tuple(facts.get(f"pca_{key}") for key in keys) for name, facts in found.items()}
    for figures in dict.fromkeys(pca.values()):
        owners = [name for name, values in pca.items() if values == figures]
        whose = f" as {', '.join(owners)}" if len(owners) < len(pca) else ""
        rows.append({"codes": f"PCA, as many dimensions{whose}"} | dict(zip(keys, figures, strict=True)))
    if not rows:
        return []
    text = (
        "How far test codes separate the classes, mean over seeds, without a label seen in training; beside principal "
    )
    return [
        Text(text + "components of the pixels, as many as the codes have."),
        Sheet(STRUCTURE, pd.DataFrame(rows), explained=True),
    ]


def _maps(results: Results) -> Figure | None:
    paths = {name: results.preview_of(name, "map.csv") for name in results.trained}
    found = {name: pd.read_csv(path) for name, path in paths.items() if path}
    return codes.latent_maps(found) if found else None


def _planes(results: Results) -> dict[tuple[str, str], pd.DataFrame]:
    rows = results.competing.sort_index()
    paths = {(row.autoencoder, row.prior): results.preview(row.cell, "plane.csv") for row in rows.itertuples()}
    ordered = [(a, p) for a in results.trained for p in dict.fromkeys(cell[1] for cell in sorted(paths))]
    return {key: pd.read_csv(paths[key]) for key in ordered if paths.get(key)}
