"""The answer of a table in words: the best cell, what limits it, and the poster's order."""

__all__ = ["POSTER", "conclusions", "method"]

import itertools

import pandas as pd

from .metrics import difference_interval

# What the poster "AdvAE and FlowAE" calls these cells and prints for them: FCD on MNIST, one run each.
POSTER = {
    "ae-flow": ("FlowAE", 4.65),
    "ae-wgan": ("AdvAE", 6.03),
    "aae-native": ("AAE", 6.09),
    "vae-native": ("VAE", 8.12),
}


def conclusions(table: pd.DataFrame, dataset: str) -> list[str]:
    """Returns the answer in words: the best cell, what limits it, and how the poster's order comes out."""
    real, rows = table[table.cell == "real"].iloc[0], table[~table.yardstick.astype(bool)]
    best = rows.iloc[0]
    ceiling = table[table.cell == f"{best.autoencoder}-reconstruction"].iloc[0]
    lines = [
        f"**{best.cell}** has the lowest FCD: {_interval(best)}, against {ceiling.fcd:.2f} for its "
        f"autoencoder's reconstructions of held-out images, which is what a perfect prior would get, and "
        f"{real.fcd:.2f} for held-out real images (train against test: {real.fcd_train:.2f}). Of what is left to "
        f"gain over the floor, {_share(best, ceiling, real)}. {_runner_up(best, rows.iloc[1])}"
    ]
    if set(POSTER) <= set(rows.cell):
        lines.append(_order(rows.set_index("cell"), dataset))
    return lines


def _runner_up(best: pd.Series, second: pd.Series) -> str:
    mean, low, high = _difference(second, best)
    if low is None:
        return f"The runner-up is {second.cell}, {mean:.2f} behind; one seed decides nothing."
    verdict = "is behind" if low > 0 else "cannot be told from it with these seeds"
    return f"The runner-up, {second.cell}, {verdict}: difference {mean:.2f}, 95% interval {low:.2f} to {high:.2f}."


def _difference(a: pd.Series, b: pd.Series) -> tuple[float, float | None, float | None]:
    """Returns the mean and the interval of a minus b: paired by seed on one autoencoder, else Welch's."""
    return difference_interval(a.fcd_by_seed, b.fcd_by_seed, paired=a.autoencoder == b.autoencoder)


def _share(best: pd.Series, ceiling: pd.Series, real: pd.Series) -> str:
    decoder, prior = ceiling.fcd - real.fcd, best.fcd - ceiling.fcd
    return f"the autoencoder has {decoder:.2f} and the prior {prior:.2f}"


def _order(rows: pd.DataFrame, dataset: str) -> str:
    """Returns how each step of the poster's order comes out, with the interval of the difference."""
    steps, names = [], list(POSTER)
    for a, b in itertools.pairwise(names):
        mean, low, high = _difference(rows.loc[a], rows.loc[b])
        pair = f"{POSTER[a][0]} < {POSTER[b][0]}"
        if low is None:
            verdict = "not decided by one seed"
        elif high < 0:
            verdict = "**holds**"
        else:
            verdict = "**is reversed**" if low > 0 else "cannot be told with these seeds"
        span = "" if low is None else f", 95% interval {low:.2f} to {high:.2f}"
        steps.append(f"{pair} {verdict} (difference {mean:+.2f}{span})")
    ours = " < ".join(f"{POSTER[c][0]} {rows.fcd[c]:.2f}" for c in sorted(names, key=lambda c: rows.fcd[c]))
    theirs = " < ".join(f"{name} {fcd}" for name, fcd in POSTER.values())
    note = "" if dataset == "mnist" else " The poster's figures are for MNIST: only the order can be compared."
    return f"The poster has, on MNIST, {theirs}. Here: {ours}. Step by step: {'; '.join(steps)}.{note}"


def method(table: pd.DataFrame, accuracies: dict, trained: dict[str, dict]) -> str:
    """Returns what the figures are, and what they were bought with."""
    row = table[table.cell != "real"].iloc[0]
    budgets = ", ".join(f"{name} {facts['steps']:,} ({facts['seconds']:.0f} s)" for name, facts in trained.items())
    return (
        f"FCD is the Fréchet distance of the classifiers' 10 logits, {row.n_samples:,} samples against the test split, "
        f"the mean over {len(row.fcd_by_classifier)} frozen classifiers (accuracy "
        f"{100 * accuracies['validation']:.2f}% on validation, {100 * accuracies['test']:.2f}% on test) and "
        f"{row.seeds} seeds, each with its own autoencoder, prior and noise. The interval is Student's t over seeds. "
        "FCD validation is the figure that choices are made on. NLL is that of the test codes in raw code space: it "
        f"compares priors on one autoencoder only. Steps of each autoencoder, with the seconds of a seed: {budgets}; "
        f"of each prior: {table.steps.max():,.0f} steps at budget factor 1. All on {row.device}."
    )


def _interval(row: pd.Series) -> str:
    return f"{row.fcd:.2f}" + (
        "" if pd.isna(row.fcd_low) else f" (95% interval {row.fcd_low:.2f} to {row.fcd_high:.2f})"
    )
