"""A page out of sections of text, tables, pictures and charts: HTML, and markdown beside it.

The HTML needs nothing else, but for the charts of a table, which need the one script that all pages share (the stage
`charts`); without it their pictures stand there.
"""

__all__ = ["Chart", "Gallery", "Picture", "Section", "Text", "page", "twin", "write_page", "written"]

import base64
import itertools
import re
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment
from markupsafe import Markup, escape

from .sheets import Sheet, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL import Image


@dataclass(frozen=True)
class Text:
    """A paragraph, with **bold** parts and [links](#the-anchor-of-a-section)."""

    text: str
    kind = "text"


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
class Chart:
    """A chart in Vega-Lite that answers to the pointer, and the picture that stands for it elsewhere."""

    spec: dict
    picture: Picture
    kind = "chart"


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
    blocks: list[Text | Sheet | Picture | Chart | Gallery] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        return re.sub(r"\W+", "-", self.title.lower()).strip("-")

    def has(self, *kinds: str) -> bool:
        return any(block.kind in kinds for block in self.blocks)


def written(
    name: str, drawn: "Figure | Image.Image | None", caption: str, out: Path, spec: dict | None = None
) -> list[Picture | Chart]:
    """Writes a picture to OUT/NAME.png and returns it as a block; no block where there is none.

    With a specification in Vega-Lite it is the picture of that chart.
    """
    if drawn is None:
        return []
    from .plots.style import save  # here: a page without pictures need not wait for matplotlib

    save(drawn, out / f"{name}.png")
    picture = Picture(out / f"{name}.png", name, caption)
    return [Chart(spec, picture) if spec else picture]


def write_page(title: str, sections: list[Section], out: Path, rows: dict | None = None) -> None:
    """Writes a page to OUT/report.html and, for those who read it where the repository is shown, OUT/report.md.

    Arguments:
        title: Of the page.
        sections: In order.
        out: The folder, beside that of other pages.
        rows: What is known of the rows of its tables, as `known_rows` returns it.
    """
    (out / "report.html").write_text(page(title, sections, rows), encoding="utf-8")
    (out / "report.md").write_text(twin(title, sections, out), encoding="utf-8")


def page(title: str, sections: list[Section], rows: dict | None = None) -> str:
    """Returns the HTML of a page, pictures and all."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["bold"] = _bold
    template = environment.from_string(resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    return template.render(title=title, sections=sections, rows=rows)


def twin(title: str, sections: list[Section], home: Path) -> str:
    """Returns the markdown of the same page, its pictures in files below `home`."""
    parts = [f"# {title}"]
    for section in sections:
        parts += [f"## {section.title}"] if section.title else []
        parts += [_markdown(block, home) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def _bold(text: str) -> Markup:
    parts = str(escape(text)).split("**")
    bold = "".join(f"<b>{part}</b>" if index % 2 else part for index, part in enumerate(parts))
    return Markup(re.sub(r"\[([^\]]+)\]\((#[\w-]+)\)", r'<a href="\2">\1</a>', bold))


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _markdown(block: Text | Sheet | Picture | Chart | Gallery, home: Path) -> str:
    if isinstance(block, Text):
        return block.text
    block = block.picture if isinstance(block, Chart) else block
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
