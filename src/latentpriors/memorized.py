"""Which cells look like copies of their training set, in words."""

__all__ = ["flags", "memorization"]

import pandas as pd

# A standard normal score; a share of the held-out rows' authenticity; five times the share that new data have.
C_T, AUTHENTIC, COPIES = -3.0, 0.8, 0.05

SPACES = {"features": "feature", "codes": "code"}


def flags(table: pd.DataFrame) -> list[str | None]:
    """Returns for each row where it looks memorized: "features", "codes", both, or "none"; None where not measured.

    "(dense)" follows where only the C_T is low: authentic samples, few copies, drawn where data are dense.
    """
    found = []
    for _, row in table.iterrows():
        verdicts = {space: _verdict(row, key) for space, key in SPACES.items()}
        named = [f"{space}{verdict}" for space, verdict in verdicts.items() if verdict is not None]
        known = any(pd.notna(row[f"{key}_{name}"]) for key in SPACES.values() for name in ("c_t", "copies"))
        found.append(", ".join(named) or "none" if known else None)
    return found


def memorization(table: pd.DataFrame) -> str:
    """Returns a sentence or two on which cells are flagged, and how the yardsticks come out."""
    rows = table[table.memorized.notna()]
    competing = rows[~rows.yardstick]
    if competing.empty:
        return "**Memorization** has not been measured for this table."
    caught = competing[competing.memorized != "none"]
    if caught.empty:
        text = (
            f"**Memorization**: none of the {len(competing)} cells is flagged (C_T below {C_T:g}, or more than "
            f"{COPIES:.0%} of samples as near to a training row as the nearest hundredth of held-out rows, in features "
            "or in codes)."
        )
    else:
        text = (
            f"**Memorization**: flagged are {'; '.join(_reasons(row) for _, row in caught.iterrows())}. A C_T below "
            f"{C_T:g} means that samples lie nearer to the training set than held-out data do: they are copies, or "
            "drawn only where data are dense (so marked where copies stay below 5% and authenticity "
            "near that of held-out data)."
        )
    yardsticks = rows[rows.yardstick & (rows.cell != "real")]
    if len(yardsticks):
        text += " " + _yardsticks(yardsticks)
    return text


def _verdict(row: pd.Series, key: str) -> str | None:
    """Returns "" for copies, " (dense)" for a low C_T without them, None for neither."""
    if row[f"{key}_copies"] > COPIES:
        return ""
    if row[f"{key}_c_t"] < C_T:
        authentic = row[f"{key}_authenticity"] >= AUTHENTIC * row[f"{key}_authenticity_held_out"]
        return " (dense)" if authentic else ""
    return None


def _reasons(row: pd.Series) -> str:
    reasons = [
        f"C_T {row[f'{SPACES[space]}_c_t']:.1f} and copies {row[f'{SPACES[space]}_copies']:.3f} in {named}"
        for named in row.memorized.split(", ")
        for space in named.split()[:1]
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
    text = f"Reconstructions of held-out images, which no prior can have memorized, have C_T {shown}"
    if (rows.feature_c_t < C_T).any():
        return f"{text}: below {C_T:g} in features is there the decoder's doing, not the prior's."
    return f"{text}."
