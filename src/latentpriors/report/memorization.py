"""Which cells look like copies of their training set, in words."""

__all__ = ["flagged", "flags", "limits", "limits_in_words", "memorization"]

import pandas as pd

from ..metrics.memorization import COPIES, NEAR, Memorization
from .sheets import Column, Sheet

SPACES = {"features": "feature", "codes": "code"}
MEASURES = ("copies", "c_t", "authenticity", "memorizing")
LIMITS = (
    Column("kind", "copies of", "s", ""),
    Column("copies", "by copies", "s",
           "The smallest share of the samples from which on this measure is beyond its limit in four of five runs; the "
           "limit leaves 5% false alarms."),
    Column("c_t", "by C_T", "s", "The same."),
    Column("authenticity", "by authenticity", "s", "The same."),
    Column("memorizing", "flagged", "s", "The same of the rule by which a cell is flagged, whose limits are fixed."),
    Column("false_alarms", "false alarms of the flag", ".1%", "How often it is raised without copies."),
)  # fmt: skip
RULE = (
    f"more than {COPIES:.0%} of samples as near to a training row as the nearest hundredth of held-out rows, or a C_T "
    f"below {NEAR:g}, either with authenticity below that of held-out rows"
)


def flags(table: pd.DataFrame) -> list[str | None]:
    """Returns for each row where it looks memorized: "features", "codes", both, or "none"; None where not measured."""
    found = []
    for _, row in table.iterrows():
        verdicts = {space: _figures(row, space).memorizing for space in SPACES if _measured(row, space)}
        named = ", ".join(space for space, memorizing in verdicts.items() if memorizing)
        found.append(named or "none" if verdicts else None)
    return found


def limits(facts: dict) -> list[Sheet]:
    """Returns from which share of copies on each measure sees them, as a table; nothing without facts.

    Arguments:
        facts: What the stage `detection` wrote, or empty.
    """
    rows = [
        {"kind": kind, **{name: _share(found[name]["limit"], found["shares"]) for name in MEASURES},
         "false_alarms": found["memorizing"]["false_alarms"]}
        for space in SPACES if space in facts for kind, found in facts[space].items()
    ]  # fmt: skip
    return [Sheet(LIMITS, pd.DataFrame(rows), explained=True)] if rows else []


def limits_in_words(facts: dict) -> str:
    """Returns in a sentence which shares of copies nobody would have seen; "" without facts."""
    found = {kind: kinds[kind] for space in SPACES if (kinds := facts.get(space)) for kind in kinds}
    if not found:
        return ""
    said = [f"{_share(each['memorizing']['limit'], each['shares'])} of {kind}" for kind, each in found.items()]
    return (
        f"**What would not have been seen**: copies planted among {facts['samples']:,} samples of {facts['cell']} are "
        f"flagged in four of five runs from these shares on: {', '.join(said)}. Less than that can be there in a cell "
        "that is not flagged."
    )


def flagged(table: pd.DataFrame) -> str:
    """Returns in a sentence how many of the cells look copied."""
    measured = table[table.memorized.notna() & ~table.yardstick]
    caught = list(measured.cell[measured.memorized != "none"])
    if measured.empty:
        return "Memorization has not been measured."
    return (
        f"Samples of {', '.join(caught) or 'none'} of the {len(measured)} cells look copied from the training images."
    )


def memorization(table: pd.DataFrame) -> str:
    """Returns a few sentences on which cells are flagged, which draw where data are dense, and the yardsticks."""
    rows = table[table.memorized.notna()]
    competing = rows[~rows.yardstick]
    if competing.empty:
        return "**Memorization** has not been measured for this table."
    caught = competing[competing.memorized != "none"]
    if caught.empty:
        text = f"**Memorization**: none of the {len(competing)} cells is flagged ({RULE}; in features or in codes)."
    else:
        text = f"**Memorization**: flagged are {'; '.join(_reasons(row) for _, row in caught.iterrows())} ({RULE})."
    dense = [row.cell for _, row in competing[competing.memorized == "none"].iterrows() if _near(row)]
    if dense:
        text += (
            f" Not copies, but with a C_T below {NEAR:g}: {', '.join(dense)}. Their samples lie where data are dense, "
            "as those of a smooth decoder or of a prior with thin tails do."
        )
    return text + _yardsticks(rows[rows.prior == "reconstruction"])


def _share(limit: float | None, shares: list[float]) -> str:
    return f"more than {max(shares):.0%}" if limit is None else f"{limit:.1%}"


def _figures(row: pd.Series, space: str) -> Memorization:
    return Memorization(*(row[f"{SPACES[space]}_{name}"] for name in Memorization._fields))


def _measured(row: pd.Series, space: str) -> bool:
    return pd.notna(row[f"{SPACES[space]}_c_t"])


def _near(row: pd.Series) -> bool:
    return any(_measured(row, space) and _figures(row, space).c_t < NEAR for space in SPACES)


def _reasons(row: pd.Series) -> str:
    found = {space: _figures(row, space) for space in row.memorized.split(", ")}
    reasons = [
        f"C_T {figures.c_t:.1f}, authenticity {figures.authenticity:.2f} (held-out rows "
        f"{figures.authenticity_held_out:.2f}) and copies {figures.copies:.3f} in {space}"
        for space, figures in found.items()
    ]
    return f"{row.cell}: {', '.join(reasons)}"


def _yardsticks(rows: pd.DataFrame) -> str:
    """Returns how reconstructions of held-out images come out, which no prior can have memorized."""
    shown = ", ".join(
        f"{row.autoencoder} {row.feature_c_t:.1f} in features and {row.code_c_t:.1f} in codes"
        for row in rows.itertuples()
        if pd.notna(row.feature_c_t) and pd.notna(row.code_c_t)
    )
    if not shown:
        return ""
    text = f" Reconstructions of held-out images, which no prior can have memorized, have C_T {shown}"
    if (rows.feature_c_t < NEAR).any():
        return f"{text}: below {NEAR:g} in features is there the decoder's doing, not the prior's."
    return f"{text}."
