"""Is the metric to be believed? The page of a data set with the variance of FCD and the metric's own test."""

__all__ = ["audit"]

from pathlib import Path

import pandas as pd

from ..evaluation.previews import read_grid
from ..store import load_json
from .page import Section, Text, write_page, written
from .plots.metric_check import corruption_curves
from .plots.variance import share_bars
from .sections.metric_check import check_summary, check_words, corruption_table, scorers
from .sections.variance import least_table, poster_steps, share_table, variance_summary, variance_words
from .sheets import texts

CAPTIONS = {
    "shares": "How the variance of log FCD, one figure of one run, is divided among its sources. The wider a part, the "
    "more FCD would move if only this were done again; parts under 6% have no figure.",
    "corruptions": "FCD (logarithmic) against the strength of each corruption, with four of the images that it scored. "
    "A metric that can be believed rises from left to right; the dotted line is FCD without any corruption.",
}


def audit(designs: list[str], shared: Path, dataset: str, out: Path) -> str:
    """Writes report.md, report.html and the pictures; returns the summary as text.

    Arguments:
        designs: The crossed designs by the names of their files, AUTOENCODER-PRIOR.
        shared: The data set's metrics: variance/, metric_check/, metric_check.json, classifier.json, judge.json.
        dataset: Its name, for the title.
        out: An empty folder.

    Raises:
        ValueError: there is no design.
    """
    if not designs:
        raise ValueError(f"{dataset} has no crossed design; list one under `designs` in cells.yaml")
    decomposed = {name: load_json(shared / f"variance/{name}.json") for name in designs}
    figures, curves = load_json(shared / "metric_check.json"), pd.read_csv(shared / "metric_check/curves.csv")
    examples = read_grid(shared / "metric_check/examples.png", columns=len(figures["strengths"]))
    shares = share_bars({name: found["share"] for name, found in decomposed.items()})
    drawn = {"shares": shares, "corruptions": corruption_curves(curves, examples)}
    pictures = {name: written(name, figure, CAPTIONS[name], out) for name, figure in drawn.items()}
    accuracies = {"classifier": load_json(shared / "classifier.json"), "judge": load_json(shared / "judge.json")}
    answer = [check_summary(figures), variance_summary(decomposed)]
    (example, steps), (who, scores) = poster_steps(decomposed), scorers(accuracies)
    sections = [
        Section("", [*map(Text, answer)]),
        Section("Where the variance of FCD comes from", [
            texts(share_table(decomposed)), *pictures["shares"], *map(Text, variance_words(decomposed)),
            texts(least_table(decomposed)), Text(example), texts(steps),
        ]),
        Section("Does FCD follow what is done to images?", [
            texts(corruption_table(curves, figures)), *pictures["corruptions"], *map(Text, check_words(figures)),
        ]),
        Section("Who scores", [Text(who), texts(scores)]),
    ]  # fmt: skip
    write_page(f"{dataset}: is the metric to be believed?", sections, out)
    return "\n".join(answer)
