"""What is said where a name is unknown."""

__all__ = ["unknown"]

import difflib
from collections.abc import Iterable


def unknown(what: str, name: object, choices: Iterable[object]) -> str:
    """Returns the message that names the choices, those that are near to the name first.

    Example:
        >>> unknown("priors", "flw", ["kde", "flow"])
        "priors: 'flw' is unknown; choose from flow, kde"
    """
    known = list(map(str, choices))
    ordered = dict.fromkeys([*difflib.get_close_matches(str(name), known), *known])
    return f"{what}: {name!r} is unknown; choose from {', '.join(ordered)}"
