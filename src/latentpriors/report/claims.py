"""The court of the ledger: claims on which sources agree or contradict each other, and whom our figures side with."""

__all__ = ["claims_sections", "judge_claims"]

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from ..metrics.intervals import difference_error
from .evidence import item_of, runs_of
from .page import Section, Text
from .sheets import texts
from .words import interval, listed

VERDICTS = ("holds here", "does not hold here", "undecided")

READING = """\
A claim says that the first of two rows has the lower figure (of some, that the second is so many times as high or \
more). A source is for it or against it by its own figures, whatever its text says; figures of other metrics and \
networks are no scale, so that only their order and ratio count. Ours is the FCD of the second row over that of the \
first, a geometric mean over seeds, with a 95% interval by Student's t of log FCD (paired on one autoencoder, Welch's \
on two; each claim by itself). **Holds here**: the whole interval is above what is claimed. **Does not hold here**: \
it is wholly below. **Undecided**: it reaches into both. p is of a difference from what is claimed, two-sided: how \
surely. Where our figures were there before the rule was written, the claim is marked as known."""


def judge_claims(ledger: dict, cells: dict, folder: Path) -> pd.DataFrame:
    """Returns a row for each claim of a ledger: id, claim, for, against, rows, ours, p, verdict, sides_with, known.

    Arguments:
        ledger: As `read_ledger` returns it.
        cells: The content of cells.yaml.
        folder: The metrics' folder, see `judge`.

    Raises:
        ValueError: a key is not in cells.yaml, or its metrics file or the FCD in it is missing.
    """
    return pd.DataFrame([_row(claim, ledger["sources"], cells, Path(folder)) for claim in ledger["claims"]])


def claims_sections(rows: pd.DataFrame) -> list[Section]:
    """Returns what is said of the claims: those on which sources contradict each other first."""
    disputed = (rows["for"] != "") & (rows.against != "")
    counts = rows.verdict.value_counts()
    found = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if verdict in counts)
    said = f"Of {len(rows)} claims: {found}. On {int(disputed.sum())} of them sources contradict each other."
    shown = rows.drop(columns="id").rename(columns={"sides_with": "we side with"})
    sections = [Section("", [Text(READING), Text(said)])]
    for title, part in (("Where sources contradict each other", disputed), ("Other claims", ~disputed)):
        sections += [Section(title, [texts(shown[part])])] if part.any() else []
    return sections


def _row(claim: dict, sources: dict, cells: dict, folder: Path) -> dict:
    bound, (first, second) = claim.get("at_least", 1), claim["ours"]
    try:
        runs = [np.log(runs_of(key, "fcd", cells, folder)) for key in (second, first)]
        items = [item_of(key, cells) for key in (first, second)]
        paired = len({(item["dataset"], item["autoencoder"]) for item in items}) == 1
        runs = [run[: min(map(len, runs))] for run in runs] if paired else runs  # by the seeds that both have
        ratio, low, high, p = _ratio(*runs, paired, bound)
    except ValueError as error:
        raise ValueError(f"{claim['id']}: {error}") from error
    sides = {True: [], False: []}
    for item in claim["evidence"]:
        a, b = item["figures"]
        title, more = sources[item["source"]]["title"], item.get("more_is_better")
        shown = f"{a:g} and {b:g}" + (", more is better" if more else "")
        a, b = (b, a) if more else (a, b)
        sides[b > bound * a or (bound > 1 and b == bound * a)].append((title, shown))
    verdict = VERDICTS[2] if low is None or low <= bound <= high else VERDICTS[0] if low > bound else VERDICTS[1]
    span = interval(low, high)
    return {
        "id": claim["id"],
        "claim": claim["claim"],
        "for": "; ".join(f"{title}: {figures}" for title, figures in sides[True]),
        "against": "; ".join(f"{title}: {figures}" for title, figures in sides[False]),
        "rows": f"{first}, {second}",
        "ours": f"{ratio:.2f}" + (f" ({span})" if span else ""),
        "p": "" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}",
        "verdict": verdict,
        "sides_with": _sided(verdict, sides),
        "known": "yes" if claim.get("known") else "no",
    }


def _ratio(
    a: Sequence[float], b: Sequence[float], paired: bool, bound: float
) -> tuple[float, float | None, float | None, float | None]:
    """Returns the ratio whose logarithm is the difference of means of a and b, its interval, and p against a bound."""
    mean, error, freedom = difference_error(a, b, paired)
    if freedom == 0:
        return float(np.exp(mean)), None, None, None
    half = float(stdtrit(freedom, 0.975)) * error
    p = 2 * float(stdtr(freedom, -abs(mean - np.log(bound)) / error)) if error > 0 else float(mean == np.log(bound))
    return float(np.exp(mean)), float(np.exp(mean - half)), float(np.exp(mean + half)), p


def _sided(verdict: str, sides: dict[bool, list]) -> str:
    if verdict == VERDICTS[2]:
        return ""
    holds = verdict == VERDICTS[0]
    with_us, others = ([title for title, _ in sides[side]] for side in (holds, not holds))
    return (listed(with_us) if with_us else "none") + (f", against {listed(others)}" if others else "")
