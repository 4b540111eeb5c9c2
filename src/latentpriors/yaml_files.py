"""The project's yaml files, read as dvc reads them, which is by its library and YAML 1.2."""

__all__ = ["parse_yaml", "read_yaml"]

import re
from pathlib import Path

from ruamel.yaml import YAML, YAMLError

MOST = 80  # characters of a line in a message


def read_yaml(path: Path) -> dict:
    """Returns the block of keys that a file holds.

    Raises:
        OSError: the file is missing or cannot be read.
        ValueError: it holds something else; the message is one line with its name and the place.
    """
    content = path.read_bytes()
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}, line {_line(content, error.start)}: this is no UTF-8") from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, name: str) -> dict:
    """Returns the block of keys that a text holds, that of a file of this name.

    Raises:
        ValueError: it holds something else; the message is one line with the name and the place.
    """
    if conflict := re.search("^[<>]{7} .*", text, re.MULTILINE):
        place = _line(text.encode(), len(text[: conflict.start()].encode()))
        raise ValueError(f"{name}, line {place}: a merge conflict is left, {conflict[0]!r}")
    try:
        found = YAML(typ="safe").load(text)
    except YAMLError as error:
        if mark := getattr(error, "problem_mark", None):
            said = "".join(text.split("\n")[mark.line : mark.line + 1])[:MOST]  # nothing at the end of the text
            raise ValueError(f"{name}, line {mark.line + 1}: {error.problem}: {said!r}") from error
        place = _line(text.encode(), error.position)
        raise ValueError(f"{name}, line {place}: {error.reason} (#{error.character:04x})") from error
    except (ValueError, LookupError) as error:
        raise ValueError(f"{name}: a value is not what its form or tag says: {error}") from error
    if isinstance(found, str) and found.endswith(".yaml"):
        raise ValueError(f"{name}: git wrote a link as a file that holds {found!r}; make it one: ln -sf {found} {name}")
    if not isinstance(found, dict):
        what = "it is empty" if found is None else f"this is a {type(found).__name__}"
        raise ValueError(f"{name}: a block of keys is needed, and {what}")
    return found


def _line(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1
