"""The tables of the exact answers, with what each figure says."""

__all__ = ["figures_sheet", "grades_sheet", "main_sheet", "reference_sheet"]

import pandas as pd

from ..studies.densities import DENSITIES
from ..studies.exact_thresholds import INTEGRAL, NATS, WASSERSTEIN
from .sheets import Column, Sheet

FIGURES = (
    Column("name", "prior and density", "s", "A prior and the density to whose codes it was fitted."),
    Column("sliced_wasserstein", "sliced Wasserstein", ".4f",
           "Of samples to as many held-out codes, in standard deviations of the codes, mean over seeds."),
    Column("sliced_wasserstein_floor", "its floor", ".4f", "The same of other codes of the truth."),
    Column("sliced_wasserstein_passes", f"at most {WASSERSTEIN}", "s", "Whether it is what is asked for."),
    Column("two_sample_accuracy", "two-sample accuracy", ".3f",
           "Of a vote of five neighbours that tells samples from held-out codes: 0.5 where it cannot."),
    Column("nll", "NLL", ".3f", "Negative log-likelihood of the held-out codes, nats."),
    Column("kl", "KL", ".3f", "NLL less the entropy, both of the same held-out codes, nats: 0 for the truth."),
    Column("kl_passes", f"at most {NATS}", "s", "Whether KL is what is asked for; empty where the family does not "
           "contain the density."),
    Column("integral", "integral", ".4f", "Of exp(log_prob) over a square of 12 standard deviations: 1 for a density."),
    Column("integral_passes", f"within {INTEGRAL} of 1", "s", "Whether it is what is asked for."),
    Column("parameters", "parameters", ",.0f", "How many numbers the fit found."),
    Column("steps", "steps", ",.0f", "Gradient steps; 0 for closed forms."),
)  # fmt: skip
GRADES = (
    Column("name", "density and shift", "s", "What both samples were drawn from; shift in standard deviations."),
    Column("sliced_wasserstein", "sliced Wasserstein", ".3f", "What it says, in standard deviations."),
    Column("sliced_wasserstein_expected", "right", ".3f", "√(shift² + floor²)."),
    Column("sliced_wasserstein_passes", "within the floor", "s", "Whether the two differ by no more than the floor."),
    Column("two_sample_accuracy", "two-sample accuracy", ".3f", "What it says."),
    Column("two_sample_best", "best possible", ".3f", "The accuracy of the likelihood ratio of the known densities."),
    Column("two_sample_passes", "as asked", "s", "Not above the best, and near it for a plain shift."),
)  # fmt: skip
REFERENCES = (
    Column("density", "density", "s", ""),
    Column("dim", "dimensions", "d", ""),
    Column("entropy", "entropy", ".3f", "Of the held-out codes, nats."),
    Column("sliced_wasserstein_floor", "the truth itself", ".4f", ""),
    Column("sliced_wasserstein_gaussian", "Gaussian of its moments", ".4f", ""),
    Column("sliced_wasserstein_normal", "N(0, I)", ".4f", ""),
)


def main_sheet(table: pd.DataFrame) -> Sheet:
    """Returns a row for each prior: sliced Wasserstein and KL on every density, and how much of what is asked it does.

    Arguments:
        table: A row for each prior and density, as in all functions here but `grades_sheet`.
    """
    columns = [Column("prior", "prior", "s", "")]
    columns.append(Column("done", "does", "s", "How many of the bounds that apply to it it keeps.", "What is asked"))
    kinds = {"sliced_wasserstein": ("Sliced Wasserstein", ".3f"), "kl": ("KL to the truth, nats", ".3f")}
    for key, (group, pattern) in kinds.items():
        meaning = next(column.meaning for column in FIGURES if column.key == key)
        columns += [Column(f"{key} {density}", density, pattern, meaning, group) for density in DENSITIES]
    rows, muted = [], []
    for name, part in table.groupby("prior", sort=False):
        verdicts = part[[key for key in part if key.endswith("_passes")]].stack().dropna()
        row = {"prior": name, "done": f"{int(verdicts.astype(bool).sum())} of {len(verdicts)}"}
        rows.append(row | {f"{key} {line['density']}": line[key] for _, line in part.iterrows() for key in kinds})
        muted.append(bool(part.yardstick.any()))
    return Sheet(tuple(columns), pd.DataFrame(rows), tuple(muted), grouped=True)


def figures_sheet(table: pd.DataFrame) -> Sheet:
    """Returns all figures, a row for each prior and density."""
    named = table.assign(name=table.prior + " on " + table.density)
    return Sheet(FIGURES, _verdicts(named), tuple(table.yardstick), explained=True)


def reference_sheet(table: pd.DataFrame) -> Sheet:
    """Returns for each density the distances of what needs no prior, means over the priors' codes."""
    keys = [column.key for column in REFERENCES[2:]]
    found = table.groupby("density", sort=False)[keys].mean().reindex(DENSITIES).reset_index()
    return Sheet(REFERENCES, found.assign(dim=[DENSITIES[name].dim for name in found.density]))


def grades_sheet(grades: pd.DataFrame) -> Sheet:
    """Returns the grades of the metrics, from the rows of `exact_grades.grade`."""
    return Sheet(GRADES, _verdicts(grades.assign(name=[f"{r.density}, {r.shift:g}" for r in grades.itertuples()])))


def _verdicts(table: pd.DataFrame) -> pd.DataFrame:
    words = {key: table[key].map({True: "yes", False: "no"}) for key in table if key.endswith("_passes")}
    return table.assign(**words)
