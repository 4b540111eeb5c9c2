"""How flat the curves of a table's trainings are at their end."""

__all__ = ["flatness_in_words", "late_gain"]

import numpy as np
import pandas as pd

from .results import Results

LATE = 0.2  # the last part of a training that is looked at


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
    least = table.cummin()
    before = least[table.index <= (1 - LATE) * table.index.max()]
    if before.empty:
        return float("nan")
    gain = (table.iloc[0] - least.iloc[-1]).to_numpy(float)
    late = (before.iloc[-1] - least.iloc[-1]).to_numpy(float)
    return float(np.divide(late, gain, out=np.zeros_like(gain), where=gain > 0).mean())


def flatness_in_words(results: Results, curves: dict[str, pd.DataFrame]) -> list[str]:
    """Returns a text on who still gained at the end; none where no training has a validation figure.

    Arguments:
        results: The table's.
        curves: For autoencoders and cells the rows of step, seed, figure and value, as their previews have them.
    """
    priors = results.table.cell[results.table.steps > 0]
    groups = {"prior": [*priors], "autoencoder": [*results.trained]}
    said, silent = [], []
    for kind, names in groups.items():
        steps = {name: curves[name] for name in names if name in curves and curves[name].step.nunique() > 1}
        gains = pd.Series({name: late_gain(table) for name, table in steps.items()}, dtype=float)
        silent += gains.index[gains.isna()].tolist()
        if gains.notna().any():
            said.append(f"of the {kind}s {gains.idxmax()} made the most of its gain there, {gains.max():.1%}")
    if not said:
        return []
    rest = f" Without a validation figure, so that the last weights are taken: {', '.join(silent)}." if silent else ""
    return [
        "Is the training over? Gains of the validation figure in the last fifth of the steps, as a share of all gains: "
        f"{'; '.join(said)}. Learning rates fall to zero by then, so a flat curve says that the budget is used up, not "
        f"that a longer one would gain nothing.{rest}"
    ]
