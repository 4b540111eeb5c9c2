"""Which cells look like copies of their training set, in words."""

__all__ = ["flags", "memorization"]

import pandas as pd

C_T, COPIES = -3.0, 0.05  # a standard normal score; five times the share that new data have

FIGURES = {"features": ("feature_c_t", "feature_copies"), "codes": ("code_c_t", "code_copies")}


def flags(table: pd.DataFrame) -> list[str | None]:
    """Returns for each row where it looks memorized: "features", "codes", both, or "none"; None where not measured."""
    found = []
    for _, row in table.iterrows():
        spaces = [space for space, (c_t, copies) in FIGURES.items() if row[c_t] < C_T or row[copies] > COPIES]
        known = any(pd.notna(row[key]) for keys in FIGURES.values() for key in keys)
        found.append(", ".join(spaces) or "none" if known else None)
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
            "drawn only where data are dense. Copies far above 0.01, the share that new data have, tell which."
        )
    yardsticks = rows[rows.yardstick & (rows.cell != "real")]
    if len(yardsticks):
        text += " " + _yardsticks(yardsticks)
    return text


def _reasons(row: pd.Series) -> str:
    reasons = [
        f"C_T {row[c_t]:.1f} and copies {row[copies]:.3f} in {space}"
        for space, (c_t, copies) in FIGURES.items()
        if space in row.memorized
    ]
    return f"{row.cell} ({', '.join(reasons)})"


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
