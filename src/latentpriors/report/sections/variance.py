"""The variance of FCD as tables and in words: which differences one run cannot show."""

__all__ = ["least_table", "poster_steps", "share_table", "variance_summary", "variance_words"]

import itertools

import pandas as pd
from scipy.special import chdtri

from ..columns import POSTER
from ..words import interval, percent

CASES = {"same_classifier": "one classifier for both", "own_classifier": "a classifier each"}


def variance_summary(decomposed: dict[str, dict]) -> str:
    """Returns by how much two methods must differ for one run each to show it.

    Arguments:
        decomposed: What `decomposition` returns for each design, as in all functions here.
    """
    spans = []
    for case, text in CASES.items():
        low, high = (percent(f(_least(found, case) for found in decomposed.values())) for f in (min, max))
        spans.append(f"**{low if low == high else interval(low, high, 's')}** with {text}")
    return (
        f"One run shows little. For one run each to tell two methods apart at 95%, their FCD must differ by "
        f"{' and by '.join(spans)} ({', '.join(decomposed)}). Where one run was published for each method, smaller "
        "differences may be chance."
    )


def share_table(decomposed: dict[str, dict]) -> pd.DataFrame:
    """Returns a row for each design: its mean FCD and the shares of its variance."""
    rows = []
    for name, found in decomposed.items():
        parts = {part.replace("_", " "): percent(share) for part, share in found["share"].items()}
        rows.append({"design": name, "FCD": f"{found['fcd']:.2f}", **parts})
    return pd.DataFrame(rows)


def least_table(decomposed: dict[str, dict]) -> pd.DataFrame:
    """Returns a row for each design: the least difference that one run each can show, as a share of the mean FCD."""
    return pd.DataFrame(
        {"least difference, design": name} | {text: percent(_least(found, case)) for case, text in CASES.items()}
        for name, found in decomposed.items()
    )


def variance_words(decomposed: dict[str, dict]) -> list[str]:
    """Returns how the table of shares is read, and what it cannot say."""
    A, P, S, K, T = next(iter(decomposed.values()))["shape"]
    factors = interval(*((A - 1) / chdtri(A - 1, tail) for tail in (0.025, 0.975)), ".2g")
    clipped = any(share == 0 for found in decomposed.values() for share in found["share"].values())
    zero = " A share of exactly 0 was estimated as negative and cut: too small to be seen in this design."
    return [
        f"Each design crosses {A} autoencoders, {P} priors fitted on each, {S} draws of samples from each, {K} "
        f"classifiers and {T} disjoint parts of the test split. The shares are those of log FCD: FCD's spread grows "
        "with its size, so that a difference is a ratio and carries over to other tables. The residual is all "
        "interactions, such as a run that one classifier likes better than others do.",
        f"The autoencoder's share rests on {A - 1} degrees of freedom, so that it is an order of magnitude: the 95% "
        f"interval of such a variance reaches from {factors} times the estimate. The test split's share is that "
        "of one part of it; the variance of the whole split is less, about by the number of parts."
        f"{zero if clipped else ''}",
        "The least difference is what one run each can show at 95%, on one test split, as a share of the mean FCD; it "
        "is an order of magnitude as well. Two tables whose authors trained a classifier each can show less.",
    ]


def poster_steps(decomposed: dict[str, dict]) -> tuple[str, pd.DataFrame]:
    """Returns for each step of the poster's order on which designs one run each could show it, in words for the first.

    The words go with as many designs as there are; the poster's methods may vary more or less than these.
    """
    rows, words = [], []
    for (one, low), (other, high) in itertools.pairwise(POSTER.values()):
        step = (high - low) / ((high + low) / 2)
        seen = {case: [name for name, found in decomposed.items() if _least(found, case) < step] for case in CASES}
        words = words or [_verdict(decomposed, case, seen[case]) for case in CASES]
        shown = {f"shown with {text}": ", ".join(seen[case]) or "no design" for case, text in CASES.items()}
        rows.append({"step": f"{one} {low} < {other} {high}", "of the mean": percent(step), **shown})
    (_, low), (_, high) = list(POSTER.values())[:2]
    example = (
        f"An example: the poster prints {low} against {high}, from one run each, {rows[0]['of the mean']} of their "
        f"mean apart. {' '.join(words)} The table has every step of the poster's order, and the designs whose spread "
        "is small enough for it. The poster's methods may vary more or less than these designs do."
    )
    return example, pd.DataFrame(rows)


def _verdict(decomposed: dict[str, dict], case: str, enough: list[str]) -> str:
    needed = " and ".join(f"{percent(_least(found, case))} ({name})" for name, found in decomposed.items())
    rest = [name for name in decomposed if name not in enough]
    said = f"on {', '.join(enough)} one run each would show it, on {', '.join(rest)} it would not"
    if not enough or not rest:
        said = "one run each would show it" if enough else "one run each cannot show it"
    return f"With {CASES[case]} it takes {needed}: **{said}**."


def _least(found: dict, case: str) -> float:
    return found["one_run"][case]["relative"]
