"""What a paper leaves open of learning from few labels: what each choice gave, and the best of them once more."""

__all__ = ["best_sections", "choices_sections"]

import json
from pathlib import Path

import pandas as pd

from ..studies.trials import selected_errors
from .page import Section, Text, written
from .plots.tuning import error_lines
from .sheets import Column, Sheet
from .words import BLIND, beaten, listed, share_interval

SHEET = (
    Column("choice", "choice", "s", ""),
    Column("changes", "changes to the default", "s", ""),
    Column("kept", "error", ".2%", "Share of validation images whose class is wrong, by the weights that are kept, a "
           "moving average; mean over the draws of the labels. By this the best is chosen."),
    Column("draws", "by draw", "s", "The same for each draw of the labels."),
    Column("few", "epoch by few labels", ".2%", "The error where the epoch is chosen by a few labelled validation "
           "images, as many as are told in training, and is of the others."),
    Column("all", "epoch by all", ".2%", "Where it is chosen by the very images that it is an error of: what nobody "
           "who has a few labels can reach, and what a paper that is silent may have reported."),
    Column("critics", "critics", ".2f",
           f"Their last loss, in nats: {2 * BLIND:.2f} where they cannot tell codes from priors."),
    Column("used", "classes used", ".1f", "That are the likeliest for more than a tenth of their share of the images."),
    Column("minutes", "minutes a run", ".0f", "Of one core."),
)  # fmt: skip
CAPTION = (
    "The error on validation images after each epoch, logarithmic, of the weights as they are then, mean over the "
    "draws of the labels. A line that still falls at the right wants more epochs."
)
BEST_SHEET = (
    Column("name", "labels and who learns from them", "s", ""),
    Column("error", "test error", ".2%", "Share of the test images whose class is wrong, by the weights that are kept; "
           "no epoch is chosen."),
    Column("span", "95% interval", "s", "Of that: Student's t over draws of the labels, each with a seed of its own."),
    Column("draws", "by draw", "s", "The same for each draw of the labels."),
)  # fmt: skip
LEARNERS = {"error": "adversarial autoencoder", "labels_only": "its encoder, labelled images alone"}
BEST_CAPTION = (
    "The error of all who train by the best choice, on validation images after each epoch, logarithmic, of the weights "
    "as they are then: a line for each draw of the labels."
)


def choices_sections(logs: dict[str, pd.DataFrame], out: Path) -> list[Section]:
    """Returns a section for each data set whose choices were tried, and writes their picture.

    Arguments:
        logs: By data set, with the columns of `open_choices.COLUMNS`.
        out: The folder of the page.
    """
    return [
        Section(
            f"What a paper leaves open of few labels, on {name}",
            [
                Text(_words(rows := _rows(log), log)),
                Sheet(SHEET, rows, explained=True, missing="–"),
                *written(f"choices_{name}", error_lines(_by_epoch(log)), CAPTION, out),
            ],
        )
        for name, log in logs.items()
        if log.failure.isna().any()
    ]


def best_sections(logs: dict[str, dict[int, pd.DataFrame]], out: Path) -> list[Section]:
    """Returns a section for each data set whose best choice was trained once more, and writes their picture.

    Arguments:
        logs: By data set and count of the labels, with the columns of `open_choices.BEST_COLUMNS`.
        out: The folder of the page.
    """
    sections = []
    for name, found in logs.items():
        done = {count: log[log.failure.isna()].sort_values("draw") for count, log in sorted(found.items())}
        done = {count: log for count, log in done.items() if len(log)}
        failed = sum(log.failure.notna().sum() for log in found.values())
        if not done:
            continue
        runs = [(count, run) for count, log in done.items() for run in log.itertuples()]
        lines = {f"{count} labels, {run.draw}": json.loads(run.errors) for count, run in runs}
        rows = pd.DataFrame([
            _best_row(f"{count}, {who}", log[column])
            for count, log in done.items() for column, who in LEARNERS.items()
        ])  # fmt: skip
        text = " ".join(_best_words(count, log) for count, log in done.items())
        text += f" {failed} run{'s' if failed > 1 else ''} failed." if failed else ""
        sections.append(Section(
            f"The best of these once more, on test images of {name}",
            [Text(text), Sheet(BEST_SHEET, rows, explained=True, missing="–"),
             *written(f"best_{name}", error_lines(lines), BEST_CAPTION, out)],
        ))  # fmt: skip
    return sections


def _best_row(name: str, errors: pd.Series) -> dict:
    return {
        "name": name, "error": errors.mean(), "span": share_interval(errors.tolist(), ".2%"),
        "draws": ", ".join(f"{error:.2%}" for error in errors),
    }  # fmt: skip


def _best_words(count: int, log: pd.DataFrame) -> str:
    span, alone = share_interval(log.error.tolist(), ".2%"), log.labels_only.mean()
    return (
        f"With **{count:,} labels** and {int(log.steps.iloc[0]):,} rounds, **{log.choice.iloc[0]}** is wrong in "
        f"{log.error.mean():.2%} of the test images ("
        + (f"95% interval {span}, {len(log)} draws of the labels" if span else "one draw of the labels")
        + f"), and the same network that sees the labelled images alone in {alone:.2%}."
        + beaten(log.last_critics.tolist(), "it", 2, "draws")
    )


def _rows(log: pd.DataFrame) -> pd.DataFrame:
    """Returns a row for each choice, the default first and then the lowest error."""
    errors, rows = selected_errors(log), []
    default = json.loads(log.settings[log.choice == "default"].iloc[0]) if (log.choice == "default").any() else {}
    for name, part in log.groupby("choice"):
        own, settings = errors[errors.choice == name].sort_values("draw"), json.loads(part.settings.iloc[0])
        changes = [f"{key} {_written(value)}" for key, value in settings.items() if value != default.get(key)]
        rows.append({
            "choice": name, "changes": ", ".join(changes), **own[["kept", "few", "all"]].mean(),
            "draws": ", ".join(f"{error:.2%}" for error in own.kept), "critics": part.last_critics.mean(),
            "used": part.classes_used.mean(), "minutes": part.seconds.mean() / 60,
        })  # fmt: skip
    rows = pd.DataFrame(rows)
    return rows.sort_values("kept", ignore_index=True)


def _written(value: object) -> str:
    return " – ".join(map(str, value)) if isinstance(value, list) else str(value)


def _words(rows: pd.DataFrame, log: pd.DataFrame) -> str:
    done, best = rows.dropna(subset="kept"), rows.iloc[0]
    text = (
        f"{len(done)} settings, each with the same draws of the labels and {int(log.steps.iloc[0]):,} rounds, on "
        f"validation images: errors from {done.kept.min():.2%} to {done.kept.max():.2%}, median "
        f"{done.kept.median():.2%}. The lowest is that of **{best.choice}** ({best.draws})."
    )
    default = rows[rows.choice == "default"]
    if len(default) and best.choice != "default" and default.kept.notna().all():
        worst = log[log.choice == best.choice].error.max()
        least = log[log.choice == "default"].error.min()
        text += f" The default has {default.kept.iloc[0]:.2%} ({default.draws.iloc[0]})"
        text += (
            "; every draw of the best is below every draw of it."
            if worst < least
            else ("; **their draws overlap**, so that the draw of the labels matters as much as the choice.")
        )
    gap = (done.few - done["all"]).mean()
    text += (
        f" Who may choose the epoch on all validation labels reports {gap:.2%} less, on average, than who has a few."
    )
    used = rows[rows.used < rows.used.max() - 0.5]
    if len(used):
        text += f" The head for the class has **collapsed** with {listed(list(used.choice))}."
    if failed := int(log.failure.notna().sum()):
        text += f" {failed} run{'s' if failed > 1 else ''} failed."
    return text


def _by_epoch(log: pd.DataFrame) -> dict[str, list[float]]:
    """Returns for each choice the errors after each epoch, the mean over draws."""
    done = log[log.failure.isna()]
    return {
        name: pd.DataFrame([json.loads(errors) for errors in part.errors]).mean().tolist()
        for name, part in done.groupby("choice")
    }
