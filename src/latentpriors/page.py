"""A page out of sections of text, tables and pictures: as HTML that needs nothing else, and as markdown."""

__all__ = ["Gallery", "Picture", "Section", "Sheet", "Text", "page", "plain", "twin"]

import base64
import itertools
import re
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import pandas as pd
from jinja2 import Environment
from markupsafe import Markup, escape

from .columns import Column


@dataclass(frozen=True)
class Text:
    """A paragraph, with **bold** parts."""

    text: str
    kind = "text"


@dataclass(frozen=True)
class Sheet:
    """A table that sorts: for each column a row of values, numbers or text; the first column names the rows.

    Arguments:
        columns: What is shown of `table`.
        table: With a column for each key; "low" and "high" beside a key "interval" sort it.
        muted: For each row whether it is set back, as yardsticks are.
        grouped: Whether the groups of the columns are shown, and in markdown each becomes a table of its own.
        explained: Whether the meaning of each column follows.
    """

    columns: tuple[Column, ...]
    table: pd.DataFrame
    muted: tuple[bool, ...] = ()
    grouped: bool = False
    explained: bool = False
    kind = "sheet"

    @property
    def rows(self) -> list[tuple[bool, list[tuple[str, object]]]]:
        """For each row whether it is muted, and for each of its cells the text and the value that it sorts by."""
        muted = self.muted or (False,) * len(self.table)
        cells = [[_cell(row, column) for column in self.columns] for _, row in self.table.iterrows()]
        return list(zip(muted, cells, strict=True))

    @property
    def groups(self) -> list[tuple[str, int]]:
        """The groups in order, with the number of their columns."""
        return [(name, len(list(part))) for name, part in itertools.groupby(self.columns[1:], lambda c: c.group)]


@dataclass(frozen=True)
class Picture:
    """A picture in a file, with a caption that says what to see."""

    path: Path
    title: str
    caption: str
    kind = "picture"

    @property
    def data(self) -> str:
        return _encoded(self.path)


@dataclass(frozen=True)
class Gallery:
    """Small pictures (title, file) beside each other, with one caption; `wide` ones take more room."""

    items: list[tuple[str, Path]]
    caption: str
    wide: bool = False
    kind = "gallery"

    @property
    def encoded(self) -> list[tuple[str, str]]:
        return [(title, _encoded(path)) for title, path in self.items]


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it; the first section of a page has no heading."""

    title: str
    blocks: list[Text | Sheet | Picture | Gallery] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        return re.sub(r"\W+", "-", self.title.lower()).strip("-")


def page(title: str, sections: list[Section]) -> str:
    """Returns the HTML of a page, pictures and all."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["bold"] = _bold
    template = environment.from_string(resources.files("latentpriors").joinpath("report.html").read_text())
    return template.render(title=title, sections=sections)


def twin(title: str, sections: list[Section], home: Path) -> str:
    """Returns the markdown of the same page, its pictures in files below `home`."""
    parts = [f"# {title}"]
    for section in sections:
        parts += [f"## {section.title}"] if section.title else []
        parts += [_markdown(block, home) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def plain(sheet: Sheet, columns: tuple[Column, ...] | None = None) -> str:
    """Returns a table, or some columns of it, as text."""
    columns = columns or sheet.columns
    shown = [[_cell(row, column)[0] for column in columns] for _, row in sheet.table.iterrows()]
    table = pd.DataFrame(shown, columns=range(len(columns)))
    align = ["left", *["right"] * (len(columns) - 1)]
    return table.to_markdown(
        index=False, disable_numparse=True, colalign=align, headers=[column.title for column in columns]
    )


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
        return "\n".join(rows) + f"\n\n*{block.caption}*"
    if not block.grouped:
        meanings = [f"- **{c.title}**: {c.meaning}" for c in block.columns if c.meaning and block.explained]
        return "\n\n".join(filter(None, [plain(block), "\n".join(meanings)]))
    parts = []
    for group, columns in itertools.groupby(block.columns[1:], lambda column: column.group):
        columns = list(columns)
        parts += [f"### {group}", plain(block, (block.columns[0], *columns))]
        parts += ["\n".join(f"- **{c.title}**: {c.meaning}" for c in columns)] if block.explained else []
    return "\n\n".join(parts)


def _cell(row: pd.Series, column: Column) -> tuple[str, object]:
    """Returns the text of a figure, and what it sorts by: a number, a text, or nothing."""
    value = row.get(column.key)
    if column.key == "interval":
        low, high = row.get("fcd_low"), row.get("fcd_high")
        return ("", "") if pd.isna(low) else (f"{low:.2f} to {high:.2f}", float(low))
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return "", ""
    if column.key == "rank":
        best, _, worst = str(value).partition("–")
        return str(value), int(best) + int(worst or best) / 1e4
    return format(value, column.pattern), value if isinstance(value, str) else float(value)


def _bold(text: str) -> Markup:
    parts = str(escape(text)).split("**")
    return Markup("".join(f"<b>{part}</b>" if index % 2 else part for index, part in enumerate(parts)))


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
