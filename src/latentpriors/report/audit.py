"""Is the metric to be believed? The page of a data set with the variance budget and the metric's own test."""

__all__ = ["audit"]

import base64
import html
from importlib import resources
from pathlib import Path

import pandas as pd
from jinja2 import Template
from matplotlib.figure import Figure

from ..evaluation.previews import read_grid
from ..store import load_json
from .plots.metric_check import corruption_curves
from .plots.variance import share_bars
from .sections.metric_check import check_summary, check_words, corruption_table, scorers
from .sections.variance import budget_summary, budget_words, least_table, poster_steps, share_table

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
    budgets = {name: load_json(shared / f"variance/{name}.json") for name in designs}
    figures, curves = load_json(shared / "metric_check.json"), pd.read_csv(shared / "metric_check/curves.csv")
    examples = read_grid(shared / "metric_check/examples.png", columns=len(figures["strengths"]))
    drawn = {
        "shares": share_bars({name: budget["share"] for name, budget in budgets.items()}),
        "corruptions": corruption_curves(curves, examples),
    }
    accuracies = {"classifier": load_json(shared / "classifier.json"), "judge": load_json(shared / "judge.json")}
    answer = [check_summary(figures), budget_summary(budgets)]
    budget = [share_table(budgets), "shares", *budget_words(budgets), least_table(budgets), *poster_steps(budgets)]
    checks = [corruption_table(curves, figures), "corruptions", *check_words(figures)]
    sections = [
        ("", answer),
        ("Where the variance of FCD comes from", budget),
        ("Does FCD follow what is done to images?", checks),
        ("Who scores", scorers(accuracies)),
    ]
    _write(f"{dataset}: is the metric to be believed?", sections, drawn, out)
    return "\n".join(answer)


def _write(title: str, sections: list[tuple[str, list]], drawn: dict[str, Figure], out: Path) -> None:
    """Writes both twins of a page whose blocks are tables, names of pictures and texts."""
    for name, picture in drawn.items():
        picture.savefig(out / f"{name}.png", dpi=150)
    text = [f"# {title}"]
    for heading, blocks in sections:
        text += [f"## {heading}"] if heading else []
        text += [_markdown(block) for block in blocks]
    (out / "report.md").write_text("\n\n".join(text) + "\n")
    template = Template(resources.files(__package__).joinpath("audit.html").read_text())
    shown = [(heading, [_html(block, out) for block in blocks]) for heading, blocks in sections]
    (out / "report.html").write_text(template.render(title=title, sections=shown))


def _markdown(block: str | pd.DataFrame) -> str:
    if isinstance(block, pd.DataFrame):
        return block.to_markdown(index=False, disable_numparse=True)
    return f"![{block}]({block}.png)\n\n*{CAPTIONS[block]}*" if block in CAPTIONS else block


def _html(block: str | pd.DataFrame, out: Path) -> tuple[str, str, str]:
    if isinstance(block, pd.DataFrame):
        return "table", block.to_html(index=False, border=0), ""
    if block in CAPTIONS:
        return "picture", base64.b64encode((out / f"{block}.png").read_bytes()).decode(), CAPTIONS[block]
    parts = html.escape(block).split("**")
    return "text", "".join(f"<b>{part}</b>" if index % 2 else part for index, part in enumerate(parts)), ""
