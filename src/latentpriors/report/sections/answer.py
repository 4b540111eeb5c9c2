"""The answer of a table in words: the best cell, who ties with it, what limits it, and the poster's order."""

__all__ = ["conclusions", "headline", "method", "order", "spent"]

import itertools

import pandas as pd

from ...metrics import holm
from ..columns import POSTER
from ..results import Results
from ..words import ALPHA, apart, interval, listed, seeded

SHORT = 6  # names that a sentence can list
FEW = 3  # names that a headline can

HOLDS, REVERSED = "**holds**", "**is reversed**"
UNTOLD, UNDECIDED = "cannot be told with these seeds", "is not decided by one seed"
# The verdicts on some of the poster's steps, in one sentence.
COUNTED = {HOLDS: "as here", REVERSED: "reversed", UNTOLD: "not told", UNDECIDED: "not decided by one seed"}


def headline(results: Results) -> str:
    """Returns the answer in at most 60 words: who wins, who is not told from it, what limits, what is cheap."""
    rows, best = results.competing, results.competing.iloc[0]
    text = f"**{best.cell}** has the lowest FCD, {best.fcd:.2f}."
    if best.seeds == 1 or len(rows) == 1:
        return text + (" One seed tells nothing apart." if best.seeds == 1 else "")
    tied = _tied(results)
    if tied:
        some = tied if len(tied) <= FEW else [*tied[: FEW - 1], f"{len(tied) - FEW + 1} more"]
        text += f" Not told from it, which is not to say equal: {listed(some)}."
    else:
        text += f" The seeds tell it from all {len(rows) - 1} others."
    if (limit := _limit(results)) is not None:
        text += f" What limits is the {limit}."
    if len(cheap := rows[rows.cell.isin([best.cell, *tied]) & rows.fit_seconds.notna()]) > 1:
        first = cheap.loc[cheap.fit_seconds.idxmin()]
        seconds = f"{first.fit_seconds:,.0f} seconds" if first.fit_seconds >= 1.5 else "about a second or less"
        text += f" If time is short: **{first.cell}**, whose prior is fitted in {seconds}."
    return text


def order(results: Results) -> str:
    """Returns in a sentence what becomes of the poster's order; "" where the table has not all of its cells."""
    if not set(POSTER) <= set(results.competing.cell):
        return ""
    verdicts = [verdict for _, verdict in _steps(results)]
    counts = [f"{verdicts.count(verdict)} {said}" for verdict, said in COUNTED.items() if verdict in verdicts]
    return f"Of the {len(verdicts)} steps of the poster's order: {listed(counts)}."


def conclusions(results: Results) -> list[str]:
    """Returns the best cell with its ties, what limits it, and how the poster's order comes out."""
    rows = results.competing
    lines = [_best(results), _limits(results)]
    if set(POSTER) <= set(rows.cell):
        lines.append(_order(results))
    return lines


def _tied(results: Results) -> list[str]:
    """Returns the cells that the seeds do not tell from the best, in order."""
    rows = results.competing
    mine = results.pairs_of(rows.cell[0]).loc[rows.cell[1:]]
    return list(mine.index[~mine.differ])


def _best(results: Results) -> str:
    rows = results.competing
    best = rows.iloc[0]
    text = f"**{best.cell}** has the lowest FCD: {_interval(best)}, rank {best['rank']} of {len(rows)}."
    if len(rows) == 1:
        return text
    if best.seeds == 1:
        return f"{text} One seed tells nothing apart: all cells are ties."
    tied = _tied(results)
    clear = [name for name in rows.cell[1:] if name not in tied]
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
    limit = _limit(results)
    text = (
        f"{floor}; reconstructions of held-out images by {best.cell}'s autoencoder, what a perfect prior would get, "
        f"have {ceiling.fcd:.2f}. Of what is left to gain over the floor, the autoencoder has {decoder:.2f} and the "
        f"prior {prior:.2f}: "
    )
    if prior <= 0:
        return f"{text}the prior costs nothing that can be seen, **the {limit} limits**."
    share = prior / (prior + max(decoder, 0))
    return f"{text}**the {limit} limits** with {max(share, 1 - share):.0%} of it."


def _limit(results: Results) -> str | None:
    """Returns which has more of what is left to gain over the floor; None without a row of reconstructions."""
    best, real = results.competing.iloc[0], results.table[results.table.cell == "real"].iloc[0]
    ceiling = results.ceiling(best.autoencoder)
    if ceiling is None:
        return None
    return "prior" if best.fcd - ceiling.fcd > max(ceiling.fcd - real.fcd, 0) else "autoencoder"


def _order(results: Results) -> str:
    """Returns how each step of the poster's order comes out, with the interval of the ratio."""
    rows, names = results.competing.set_index("cell", drop=False), list(POSTER)
    steps = [
        f"{POSTER[a][0]} < {POSTER[b][0]} {verdict} ({_ratio(results, a, b)})" for (a, b), verdict in _steps(results)
    ]
    ours = " < ".join(f"{POSTER[c][0]} {rows.fcd[c]:.2f}" for c in sorted(names, key=lambda c: rows.fcd[c]))
    theirs = " < ".join(f"{name} {fcd}" for name, fcd in POSTER.values())
    note = "" if results.dataset == "mnist" else " The poster's figures are for MNIST: only the order can be compared."
    return (
        f"The poster has, on MNIST, {theirs}. Here: {ours}. Step by step, each the left over the right, the verdicts "
        f"with Holm's correction over the three: {'; '.join(steps)}.{note}"
    )


def _steps(results: Results) -> list[tuple[tuple[str, str], str]]:
    """Returns each step of the poster's order with its verdict, under Holm's correction over all of them."""
    rows, wanted, found = results.competing.set_index("cell"), list(itertools.pairwise(POSTER)), []
    for (a, b), p in zip(wanted, holm([results.pair(*pair).p for pair in wanted]), strict=True):
        if rows.seeds[a] == 1:
            verdict = UNDECIDED
        elif not apart(p):
            verdict = UNTOLD
        else:
            verdict = HOLDS if rows.fcd[a] < rows.fcd[b] else REVERSED
        found.append(((a, b), verdict))
    return found


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
        f"{_accuracy(results.accuracies['classifier'])}) and {seeded(results.competing.seeds)}, each with its own "
        f"autoencoder, prior and noise.{other} The interval is Student's t over seeds. Ranks come from comparisons of "
        "log FCD, since its spread grows with its size and a difference is then a ratio: t tests whose variances are "
        "moderated by those of all cells, over all pairs of competing cells. Choices are made on FCD validation. "
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
