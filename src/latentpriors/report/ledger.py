"""Reads the ledger of published figures and refuses one with a mistake in it."""

__all__ = ["read_ledger"]

import math
from collections.abc import Callable
from pathlib import Path

from ..yaml_files import read_yaml

# Whether an entry under the rule has two figures or one.
PAIRS = {"order": True, "ratio": True, "value": False, "not comparable": False}

REQUIRED = ("id", "source", "claim", "published", "unit", "ours", "rule")
OPTIONAL = ("metric", "within", "why")


def read_ledger(path: Path) -> dict:
    """Returns the sources, by name, and the list of entries of a ledger.

    Raises:
        OSError: the file is missing.
        ValueError: it is not YAML, or an entry has a mistake; the message names it.
    """
    ledger = read_yaml(path)
    if set(ledger) != {"sources", "entries"}:
        raise ValueError(f"{path}: the two blocks `sources` and `entries` are needed, and no others")
    sources, entries = ledger["sources"], ledger["entries"]
    if not isinstance(sources, dict) or not isinstance(entries, list) or not entries:
        raise ValueError(f"{path}: `sources` is a block of names, `entries` a list with one entry or more")
    for name, source in sources.items():
        if not isinstance(source, dict) or set(source) != {"title", "about"}:
            raise ValueError(f"{path}: source {name} needs a title and an about")
    known: set[str] = set()
    for index, entry in enumerate(entries):
        name = entry.get("id", f"entry {index + 1}") if isinstance(entry, dict) else f"entry {index + 1}"
        mistake = _mistake(entry, sources) or ("its id is taken" if name in known else None)
        if mistake:
            raise ValueError(f"{path}: {name}: {mistake}")
        known.add(name)
    return ledger


def _mistake(entry: object, sources: dict) -> str | None:
    """Returns what is wrong with an entry, if anything."""
    if not isinstance(entry, dict):
        return f"a block of keys is needed, not {entry!r}"
    for key in entry:
        if key not in REQUIRED + OPTIONAL:
            return f"{key!r} is unknown; choose from {', '.join(REQUIRED + OPTIONAL)}"
    missing = [key for key in REQUIRED if key not in entry]
    if missing:
        return f"{', '.join(missing)} is missing"
    for key in ("id", "source", "claim", "unit", "rule", "metric", "why"):
        if not isinstance(entry.get(key, ""), str):
            return f"{key}: a text is needed, not {entry[key]!r}"
    for key, choices in (("source", sources), ("rule", PAIRS)):
        if entry[key] not in choices:
            return f"{key} {entry[key]!r} is unknown; choose from {', '.join(choices)}"
    return _mistaken_figures(entry) or _mistaken_conditions(entry)


def _mistaken_figures(entry: dict) -> str | None:
    rule, published, ours = entry["rule"], entry["published"], entry["ours"]
    wanted = "two" if PAIRS[rule] else "one"
    # A claim in words has no figure.
    if not (published is None and rule == "not comparable") and not _all(published, PAIRS[rule], _is_figure):
        return f"published: {wanted} other than 0 is needed, not {published!r}"
    if rule == "ratio" and min(published) < 0:
        return f"published: a ratio is of figures greater than 0, not {published}"
    if rule == "order" and published[0] >= published[1]:
        return f"published: an order has the lesser figure first, not {published}"
    if ours is not None and not _all(ours, PAIRS[rule], lambda key: isinstance(key, str)):
        return f"ours: {wanted} of the keys of cells.yaml or null is needed, not {ours!r}"
    return None


def _mistaken_conditions(entry: dict) -> str | None:
    """Keys that belong to some rules: the factor, the metric, and the reason for no verdict."""
    needed = {
        "within": entry["rule"] in ("ratio", "value"),
        "metric": entry["ours"] is not None,
        "why": entry["ours"] is None or entry["rule"] == "not comparable",
    }
    for key, wanted in needed.items():
        if wanted != (key in entry):
            return f"{key} is {'missing' if wanted else 'of no use here'}"
    if needed["within"] and not (_is_figure(entry["within"]) and entry["within"] > 1):
        return f"within is a factor greater than 1, not {entry['within']!r}"
    return None


def _all(value: object, pair: bool, right: Callable[[object], bool]) -> bool:
    if pair:
        return isinstance(value, list) and len(value) == 2 and all(map(right, value))
    return right(value)


def _is_figure(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value != 0
