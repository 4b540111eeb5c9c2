"""Reads the ledger of published figures and refuses one with a mistake in it."""

__all__ = ["read_ledger"]

import math
from collections.abc import Callable
from pathlib import Path

from ..choices import unknown
from ..yaml_files import read_yaml

# Whether an entry under the rule has two figures or one.
PAIRS = {"order": True, "ratio": True, "value": False, "not comparable": False}

REQUIRED = ("id", "source", "claim", "published", "unit", "ours", "rule")
OPTIONAL = ("metric", "within", "why")

# Of a claim: `ours` are two cells, of which the second has the higher FCD, `at_least` so many times; `known` says that
# our figures were there before the rule was.
CLAIM = ("id", "claim", "ours", "evidence")
CLAIM_TOO = ("at_least", "known")


def read_ledger(path: Path) -> dict:
    """Returns the sources, by name, and the lists of claims and entries of a ledger.

    Raises:
        OSError: the file is missing.
        ValueError: it is not YAML, or an entry has a mistake; the message names it.
    """
    ledger = read_yaml(path)
    if set(ledger) != {"sources", "claims", "entries"}:
        raise ValueError(f"{path}: the three blocks `sources`, `claims` and `entries` are needed, and no others")
    sources, claims, entries = ledger["sources"], ledger["claims"], ledger["entries"]
    if not isinstance(sources, dict) or not all(isinstance(each, list) and each for each in (claims, entries)):
        raise ValueError(f"{path}: `sources` is a block of names, `claims` and `entries` lists of one or more")
    for name, source in sources.items():
        if not isinstance(source, dict) or set(source) != {"title", "about"}:
            raise ValueError(f"{path}: source {name} needs a title and an about")
    known: set[str] = set()
    for kind, listed, mistake_of in (("claim", claims, _mistaken_claim), ("entry", entries, _mistake)):
        for index, item in enumerate(listed):
            name = item.get("id", f"{kind} {index + 1}") if isinstance(item, dict) else f"{kind} {index + 1}"
            mistake = mistake_of(item, sources) or ("its id is taken" if name in known else None)
            if mistake:
                raise ValueError(f"{path}: {name}: {mistake}")
            known.add(name)
    return ledger


def _mistaken_claim(claim: object, sources: dict) -> str | None:
    """Returns what is wrong with a claim, if anything."""
    mistake = _mistaken_keys(claim, CLAIM, CLAIM_TOO, ("id", "claim"))
    if mistake:
        return mistake
    if not _all(claim["ours"], True, lambda key: isinstance(key, str)):
        return f"ours: two of the keys of cells.yaml are needed, not {claim['ours']!r}"
    if not (_is_figure(claim.get("at_least", 1)) and claim.get("at_least", 1) >= 1):
        return f"at_least is a ratio of 1 or more, not {claim['at_least']!r}"
    if claim.get("known", True) is not True:
        return f"known is true or left out, not {claim['known']!r}"
    if not isinstance(claim["evidence"], list) or not claim["evidence"]:
        return "evidence: a list of one or more is needed"
    for item in claim["evidence"]:
        if mistake := _mistaken_keys(item, ("source", "figures"), ("more_is_better",), ("source",)):
            return f"evidence: {mistake}"
        if item["source"] not in sources:
            return unknown("evidence: source", item["source"], sources)
        if not _all(item["figures"], True, lambda figure: _is_figure(figure) and figure > 0):
            return f"evidence: {item['source']}: two figures above 0 are needed, not {item['figures']!r}"
        if item.get("more_is_better", True) is not True:
            return f"evidence: {item['source']}: more_is_better is true or left out, not {item['more_is_better']!r}"
    return None


def _mistaken_keys(block: object, required: tuple, optional: tuple, texts: tuple) -> str | None:
    if not isinstance(block, dict):
        return f"a block of keys is needed, not {block!r}"
    for key in block:
        if key not in required + optional:
            return unknown("its keys", key, required + optional)
    if missing := [key for key in required if key not in block]:
        return f"{', '.join(missing)} is missing"
    for key in texts:
        if not isinstance(block.get(key, ""), str):
            return f"{key}: a text is needed, not {block[key]!r}"
    return None


def _mistake(entry: object, sources: dict) -> str | None:
    """Returns what is wrong with an entry, if anything."""
    mistake = _mistaken_keys(entry, REQUIRED, OPTIONAL, ("id", "source", "claim", "unit", "rule", "metric", "why"))
    if mistake:
        return mistake
    for key, choices in (("source", sources), ("rule", PAIRS)):
        if entry[key] not in choices:
            return unknown(key, entry[key], choices)
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
        return f"ours: {wanted} of the keys of cells.yaml, files of metrics or null is needed, not {ours!r}"
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
