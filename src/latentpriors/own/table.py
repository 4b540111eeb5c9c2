"""The table of the priors that were fitted to anyone's codes."""

__all__ = ["table_of"]

import pandas as pd

# Each column of the table, its title and how its figures are written.
COLUMNS = {
    "prior": ("prior", "{}"),
    "nll": ("NLL", "{:.3f}"),
    "sliced_wasserstein": ("sliced Wasserstein", "{:.4f}"),
    "sliced_wasserstein_floor": ("floor", "{:.4f}"),
    "parameters": ("parameters", "{:,.0f}"),
    "seconds": ("seconds", "{:.1f}"),
    "failure": ("failure", "{}"),
}
MEANING = (
    "NLL: nats of held-out codes, in their own units. Sliced Wasserstein: samples to held-out codes, in standard "
    "deviations; its floor is that of other held-out codes, so that figures about as low are no order. Lower is better "
    "for both."
)


def table_of(rows: list[dict]) -> tuple[pd.DataFrame, str]:
    """Returns the figures of all priors as a table, the nearest samples first, and as markdown with its meaning.

    Arguments:
        rows: For each prior its facts, or its name and the reason of its `failure`.
    """
    table = pd.DataFrame(rows).reindex(columns=list(COLUMNS)).sort_values("sliced_wasserstein", ignore_index=True)
    table = table if table.failure.notna().any() else table.drop(columns="failure")
    shown = {}
    for key in table:
        title, pattern = COLUMNS[key]
        shown[title] = ["" if pd.isna(value) else pattern.format(value) for value in table[key]]
    align = ["left" if key in ("prior", "failure") else "right" for key in table]
    text = pd.DataFrame(shown).to_markdown(index=False, disable_numparse=True, colalign=align)
    return table, f"{text}\n\n{MEANING}"
