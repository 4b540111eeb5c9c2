"""What every page says alike: lists, shares, intervals, and whether two are told apart."""

__all__ = [
    "ALPHA", "BLIND", "TIED", "apart", "beaten", "by_seed", "interval", "listed", "outside", "percent", "seeded",
    "share_interval", "tiny", "verdict",
]  # fmt: skip

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from ..metrics import student_interval

ALPHA = 0.05  # the level at which a pair looked at alone is told apart
TIED = "not told apart"
BLIND = math.log(4)  # the loss of a critic that cannot tell, in nats: −2 log ½
LEAST = 0.07  # of that: below it, a critic tells nearly all


def listed(names: Sequence[str]) -> str:
    """Returns names as one phrase: "a", "a and b", "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def percent(share: float) -> str:
    """Returns a share in percent, exactly 0 without them; with a digit more below 10%."""
    return "0" if share == 0 else f"{share:.1%}" if share < 0.0995 else f"{share:.0%}"


def seeded(counts: pd.Series) -> str:
    """Returns how many seeds rows have: "1 seed", "3 seeds" or "3 to 5 seeds"."""
    low, high = int(counts.min()), int(counts.max())
    return f"{low} to {high} seeds" if high > low else f"{low} seed{'s' if low > 1 else ''}"


def tiny(value: float) -> str:
    """Returns a number near 0 by its order of magnitude, as 2e-12."""
    return "0" if value == 0 else f"{value:.0e}".replace("e-0", "e-")


def interval(low: object, high: object, pattern: str = ".2f") -> str | None:
    """Returns "low to high"; None where there is no interval, as of one seed."""
    return None if pd.isna(low) else f"{low:{pattern}} to {high:{pattern}}"


def share_interval(values: Sequence[float | None], pattern: str = ".3f") -> str | None:
    """Returns the 95% interval of a share over seeds, kept from 0 to 1; None where there is one seed or a gap."""
    if len(values) < 2 or None in values:
        return None
    _, low, high = student_interval(values)
    return interval(max(low, 0.0), min(high, 1.0), pattern)


def by_seed(facts: Mapping, name: str) -> list[float]:
    """Returns a figure of each seed; one that is the same for all, or of one seed, has no list of them."""
    return facts.get(f"{name}_by_seed") or [facts[name]]


def beaten(losses: Sequence[float], of: str, critics: int = 1, runs: str = "seeds") -> str:
    """Returns that critics tell nearly all codes from what these should look like, where they do; else nothing.

    Arguments:
        losses: Their last ones, in nats, a run each; the sum over the critics.
        of: Whose codes.
        critics: How many the loss is the sum of.
        runs: What each is.
    """
    blind = critics * BLIND
    if not (won := [loss for loss in losses if loss < LEAST * blind]):
        return ""
    who = "the critics tell" if critics > 1 else "the critic tells"
    return (
        f" In {len(won)} of {len(losses)} {runs} {who} **nearly all** codes of {of} from what they should look like "
        f"({min(won):.2f} nats; {blind:.2f} where it cannot), so they do not."
    )


def apart(p: pd.Series | float) -> pd.Series | bool:
    """Returns whether a p value, or each of some, tells two apart."""
    return p < ALPHA


def outside(value: float, low: float | None, high: float | None) -> bool:
    """Returns whether a value is outside an interval; where there is none, nothing is told apart."""
    return low is not None and not low <= value <= high


def verdict(difference: float, low: float | None, high: float | None) -> str:
    """Returns how a figure of which less is better compares with another: "better", "worse" or "not told apart"."""
    return TIED if not outside(0, low, high) else "better" if difference < 0 else "worse"
