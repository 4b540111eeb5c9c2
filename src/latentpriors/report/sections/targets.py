"""What autoencoders have made of the targets of their codes: figures, codes by class, and images along the targets."""

__all__ = ["targets"]

from pathlib import Path

import pandas as pd

from ...evaluation.previews import read_grid
from ..page import Gallery, Picture, Text, written
from ..plots.codes import targets_and_codes
from ..plots.images import tiled
from ..results import Results
from ..sheets import Column, Sheet
from ..words import BLIND, beaten, listed, share_interval
from .galleries import gallery

COLUMNS = 12  # of the grids that the stage decodes
ALIKE = 1e-3  # the deviation of codes, where targets have about one: below it, they are all one
BLURRED = 0.5  # of reconstructions whose class a classifier sees: below it, it says little of draws
FIGURES = (
    Column("name", "autoencoder", "s", ""),
    Column("target", "target", "s", "N(0, I), a mixture of ten Gaussians, or a swiss roll, all of two dimensions."),
    Column("told", "labels told", ".0%", "Share of the training images whose class the critic sees."),
    Column("mismatch_sliced_wasserstein", "sliced Wasserstein", ".3f",
           "Distance of q(z) to the target in standard deviations of the codes; lower is better."),
    Column("mismatch_floor", "its floor", ".3f", "The same of two samples of the target."),
    Column("mismatch_accuracy", "two-sample accuracy", ".3f",
           "How often a classifier tells q(z) from the target: 0.5 where it cannot."),
    Column("critic", "critic", ".2f",
           f"Its last loss, in nats: {BLIND:.2f} where it cannot tell codes from the target."),
    Column("knn", "k-NN accuracy", ".3f", "Of the test codes' classes, from the nearest training codes."),
    Column("neighbours", "drawn beside it", ".3f",
           "Of codes drawn where the target has a class, how often most of the nearest training codes are of it."),
    Column("accuracy", "class asked for", ".3f", "How often the frozen classifiers see it in what is decoded of them."),
    Column("span", "95% interval", "s", "Of that: Student's t over seeds."),
    Column("reconstructed", "of reconstructions", ".3f",
           "How often they see the class of a test image in its reconstruction."),
    Column("judged", "by the judge", ".3f", "The class asked for, as the classifier of another architecture sees it."),
    Column("judged_reconstructed", "of reconstructions, judge", ".3f", "The same of reconstructions, by the judge."),
)  # fmt: skip

CAPTION = (
    "Codes of held-out images, seed 0, colored by class, over draws of the target (grey). Look for classes that are "
    "cut in pieces, for grey without codes, which becomes images of nothing, and for codes outside it."
)
GRIDS = (
    "What is decoded along each target, seed 0. Of N(0, I) the quantiles of both dimensions, from low to high; of the "
    "mixture the quantiles along the axes of its first three components, one below the other; of the roll a walk along "
    "its axis, from the inside, row by row. With labels, the first component, or tenth of the roll, is that of class 0."
)


def targets(results: Results, out: Path) -> list[Text | Sheet | Picture | Gallery]:
    """Returns what became of the targets: in words, as a table and as pictures; nothing where no row has one."""
    found = {name: results.facts(f"targets/{name}.json") for name in results.trained}
    found = {name: facts for name, facts in found.items() if facts}
    if not found:
        return []
    rows = pd.DataFrame([_row(results, name, facts) for name, facts in found.items()])
    paths = {name: results.in_homes(f"targets/{name}/points.csv") for name in found}
    drawn = targets_and_codes({name: pd.read_csv(path) for name, path in paths.items() if path})
    text = _words(rows) + "".join(_failures(results, name) for name in found)
    return [
        Text(text), Sheet(FIGURES, rows, explained=True, missing="–"),
        *written("targets", drawn, CAPTION, out), *_grids(results, list(found), out),
    ]  # fmt: skip


def _row(results: Results, name: str, facts: dict) -> dict:
    mismatch, codes = results.likelihood.get(name, {}), results.codes.get(name, {})
    keys = ("mismatch_sliced_wasserstein", "mismatch_floor", "mismatch_accuracy")
    asked = ("accuracy", "neighbours", "reconstructed", "judged", "judged_reconstructed")
    return {
        "name": name, "target": facts["target"], "told": facts["label_share"],
        "span": share_interval(facts.get("accuracy_by_seed", [])), "knn": codes.get("knn"),
        "critic": results.trained[name].get("critic"),
        **{key: mismatch.get(key) for key in keys}, **{key: facts.get(key) for key in asked},
    }  # fmt: skip


def _words(rows: pd.DataFrame) -> str:
    text = (
        f"{len(rows)} autoencoders with codes of two dimensions have a target. A critic that sees labels sends each "
        "class to its own part of it; without labels it is free which class goes where."
    )
    judged = rows.dropna(subset="mismatch_accuracy").sort_values("mismatch_accuracy")
    if len(judged):
        best, worst = judged.iloc[0], judged.iloc[-1]
        text += (
            f" **{best['name']}** meets its target best: a classifier tells its codes from it in "
            f"{best.mismatch_accuracy:.1%} of cases (50% is blind); worst is {worst['name']}, "
            f"{worst.mismatch_accuracy:.1%}."
        )
    asked = rows.dropna(subset="accuracy")
    if len(asked):
        near = listed([f"{row.name} {row.neighbours:.1%}" for row in asked.itertuples()])
        seen = listed([f"{row.name} {row.accuracy:.1%} (judge {row.judged:.1%})" for row in asked.itertuples()])
        text += (
            " Asked for a class by drawing where the target has it, so many codes lie beside training codes of it: "
            f"{near}; and in so many images classifiers see it: {seen}."
        )
    blurred = asked[asked.reconstructed < BLURRED]
    if len(blurred):
        said = [f"{r.name} {r.reconstructed:.0%} (judge {r.judged_reconstructed:.0%})" for r in blurred.itertuples()]
        text += (
            " Two dimensions blur, and classifiers take what is blurred for few of the classes, whatever it shows: the "
            f"class of a test image they see in so many reconstructions of {listed(said)}."
        )
    return text


def _failures(results: Results, name: str) -> str:
    """Returns which seeds of an autoencoder a critic has won, and in which the encoder has collapsed; else nothing."""
    text = beaten(results.trained[name].get("critic_by_seed", []), name)
    scales = results.likelihood.get(name, {}).get("code_scale_by_seed", [])
    if dead := sum(scale < ALIKE for scale in scales):
        text += (
            f" In {dead} of {len(scales)} seeds the encoder of {name} has **collapsed**: it gives all images one code."
        )
    return text


def _grids(results: Results, names: list[str], out: Path) -> list[Gallery]:
    drawn = {}
    for name in names:
        path = results.in_homes(f"targets/{name}/grid.png")
        if path:
            images = read_grid(path, COLUMNS)
            breaks = range(COLUMNS, len(images) // COLUMNS, COLUMNS) if len(images) > COLUMNS**2 else ()
            drawn[name] = tiled(images, COLUMNS, breaks)
    return gallery("targets", drawn, GRIDS, out, wide=True)
