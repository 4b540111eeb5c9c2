"""The report of the equal tuning: what each trial gave, what was chosen, and how much the trials were worth."""

__all__ = ["tuning_report"]

import json
from pathlib import Path

import pandas as pd

from ..studies.trials import CHOSEN_ON, WORTH, best_after, choice
from .open_choices import best_sections, choices_sections
from .page import Section, Text, write_page, written
from .plots.tuning import best_lines
from .sheets import Column, Sheet, plain
from .words import listed

TITLE = "Equal tuning: as many trials for every method"
CAPTION = (
    "The lowest validation FCD of the first k trials, logarithmic; the first trial is the default. A line that is flat "
    "from the left had a good default; one that still falls at the right wants more trials."
)
RULE = (
    f"params.yaml has, for all data sets, the best trial on {CHOSEN_ON} where it is more than {WORTH:.0%} below the "
    "default, since chance moves a single run by about as much, and else the default. Methods that have none there yet "
    "have what the rule says of trials on another."
)
METHODS = (
    Column("method", "method", "s", ""),
    Column("first", "FCD, default", ".2f", "Validation FCD of the first trial, seed 0, at the trials' budget."),
    Column("best", "FCD, best trial", ".2f", "The lowest of all trials."),
    Column("gain", "gain", ".1%", "How far the best trial is below the default."),
    Column("chosen", "chosen", "s", "What params.yaml has: the default, or what the best trial changed."),
    Column("seconds", "seconds a trial", ".0f", "Of one core, the samples' score among them; mean over the trials."),
    Column("failures", "failed", "d", "Trials that gave nothing; they count as trials."),
)
TRIALS = (
    Column("name", "method and trial", "s", ""),
    Column("changes", "changes to the default", "s", ""),
    Column("steps", "steps", ",.0f", ""),
    Column("fcd_validation", "FCD validation", ".2f", ""),
    Column("nll_validation", "NLL validation", ".2f", "In nats, where the prior has a density."),
    Column("seconds", "seconds", ".0f", ""),
    Column("failure", "failure", "s", ""),
)


def tuning_report(
    logs: dict[str, dict[str, pd.DataFrame]],
    out: Path,
    choices: dict[str, pd.DataFrame] | None = None,
    best: dict[str, dict[int, pd.DataFrame]] | None = None,
) -> str:
    """Writes report.md, report.html and the pictures; returns the tables of the data set that decides as text.

    Arguments:
        logs: For each kind, "autoencoders" and "priors", the trials of each data set, as `load_log` returns them.
        out: An empty folder.
        choices: The logs of what a paper leaves open, by data set.
        best: Those of the best choice once more, by data set and count of the labels.
    """
    sections, told = [], []
    for kind, words in (("priors", _words_of_priors), ("autoencoders", _words_of_autoencoders)):
        drawn = best_lines({name: best_after(log) for name, log in logs[kind].items()})
        sheets = {name: Sheet(METHODS, _methods(log), explained=name == CHOSEN_ON) for name, log in logs[kind].items()}
        title, text = words(logs[kind][CHOSEN_ON])
        caption = CAPTION if kind == "priors" else "The same of autoencoders, by their native samples."
        sections += [
            Section(title, [Text(text), *written(f"best_{kind}", drawn, caption, out), sheets[CHOSEN_ON]]),
            *(
                Section(f"{kind} on {name}".capitalize(), [sheet])
                for name, sheet in sheets.items()
                if name != CHOSEN_ON
            ),
        ]
        told.append(plain(sheets[CHOSEN_ON]))
    sections += choices_sections(choices or {}, out) + best_sections(best or {}, out)
    sections += [
        Section(f"All trials of {kind} on {name}", [Sheet(TRIALS, _trials(log))])
        for kind, found in logs.items()
        for name, log in found.items()
    ]
    write_page(TITLE, sections, out)
    return "\n\n".join(told)


def _words_of_priors(log: pd.DataFrame) -> tuple[str, str]:
    return "", (
        f"Every prior with hyperparameters to set had {_most(log)} trials by the recipe of tuning.yaml: a default and "
        f"changes to it, each fitted at a third of the budget to the codes of one autoencoder (seed 0) and scored by "
        f"the FCD of its samples to the validation split. {RULE} {_changed(log)} gmm has no steps: its trials are "
        f"whole fits. {_failed(log)}"
    )


def _words_of_autoencoders(log: pd.DataFrame) -> tuple[str, str]:
    return "The poster's learned baselines", (
        "An autoencoder that brings its own prior is judged by its native samples, so "
        f"{listed(sorted(log.method.unique()))} had {_most(log)} trials each by the same recipe: networks, latent "
        "dimension and data as ever, a third of the budget, seed 0, validation FCD of the native samples. "
        f"{_changed(log)} {_failed(log)}"
    )


def _most(log: pd.DataFrame) -> int:
    return int(log.groupby("method").trial.count().max())


def _changed(log: pd.DataFrame) -> str:
    names = sorted(log.method.unique())
    changed = [name for name in names if choice(log, name) != 1]
    listed = f": {', '.join(changed)}" if changed else ""
    return f"**{len(changed)} of {len(names)} defaults were changed**{listed}."


def _failed(log: pd.DataFrame) -> str:
    count = log.fcd_validation.isna().sum()
    return f"{count or 'No'} trial{'' if count == 1 else 's'} failed."


def _methods(log: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name, part in log.groupby("method"):
        part, chosen = part.set_index("trial"), choice(log, name)
        first, best = part.fcd_validation.get(1), part.fcd_validation.min()
        rows.append({
            "method": name, "first": first, "best": best, "gain": 1 - best / first,
            "chosen": "default" if chosen == 1 else _changes(part.settings[1], part.settings[chosen]),
            "seconds": part.seconds.mean(), "failures": int(part.fcd_validation.isna().sum()),
        })  # fmt: skip
    return pd.DataFrame(rows).sort_values("best", ignore_index=True)


def _trials(log: pd.DataFrame) -> pd.DataFrame:
    default = log[log.trial == 1].set_index("method").settings
    changes = [_changes(default[row.method], row.settings) for row in log.itertuples()]
    return log.assign(name=[f"{row.method} {row.trial}" for row in log.itertuples()], changes=changes)


def _changes(default: str, settings: str) -> str:
    before, after = json.loads(default), json.loads(settings)
    return ", ".join(f"{key} {value}" for key, value in after.items() if value != before.get(key))
