"""The report of the equal tuning: what each trial gave, what was chosen, and how much the trials were worth."""

__all__ = ["tuning_report"]

import json
from pathlib import Path

import pandas as pd

from ..studies.trials import CHOSEN_ON, WORTH, best_after, choice
from .page import Section, Text, write_page, written
from .plots.tuning import best_lines
from .sheets import Column, Sheet, plain

TITLE = "Equal tuning: as many trials for every prior"
CAPTION = (
    "The lowest validation FCD of the first k trials, logarithmic; the first trial is the default. A line that is flat "
    "from the left had a good default; one that still falls at the right wants more trials."
)
PRIORS = (
    Column("prior", "prior", "s", ""),
    Column("first", "FCD, default", ".2f", "Validation FCD of the first trial, seed 0, at the trials' budget."),
    Column("best", "FCD, best trial", ".2f", "The lowest of all trials."),
    Column("gain", "gain", ".0%", "How far the best trial is below the default."),
    Column("chosen", "chosen", "s", "What params.yaml has: the default, or what the best trial changed."),
    Column("seconds", "seconds a trial", ".0f", "Of one core, the samples' score among them; mean over the trials."),
    Column("failures", "failed", "d", "Trials that gave no prior; they count as trials."),
)
TRIALS = (
    Column("name", "prior and trial", "s", ""),
    Column("changes", "changes to the default", "s", ""),
    Column("steps", "steps", ",.0f", ""),
    Column("fcd_validation", "FCD validation", ".2f", ""),
    Column("nll_validation", "NLL validation", ".2f", "In nats, where the prior has a density."),
    Column("seconds", "seconds", ".0f", ""),
    Column("failure", "failure", "s", ""),
)


def tuning_report(logs: dict[str, pd.DataFrame], out: Path) -> str:
    """Writes report.md, report.html and the picture; returns the table of the data set that decides as text.

    Arguments:
        logs: The trials of each data set, as `load_log` returns them.
        out: An empty folder.
    """
    drawn = best_lines({name: best_after(log) for name, log in logs.items()})
    sheets = {name: Sheet(PRIORS, _priors(log), explained=name == CHOSEN_ON) for name, log in logs.items()}
    sections = [
        Section("", [Text(_words(logs[CHOSEN_ON])), *written("best", drawn, CAPTION, out), sheets[CHOSEN_ON]]),
        *(Section(f"On {name}", [sheet]) for name, sheet in sheets.items() if name != CHOSEN_ON),
        *(Section(f"All trials on {name}", [Sheet(TRIALS, _trials(log))]) for name, log in logs.items()),
    ]
    write_page(TITLE, sections, out)
    return plain(sheets[CHOSEN_ON])


def _words(log: pd.DataFrame) -> str:
    count, share = log.groupby("prior").trial.count(), log.fcd_validation.isna().sum()
    changed = [name for name in count.index if choice(log, name) != 1]
    return (
        f"Every prior with hyperparameters to set had {count.max()} trials by the recipe of tuning.yaml: a default and "
        f"changes to it, each fitted at a third of the budget to the codes of one autoencoder (seed 0) and scored by "
        f"the FCD of its samples to the validation split. params.yaml has, for all data sets, the best trial on "
        f"{CHOSEN_ON} where it is more than {WORTH:.0%} below the default, since chance moves a single run by "
        f"about as much, and else the default. **{len(changed)} of {len(count)} defaults were changed**"
        f"{': ' + ', '.join(changed) if changed else ''}. gmm has no steps: its trials are whole fits. "
        f"{share or 'No'} trial{'' if share == 1 else 's'} failed."
    )


def _priors(log: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name, part in log.groupby("prior"):
        part, chosen = part.set_index("trial"), choice(log, name)
        first, best = part.fcd_validation.get(1), part.fcd_validation.min()
        rows.append({
            "prior": name, "first": first, "best": best, "gain": 1 - best / first,
            "chosen": "default" if chosen == 1 else _changes(part.settings[1], part.settings[chosen]),
            "seconds": part.seconds.mean(), "failures": int(part.fcd_validation.isna().sum()),
        })  # fmt: skip
    return pd.DataFrame(rows).sort_values("best", ignore_index=True)


def _trials(log: pd.DataFrame) -> pd.DataFrame:
    default = log[log.trial == 1].set_index("prior").settings
    changes = [_changes(default[row.prior], row.settings) for row in log.itertuples()]
    return log.assign(name=[f"{row.prior} {row.trial}" for row in log.itertuples()], changes=changes)


def _changes(default: str, settings: str) -> str:
    before, after = json.loads(default), json.loads(settings)
    return ", ".join(f"{key} {value}" for key, value in after.items() if value != before.get(key))
