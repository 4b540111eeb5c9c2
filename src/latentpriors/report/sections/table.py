"""The sections of a report: which texts, tables and pictures stand under which heading, with their captions."""

__all__ = ["main_sheet", "sections"]

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from ..columns import COLUMNS, COST, MAIN, NEIGHBOURS, STRUCTURE, column_of
from ..memorization import memorization
from ..page import Picture, Section, Text, written
from ..plots import codes, table
from ..results import ALPHA, Results
from ..sheets import Sheet
from .agreement import agreement, agreement_in_words
from .answer import conclusions, method
from .convergence import flatness_in_words
from .galleries import galleries
from .joint import joint_sections
from .significance import bias, neighbours, neighbours_in_words

CAPTIONS = {
    "forest": "FCD of every cell with its 95% interval over seeds, on a logarithmic axis. Dark blue: the best cell and "
    "those that the seeds do not tell from it, each pair looked at alone; pale blue: told apart; grey diamonds are "
    "yardsticks, not competitors.",
    "bias": "FCD (dots) against one over the number of samples, for the best cells, and its straight line to "
    "infinitely many (orange ring). A steep line is a figure that owes much to its count; the scales differ between "
    "panels.",
    "codes": "Held-out codes (grey) and prior samples (orange) in the plane of the codes' first principal axes, "
    "seed 0. Orange outside grey becomes broken images; grey without orange is never drawn.",
    "densities": "Density of the codes along their first principal axis: held-out codes (grey) and prior samples "
    "(orange line). A prior that fits follows the grey shape, its dips too.",
    "maps": "t-SNE (perplexity 70) of test codes, colored by class: how far each autoencoder separates the classes "
    "without having seen a label.",
    "curves": "Training curves, one line for each seed; the validation figure is the one on which weights are kept. "
    "Losses are as each training minimizes them, weights of their terms included. "
    "For gmm the axis is the number of components.",
    "pareto": "FCD against the seconds of the prior's fit, the autoencoder's training left out. Cells on the dashed "
    "front are beaten by no cheaper one; what needs no fit stands at the left edge, also where a "
    "flow was paid for along with its autoencoder, as in glf-native.",
    "agreement": "Kendall's tau of each two rankings of the competing cells: 1 (dark blue) where they rank alike, -1 "
    "(red) where reversed. Read the first row: what disagrees with FCD there measures something else.",
}


def main_sheet(results: Results) -> Sheet:
    """Returns the first table of a report."""
    return _sheet(results, MAIN)


def sections(results: Results, out: Path) -> list[Section]:
    """Returns a report's sections, the answer first; their pictures are written into a folder.

    A picture or figure that the table does not have is left out, and a section without any is too.
    """

    def picture(name: str, drawn: Figure | None) -> list[Picture]:
        return written(name, drawn, CAPTIONS[name], out)

    alike = results.pairs[results.pairs.p >= ALPHA]
    tied = {frozenset(pair) for pair in zip(alike.a, alike.b, strict=True)}
    best, names = results.competing.cell[0], results.names
    rows = results.table.assign(
        tied=[name == best or frozenset((name, best)) in tied for name in results.table.cell],
        cell=[names[name] for name in results.table.cell],
    )
    shown, near = galleries(results, out), neighbours(results)
    planes, learned = _planes(results), _curves(results)
    words = [Text(text) for text in (*conclusions(results), memorization(results.table))]
    parts = [
        Section("", [*words, *picture("forest", table.forest(rows)), main_sheet(results)]),
        Section("How sure this is", [
            Text(neighbours_in_words(near, len(results.pairs), int(results.competing.seeds[0]))), *_near(near),
            *map(Text, bias(results)), *picture("bias", table.bias_lines(rows[~rows.yardstick])),
        ]),
        Section("Samples", shown["samples"]),
        Section("Nearest neighbours", shown["nearest"]),
        Section("Codes and classes", [*_structure(results), *picture("maps", _maps(results))]),
        Section("Codes and prior samples", [
            *picture("codes", codes.codes_and_samples(planes) if planes else None),
            *picture("densities", codes.densities(planes) if planes else None),
        ]),
        Section("Between two images", shown["walks"]),
        Section("Noise that skipped the prior", shown["skipped"]),
        Section("Samples over training", [
            *shown["training"], *picture("curves", codes.curves(learned) if learned else None),
            *map(Text, flatness_in_words(results, learned)),
        ]),
        *joint_sections(results, out),
        Section("Cost against quality", [
            *picture("pareto", table.pareto(results.competing)), _sheet(results, COST, explained=True),
        ]),
        Section("Agreement of metrics", [
            Text(agreement_in_words(results)), *picture("agreement", table.agreement_map(agreement(results))),
        ]),
        Section("All figures", [_sheet(results, _every(results), grouped=True, explained=True)]),
        Section("How it was measured", [Text(method(results))]),
    ]  # fmt: skip
    return [part for part in parts if part.blocks]


def _sheet(results: Results, keys: tuple[str, ...], **options: bool) -> Sheet:
    names, muted = results.names, tuple(results.table.yardstick)
    table = results.table.assign(cell=[names[name] for name in results.table.cell])
    return Sheet(tuple(column_of(key) for key in keys), table, muted, **options)


def _every(results: Results) -> tuple[str, ...]:
    """Returns the keys of all figures that a row of the table has, those that no column is made for last."""
    table = results.table
    known = [column.key for column in COLUMNS if column.key == "interval" or table[column.key].notna().any()]
    numbers = table.select_dtypes("number").columns
    return (*known, *(key for key in numbers if key not in known and key not in ("fcd_low", "fcd_high")))


def _near(table: pd.DataFrame) -> list[Sheet]:
    if table.empty:
        return []
    spans = [None if pd.isna(r.low) else f"{r.low:.2f} to {r.high:.2f}" for r in table.itertuples()]
    return [Sheet(NEIGHBOURS, table.assign(pair=table.better + " < " + table.worse, span=spans), explained=True)]


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


def _curves(results: Results) -> dict[str, pd.DataFrame]:
    own = {name: results.preview_of(name, "curves.csv") for name in results.trained}
    cells = {name: results.preview(name, "curves.csv") for name in results.competing.cell}
    found = {name: pd.read_csv(path) for name, path in (own | cells).items() if path}
    # A closed form has one point, which makes no curve.
    return {name: table for name, table in found.items() if table.step.nunique() > 1}
