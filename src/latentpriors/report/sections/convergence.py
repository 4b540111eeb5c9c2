"""How flat the curves of a table's trainings are at their end."""

__all__ = ["convergence", "flatness_in_words", "late_gain", "training_curves"]

from pathlib import Path

import numpy as np
import pandas as pd

from ..charts import gain_chart
from ..page import Chart, Picture, Text, written
from ..plots import codes
from ..results import Results

LATE = 0.2  # the last part of a training that is looked at

CAPTION = (
    "Training curves, one line for each seed; the validation figure is the one on which weights are kept. Losses are "
    "as each training minimizes them, weights of their terms included. For gmm the axis is the number of components. "
    "The chart shows how much of the validation figure's gain was still to come, of priors with one; a row that is "
    "opened has its own curves."
)


def convergence(results: Results, out: Path) -> list[Picture | Chart | Text]:
    """Returns the training curves as a picture, and who still gained at their end in words."""
    learned = training_curves(results)
    drawn = codes.curves(learned) if learned else None
    gains = _gains({name: learned[name] for name in results.table.cell[results.table.steps > 0] if name in learned})
    spec = gain_chart(gains, results.charted) if len(gains) else None
    return [*written("curves", drawn, CAPTION, out, spec), *map(Text, flatness_in_words(results, learned))]


def _gains(curves: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Returns how much of each gain was still to come: rows of cell, progress and left, means over seeds."""
    rows = []
    for name, table in curves.items():
        table = table[table.figure == "validation"].pivot(index="step", columns="seed", values="value")
        gain = table.iloc[0] - table.min() if len(table) > 1 else pd.Series(dtype=float)
        if (gain > 0).any():
            left = ((table.cummin() - table.min()) / gain.where(gain > 0)).mean(axis=1)
            rows.append(
                pd.DataFrame({"cell": name, "progress": left.index / left.index.max(), "left": left.to_numpy()})
            )
    return pd.concat(rows) if rows else pd.DataFrame(columns=["cell", "progress", "left"])


def late_gain(curves: pd.DataFrame) -> float:
    """Returns how much of a training's gain came in its last fifth, mean over seeds; NaN without a validation figure.

    The gain is how far the validation figure fell, from its first point to its least one: a figure that rises again
    has gained nothing more, since the weights of the least one are kept.

    Arguments:
        curves: Rows of step, seed, figure and value.
    """
    table = curves[curves.figure == "validation"].pivot(index="step", columns="seed", values="value")
    if len(table) < 2:
        return float("nan")
    least = table.cummin()  # points are evenly spaced
    before = least.iloc[max(round((1 - LATE) * len(table)), 1) - 1]
    gain = (table.iloc[0] - least.iloc[-1]).to_numpy(float)
    late = (before - least.iloc[-1]).to_numpy(float)
    return float(np.divide(late, gain, out=np.zeros_like(gain), where=gain > 0).mean())


def flatness_in_words(results: Results, curves: dict[str, pd.DataFrame]) -> list[str]:
    """Returns a text on who still gained at the end; none where no training has a validation figure.

    Arguments:
        results: The table's.
        curves: For autoencoders and cells the rows of step, seed, figure and value, as their previews have them.
    """
    priors = results.table.cell[results.table.steps > 0]
    groups = {"prior": [*priors], "autoencoder": [*results.trained]}
    said, turned, silent = [], [], []
    for kind, names in groups.items():
        steps = {name: curves[name] for name in names if name in curves and curves[name].step.nunique() > 1}
        gains = pd.Series({name: late_gain(table) for name, table in steps.items()}, dtype=float)
        silent += gains.index[gains.isna()].tolist()
        turned += gains.index[gains == 0].tolist()
        if gains.notna().any():
            said.append(f"of the {kind}s {gains.idxmax()} made the most of its gain there, {gains.max():.1%}")
    if not said:
        return []
    rest = f" Nothing more gained there: {', '.join(turned)}; earlier weights are kept." if turned else ""
    rest += f" Without a validation figure, so that nothing is chosen: {', '.join(silent)}." if silent else ""
    return [
        "Is the training over? Gains of the validation figure in the last fifth of the steps, as a share of all gains: "
        f"{'; '.join(said)}. Learning rates fall to zero by then: a curve that flattens late says that the budget is "
        f"used up, not that a longer one would gain nothing.{rest}"
    ]


def training_curves(results: Results) -> dict[str, pd.DataFrame]:
    """Returns for autoencoders and cells that learned in steps the rows of step, seed, figure and value."""
    own = {name: results.preview_of(name, "curves.csv") for name in results.trained}
    cells = {name: results.preview(name, "curves.csv") for name in results.competing.cell}
    found = {name: pd.read_csv(path) for name, path in (own | cells).items() if path}
    # A closed form has one point, which makes no curve.
    return {name: table for name, table in found.items() if table.step.nunique() > 1}
