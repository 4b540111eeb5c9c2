"""How far metrics and classifiers agree on the ranking of a table's cells."""

__all__ = ["agreement", "agreement_in_words", "tau_table"]

from pathlib import Path

import numpy as np
import pandas as pd

from ...metrics import rank_agreement
from ..charts import rank_chart
from ..page import Chart, Picture, Text, written
from ..plots.table import agreement_map
from ..results import Results

# What ranks the cells, with its title; higher is better in the last four.
METRICS = {
    "fcd": "FCD",
    "fcd_judge": "FCD, judge",
    "fcd_penultimate": "FCD, penultimate",
    "fcd_infinity": "FCD at infinity",
    "kernel_distance": "kernel distance",
    "sliced_wasserstein": "sliced Wasserstein",
    "two_sample_accuracy": "two-sample accuracy",
    "precision": "precision",
    "recall": "recall",
    "density": "density",
    "coverage": "coverage",
}
HIGHER = ("precision", "recall", "density", "coverage")

CAPTION = (
    "Kendall's tau of each two rankings of the competing cells: 1 (dark blue) where they rank alike, -1 (red) where "
    "reversed. Read the first row: what disagrees with FCD there measures something else. The chart shows the ranks."
)


def agreement(results: Results, out: Path) -> list[Text | Picture | Chart]:
    """Returns how far metrics agree on the ranking: in words and as a picture."""
    drawn, spec = agreement_map(tau_table(results)), rank_chart(_ranks(results), results.charted)
    return [Text(agreement_in_words(results)), *written("agreement", drawn, CAPTION, out, spec)]


def _ranks(results: Results) -> pd.DataFrame:
    """Returns the rank of each competing cell by each metric: rows of cell, metric, rank and value."""
    rows = results.competing.set_index("cell").reindex(columns=list(METRICS)).astype(float).dropna(axis=1, how="all")
    ranks = pd.DataFrame({key: rows[key].rank(ascending=key not in HIGHER) for key in rows})
    long = ranks.rename(columns=METRICS).melt(ignore_index=False, var_name="metric", value_name="rank")
    values = rows.rename(columns=METRICS).melt(ignore_index=False, var_name="metric", value_name="value")
    return long.assign(value=values.value).reset_index().dropna(subset="rank")


def tau_table(results: Results) -> pd.DataFrame:
    """Returns Kendall's tau of each two rankings of the competing cells, (M, M): metrics, and each classifier's FCD."""
    rows = results.competing
    ranked = rows.reindex(columns=list(METRICS)).astype(float)
    single = _by_classifier(rows)
    ranked = pd.concat([ranked[["fcd"]], single, ranked.drop(columns="fcd")], axis=1).dropna(axis=1, how="all")
    found = rank_agreement(ranked, [name for name in HIGHER if name in ranked])
    titles = {name: METRICS.get(name, name) for name in found}
    return found.rename(index=titles, columns=titles)


def agreement_in_words(results: Results) -> str:
    """Returns how far classifiers of other seeds, and of another architecture, agree on the ranking."""
    rows, pairs = results.competing, results.pairs
    views = _by_classifier(rows)
    judged = rows.fcd_judge.notna().all()
    taus = rank_agreement(views).to_numpy()[np.triu_indices(views.shape[1], 1)]
    text = f"The {views.shape[1]} classifiers of FCD, which differ in their seeds, "
    text += f"agree on the ranking of the cells with Kendall's tau of {taus.min():.2f} or more. " if len(taus) else ""
    if judged:
        views["judge"] = rows.fcd_judge.astype(float)
        tau = rank_agreement(pd.DataFrame({"mean": rows.fcd, "judge": views.judge})).iloc[0, 1]
        text += f"The judge, of another architecture, agrees with their mean with tau {tau:.2f}. "
    told = pairs[pairs.differ]
    if told.empty or views.empty:
        return text + "The seeds tell no pair of cells apart, so a disagreement may be chance." if len(taus) else ""
    at = views.set_index(rows.cell)
    same = sum(bool((np.sign(at.loc[r.a] - at.loc[r.b]) == np.sign(r.difference)).all()) for r in told.itertuples())
    return (
        f"{text}With ties left out: of the {len(told)} pairs of cells that the seeds tell apart, "
        f"{'all' if same == len(told) else same} are put in the same order by every one of these classifiers. The "
        "files hold each classifier's mean over seeds, so a classifier's own ties are not known."
    )


def _by_classifier(rows: pd.DataFrame) -> pd.DataFrame:
    lists = [value if isinstance(value, list) else [] for value in rows.fcd_by_classifier]
    count = min(map(len, lists))
    return pd.DataFrame({f"FCD, classifier {k + 1}": [float(values[k]) for values in lists] for k in range(count)})
