"""How few copies of training data the measures of memorization see: copies are planted among samples that are none."""

__all__ = ["FALSE_ALARMS", "POWER", "detection", "smallest"]

from collections.abc import Mapping, Sequence

import numpy as np
from tqdm import tqdm

from ..metrics import memorization

SHARES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)  # of the samples that are copies
FALSE_ALARMS, POWER = 0.05, 0.8  # of a measure's own limit, and of what counts as seen
LOW = ("c_t", "authenticity")  # measures that copies lower; they raise the others


def detection(
    honest: np.ndarray, planted: Mapping[str, np.ndarray], train: np.ndarray, held_out: np.ndarray, n: int, label: str
) -> dict[str, dict]:
    """Returns for each kind of copy how often each measure sees which share of it.

    A run takes n honest samples and puts copies in the place of some. A measure sees them where it is beyond its
    quantile over the runs without copies, at 5% false alarms; `memorizing`, the report's rule, where it says so.

    Arguments:
        honest: Samples that are no copies, of shape (R · n, D): n for each of R runs.
        planted: For each kind of copy the rows (P, D) that are drawn from, without replacement within a run.
        train, held_out: What `memorization` takes.
        n: How many samples are measured at once.
        label: What the progress bar is called.

    Returns:
        For each kind `shares` (those that are one sample or more), and for each measure its `power`, a list of how
        often it saw each share, and `limit`, see `smallest`; for `memorizing` also its `false_alarms`.

    Raises:
        ValueError: there are fewer honest samples than for 20 runs, at which 5% are one.
    """
    if len(honest) < 20 * n:
        raise ValueError(f"{len(honest)} honest samples are fewer than for 20 runs of {n}")
    sets = honest[: len(honest) // n * n].reshape(-1, n, honest.shape[1])
    shares = [share for share in SHARES if round(share * n) >= 1]
    random, found = np.random.default_rng(0), {}
    without = [
        memorization(rows, train, held_out) for rows in tqdm(sets, f"{label}: honest", disable=None, leave=False)
    ]
    measures = ("copies", *LOW)
    limits = {
        name: np.quantile([getattr(m, name) for m in without], FALSE_ALARMS if name in LOW else 1 - FALSE_ALARMS)
        for name in measures
    }
    for kind, copies in planted.items():
        power = {name: [] for name in (*measures, "memorizing")}
        for share in tqdm(shares, f"{label}: {kind}", disable=None, leave=False):
            count, seen = round(share * n), dict.fromkeys(power, 0)
            for rows in sets:
                rows = rows.copy()
                rows[:count] = copies[random.choice(len(copies), count, replace=False)]
                told = memorization(rows, train, held_out)
                for name in measures:
                    beyond = limits[name] - getattr(told, name)
                    seen[name] += beyond > 0 if name in LOW else beyond < 0
                seen["memorizing"] += told.memorizing
            for name in power:
                power[name].append(float(seen[name] / len(sets)))
        found[kind] = {"shares": shares} | {
            name: {"power": values, "limit": smallest(shares, values)} for name, values in power.items()
        }
        found[kind]["memorizing"]["false_alarms"] = float(np.mean([m.memorizing for m in without]))
    return found


def smallest(shares: Sequence[float], power: Sequence[float]) -> float | None:
    """Returns the smallest share from which on the power is 0.8 or more; None where the largest is not seen.

    Example:
        >>> smallest([0.01, 0.05, 0.1], [0.9, 0.4, 0.85])
        0.1
        >>> smallest([0.01, 0.05], [0.9, 0.7]) is None
        True
    """
    unseen = [index for index, value in enumerate(power) if value < POWER]
    first = max(unseen) + 1 if unseen else 0
    return shares[first] if first < len(shares) else None
