"""The answer of a table in words: the best cell, who ties with it, what limits it, and the poster's order."""

__all__ = ["conclusions", "method", "spent"]

import itertools

import pandas as pd

from ...metrics import holm
from ..columns import POSTER
from ..results import Results
from ..words import ALPHA, apart, interval, listed

SHORT = 6  # names that a sentence can list


def conclusions(results: Results) -> list[str]:
    """Returns the best cell with its ties, what limits it, and how the poster's order comes out."""
    rows = results.competing
    lines = [_best(results), _limits(results)]
    if set(POSTER) <= set(rows.cell):
        lines.append(_order(results))
    return lines


def _best(results: Results) -> str:
    rows = results.competing
    best = rows.iloc[0]
    text = f"**{best.cell}** has the lowest FCD: {_interval(best)}, rank {best['rank']} of {len(rows)}."
    if len(rows) == 1:
        return text
    if best.seeds == 1:
        return f"{text} One seed tells nothing apart: all cells are ties."
    mine = results.pairs_of(best.cell).loc[rows.cell[1:]]
    tied, clear = list(mine.index[~mine.differ]), list(mine.index[mine.differ])
    runner = f"The runner-up, {rows.cell[1]}, is at {_ratio(results, rows.cell[1], best.cell)}."
    if not tied:
        return f"{text} Every other cell is told apart from it. {runner}"
    text += " It is tied, which means not told apart and not equal, with "
    text += f"{listed(tied) if len(tied) <= len(clear) or len(tied) < SHORT else _all_but(clear)}. {runner} "
    pairs = results.pairs
    return (
        f"{text}Of {len(pairs)} pairs of cells, {pairs.differ.sum()} are told apart at a false discovery rate of 5%, "
        f"about {_chance(int(pairs.differ.sum()))} of them by chance; {pairs.differ_familywise.sum()} so that not "
        "even one is likely to be (Holm)."
    )


def _all_but(names: list[str]) -> str:
    return f"all cells but {listed(names)}" if names else "all other cells"


def _chance(claims: int) -> str:
    """Returns how many of some claims are chance at most, on average."""
    expected = ALPHA * claims
    return f"{expected:.0f}" if expected >= 1 else f"{expected:.1f}"


def _limits(results: Results) -> str:
    """Returns what is left to gain over the floor, and whose share it is."""
    best, real = results.competing.iloc[0], results.table[results.table.cell == "real"].iloc[0]
    floor = f"Held-out real images, the floor, have {real.fcd:.2f}"
    floor += f" (training images {real.fcd_train:.2f})" if pd.notna(real.fcd_train) else ""
    ceiling = results.ceiling(best.autoencoder)
    if ceiling is None:
        return f"{floor}."
    decoder, prior = ceiling.fcd - real.fcd, best.fcd - ceiling.fcd
    text = (
        f"{floor}; reconstructions of held-out images by {best.cell}'s autoencoder, what a perfect prior would get, "
        f"have {ceiling.fcd:.2f}. Of what is left to gain over the floor, the autoencoder has {decoder:.2f} and the "
        f"prior {prior:.2f}: "
    )
    if prior <= 0:
        return f"{text}the prior costs nothing that can be seen, **the autoencoder limits**."
    share = prior / (prior + max(decoder, 0))
    return f"{text}**the {'prior' if share > 0.5 else 'autoencoder'} limits** with {max(share, 1 - share):.0%} of it."


def _order(results: Results) -> str:
    """Returns how each step of the poster's order comes out, with the interval of the ratio."""
    rows, names = results.competing.set_index("cell", drop=False), list(POSTER)
    wanted = list(itertools.pairwise(names))
    adjusted = holm([results.pair(*pair).p for pair in wanted])
    steps = []
    for (a, b), p in zip(wanted, adjusted, strict=True):
        pair = f"{POSTER[a][0]} < {POSTER[b][0]}"
        if rows.seeds[a] == 1:
            verdict = "is not decided by one seed"
        elif not apart(p):
            verdict = "cannot be told with these seeds"
        else:
            verdict = "**holds**" if rows.fcd[a] < rows.fcd[b] else "**is reversed**"
        steps.append(f"{pair} {verdict} ({_ratio(results, a, b)})")
    ours = " < ".join(f"{POSTER[c][0]} {rows.fcd[c]:.2f}" for c in sorted(names, key=lambda c: rows.fcd[c]))
    theirs = " < ".join(f"{name} {fcd}" for name, fcd in POSTER.values())
    note = "" if results.dataset == "mnist" else " The poster's figures are for MNIST: only the order can be compared."
    return (
        f"The poster has, on MNIST, {theirs}. Here: {ours}. Step by step, each the left over the right, the verdicts "
        f"with Holm's correction over the three: {'; '.join(steps)}.{note}"
    )


def _ratio(results: Results, a: str, b: str) -> str:
    """Returns a's FCD over b's with its interval."""
    ratio, low, high = results.ratio(a, b)
    span = interval(low, high)
    return f"{ratio:.2f} times its FCD" + (f", 95% interval {span}" if span else "")


def method(results: Results) -> str:
    """Returns what the figures are, and what they were bought with."""
    row = results.competing.iloc[0]
    budgets = ", ".join(
        f"{name} {facts.get('steps', 0):,} ({_cost(facts)})"  # a closed form takes none
        for name, facts in results.trained.items()
    )
    judge = results.accuracies["judge"]
    other = f" The judge, a classifier of another architecture, has {_accuracy(judge)}." if judge else ""
    return (
        f"FCD is the Fréchet distance of the classifiers' logits, {row.n_samples:,.0f} samples against the test split, "
        f"the mean over {len(row.fcd_by_classifier)} frozen classifiers (accuracy "
        f"{_accuracy(results.accuracies['classifier'])}) and {row.seeds:.0f} seeds, each with its own autoencoder, "
        f"prior and noise.{other} The interval is Student's t over seeds. Ranks come from comparisons of log FCD, "
        "since its spread grows with its size and a difference is then a ratio: t tests whose variances are moderated "
        "by those of all cells, over all pairs of competing cells. Choices are made on FCD validation. "
        "Steps of each autoencoder, with the seconds of a seed, on a CPU of processor "
        f"time: {budgets}; of each prior: "
        f"{results.competing.steps.max():,.0f} steps at most. All on {row.device}."
    )


def spent(facts: dict) -> float | None:
    """Returns the seconds of a training: on a CPU processor time, which does not depend on what else it does.

    None where that was not measured.
    """
    return facts.get("cpu_seconds") if facts.get("device") == "cpu" else facts["seconds"]


def _cost(facts: dict) -> str:
    seconds = spent(facts)
    return f"{facts['seconds']:.0f} s by the clock" if seconds is None else f"{seconds:.0f} s"


def _accuracy(figures: dict) -> str:
    return f"{100 * figures['validation']:.2f}% on validation, {100 * figures['test']:.2f}% on test"


def _interval(row: pd.Series) -> str:
    span = interval(row.fcd_low, row.fcd_high)
    return f"{row.fcd:.2f}" + (f" (95% interval {span})" if span else "")
