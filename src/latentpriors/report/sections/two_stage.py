"""What training a prior along with its autoencoder gains over two stages, as a table and in words."""

__all__ = ["two_stage"]

import numpy as np
import pandas as pd

from ..page import Text
from ..results import Results
from ..sheets import Column, Sheet
from ..words import TIED, apart, interval
from .answer import spent

TWO_STAGE = (
    Column("pair", "joint against two-stage", "s", ""),
    Column("joint", "FCD, joint", ".2f", "Prior and autoencoder trained together."),
    Column("two_stage", "FCD, two-stage", ".2f", "Prior fitted to the codes of a finished autoencoder."),
    Column("joint_ceiling", "reconstructions, joint", ".2f", "FCD of the joint autoencoder's reconstructions."),
    Column("two_stage_ceiling", "reconstructions, two-stage", ".2f", "FCD of the other autoencoder's."),
    Column("joint_seconds", "seconds, joint", ".0f", "Of a seed's training, on a CPU of processor time."),
    Column("two_stage_seconds", "seconds, two-stage", ".0f", "The same of autoencoder and prior together."),
    Column("ratio", "ratio", ".2f", "FCD of the joint over the two-stage one, geometric means over seeds."),
    Column("span", "95% interval", "s", "Of the ratio, for this pair alone."),
    Column("p", "p alone", ".3f", "Of the t test of log FCD with moderated variances."),
    Column("p_fdr", "p, FDR", ".3f", "After Benjamini's and Hochberg's correction over all pairs of competing cells."),
)  # fmt: skip

# A flow that was trained along with its autoencoder, and one fitted afterwards: to the codes of an autoencoder that has
# seen no flow, where the loss is otherwise the same, one as small and the one that tuning chose; and to the same codes.
PAIRS = (
    ("glf-native", "ae-flow_narrow"),
    ("glf_regularized-native", "ae-flow_narrow"),
    ("glf-native", "ae-flow"),
    ("glf_regularized-native", "ae-flow"),
    ("glf-native", "glf-flow"),
    ("glf_regularized-native", "glf_regularized-flow"),
    ("vae_flow_prior-native", "vae_flow_prior-flow"),
)


def two_stage(results: Results) -> list[Text | Sheet]:
    """Returns which of joint and two-stage training has the lower FCD, for the pairs that the table has."""
    cells = set(results.competing.cell)
    found = [_compared(results, *pair) for pair in PAIRS if cells.issuperset(pair)]
    if not found:
        return []
    text = (
        "A flow trained along with its autoencoder against one that is fitted afterwards: to the codes of an "
        "autoencoder trained without a flow, or to the codes of the same autoencoder. flow_narrow is as small as the "
        "joint flows, and flow is the wider one that its trials chose; either adds its steps to the autoencoder's: the "
        "seconds, where both were measured, say how equal the budgets are. Reconstructions say how much is the "
        "autoencoder's. Verdicts are for each pair alone, with the p value of its t test of log FCD. "
    )
    return [
        Text(text + " ".join(_sentence(row, len(results.pairs)) for row in found)),
        Sheet(TWO_STAGE, pd.DataFrame(found), explained=True, missing="–"),
    ]


def _compared(results: Results, joint: str, later: str) -> dict[str, object]:
    """Returns the pair's row of the comparisons, with the joint cell first."""
    pair, fcd = results.pair(joint, later), results.competing.set_index("cell").fcd
    ratio, low, high = results.ratio(joint, later)
    return {
        "pair": f"{joint} against {later}", "names": (joint, later), "joint": fcd[joint], "two_stage": fcd[later],
        "joint_seconds": _seconds(results, joint), "two_stage_seconds": _seconds(results, later),
        "joint_ceiling": _ceiling(results, joint), "two_stage_ceiling": _ceiling(results, later),
        "ratio": ratio, "span": interval(low, high), "p": pair.p, "p_fdr": pair.p_fdr,
    }  # fmt: skip


def _ceiling(results: Results, cell: str) -> float | None:
    row = results.ceiling(cell.partition("-")[0])
    return None if row is None else float(row.fcd)


def _seconds(results: Results, cell: str) -> float | None:
    """Returns the seconds that a seed of a cell took, its autoencoder included; None where nobody measured them."""
    facts, cells = results.trained.get(cell.partition("-")[0]), results.competing.set_index("cell")
    own = spent(facts) if facts else None
    return None if own is None or "fit_seconds" not in cells else own + float(np.nan_to_num(cells.fit_seconds[cell]))


def _sentence(row: dict, pairs: int) -> str:
    joint, later = row["names"]
    text = f"{joint} has {row['ratio']:.2f} times the FCD of {later}"
    if row["span"] is None:
        return f"{text}: one seed tells nothing apart."
    text += f" (95% interval {row['span']}): "
    if not apart(row["p"]):
        return f"{text}**{TIED}** (p = {row['p']:.2g})."
    better = "joint" if row["ratio"] < 1 else "two-stage"
    corrected = "also" if apart(row["p_fdr"]) else "but not"
    text += f"**{better} is better** (p = {row['p']:.2g}), {corrected} at a false discovery rate of 5% over "
    return f"{text}{pairs} pairs."
