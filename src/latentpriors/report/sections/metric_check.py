"""The metric's own test as tables and in words, and who scores."""

__all__ = ["check_summary", "check_words", "corruption_table", "scorers"]

import pandas as pd

from ..words import interval, tiny

LEAST, MOST = 0.9, 1e-6  # the rank correlation and the relative difference that are asked for


def check_summary(figures: dict) -> str:
    """Returns whether FCD passed.

    Arguments:
        figures: The content of metric_check.json, as in all functions here.
    """
    least, apart = figures["spearman_least"], max(figures["implementations_difference"].values())
    moved = max(figures["relative_change"].values())
    follows = f"{'follows' if least >= LEAST else 'does not follow'} all {len(figures['spearman'])} corruptions"
    return (
        f"FCD **{follows}** (Spearman's rank correlation with their strength {least:.2f} or more; {LEAST} is asked "
        f"for). Another order or batch size of the samples changes it by {tiny(moved)} of itself at most. Three "
        f"implementations **{'agree' if apart <= MOST else 'do not agree'}**: they differ by {tiny(apart)} of it at "
        f"most ({tiny(MOST)} is asked for)."
    )


def corruption_table(curves: pd.DataFrame, figures: dict) -> pd.DataFrame:
    """Returns a row for each corruption: its rank correlation, and FCD without it and at its strongest.

    Arguments:
        curves: Rows of corruption, strength and fcd.
    """
    rows = []
    for name, part in curves.groupby("corruption", sort=False):
        part, rho = part.sort_values("strength"), figures["spearman"][name]
        clean, strong = part.fcd.iloc[0], part.fcd.iloc[-1]
        rows.append(
            {
                "corruption": name.replace("_", " "),
                "Spearman": f"{rho:.2f}",
                f"{LEAST} or more": "yes" if rho >= LEAST else "no",
                "FCD at strength 0": f"{clean:.2f}",
                f"at {part.strength.iloc[-1]:g}": f"{strong:.2f}",
                "ratio": f"{strong / clean:.0f}",
            }
        )
    return pd.DataFrame(rows)


def check_words(figures: dict) -> list[str]:
    """Returns what was scored, and what else must not move FCD."""
    change, apart = figures["relative_change"], figures["implementations_difference"]
    return [
        f"Scored are {figures['n_samples']:,} held-out images against the test split; FCD is the mean over the "
        "classifiers. With six strengths the rank correlation is 1 where FCD rises at every step, 0.99 where it stays "
        "the same at one, and 0.94 where two neighbours change places.",
        f"FCD of the same samples in another order differs by {tiny(change['order'])} of itself, in batches of other "
        f"sizes by {tiny(change['batch_size'])}. Three implementations that share nothing but the features "
        "(symmetric eigenvalues; SciPy's matrix square root; the eigenvalues of the product, in PyTorch) differ by "
        f"{tiny(apart['logits'])} of FCD at most on the logits and by {tiny(apart['penultimate'])} on the "
        "penultimate layer.",
    ]


def scorers(accuracies: dict[str, dict]) -> tuple[str, pd.DataFrame]:
    """Returns the accuracies of classifier and judge, in words and as a table, from what their stages wrote."""
    rows = []
    for name, found in accuracies.items():
        row = {"scorer": name, "networks": str(len(found.get("seconds_by_seed", [0])))}
        for split in ("validation", "test"):
            each = found.get(f"{split}_by_seed", [found[split]])
            span = f" ({interval(100 * min(each), 100 * max(each))})" if len(each) > 1 else ""
            row[f"{split} accuracy, %"] = f"{100 * found[split]:.2f}{span}"
        rows.append(row)
    text = (
        "FCD is the mean over the frozen classifiers. The judge is a network of another architecture (max-pooling "
        "where they have strides): how far the ranking depends on theirs is said beside each table. None of them was "
        "trained on the validation or the test split. A scorer that errs on real images cannot tell their quality, so "
        "that its accuracy bounds what FCD can mean."
    )
    return text, pd.DataFrame(rows)
