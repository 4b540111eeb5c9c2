"""What is written and read is the same bytes in whatever surroundings."""

import ast
from collections.abc import Iterator
from pathlib import Path


def in_the_locales_encoding(tree: ast.AST) -> Iterator[int]:
    """Yields the lines that read or write texts without a word on their encoding."""
    for node in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        said = {keyword.arg for keyword in node.keywords}
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if "encoding" not in said and (called in ("read_text", "write_text") or (called == "run" and "text" in said)):
            yield node.lineno


def test_texts_are_in_utf8_in_any_locale(root: Path) -> None:
    code = [path for home in ("src", "stages", "tools") for path in (root / home).rglob("*.py")]
    lines = {path.name: list(in_the_locales_encoding(ast.parse(path.read_text("utf-8")))) for path in code}
    assert {name: found for name, found in lines.items() if found} == {}
