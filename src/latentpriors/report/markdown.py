"""The markdown of a page, for those who read it where the repository is shown."""

__all__ = ["twin"]

import itertools
from pathlib import Path

from .page import Gallery, Picture, Section, Text
from .sheets import Sheet, plain


def twin(title: str, sections: list[Section], home: Path) -> str:
    """Returns the markdown of the same page, its pictures in files below `home`."""
    parts = [f"# {title}"]
    for section in sections:
        parts += [f"## {section.title}"] if section.title else []
        parts += [_markdown(block, home) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def _markdown(block: Text | Sheet | Picture | Gallery, home: Path) -> str:
    if isinstance(block, Text):
        return block.text
    if isinstance(block, Picture):
        return f"![{block.title}]({block.path.relative_to(home)})\n\n*{block.caption}*"
    if isinstance(block, Gallery):
        # A table of two columns, which is as wide as a page of text shows without making pictures small.
        items = [f"**{title}**<br>![{title}]({path.relative_to(home)})" for title, path in block.items]
        items += [""] * (len(items) % 2)
        rows = ["|   |   |", "|:--|:--|", *(f"| {a} | {b} |" for a, b in zip(items[::2], items[1::2], strict=True))]
        return (f"*{block.caption}*\n\n" if block.caption else "") + "\n".join(rows)
    if not block.grouped:
        meanings = [f"- **{c.title}**: {c.meaning}" for c in block.columns if c.meaning and block.explained]
        return "\n\n".join(filter(None, [plain(block), "\n".join(meanings)]))
    parts = []
    for group, columns in itertools.groupby(block.columns[1:], lambda column: column.group):
        columns = list(columns)
        parts += [f"### {group}", plain(block, (block.columns[0], *columns))]
        parts += ["\n".join(f"- **{c.title}**: {c.meaning}" for c in columns)] if block.explained else []
    return "\n\n".join(parts)
