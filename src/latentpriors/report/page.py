"""A page out of sections of text, tables and pictures, as HTML that needs nothing else."""

__all__ = ["Gallery", "Picture", "Section", "Text", "page", "written"]

import base64
import re
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup, escape
from matplotlib.figure import Figure
from PIL import Image

from .plots.style import save
from .sheets import Sheet


@dataclass(frozen=True)
class Text:
    """A paragraph, with **bold** parts."""

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


def written(name: str, drawn: Figure | Image.Image | None, caption: str, out: Path) -> list[Picture]:
    """Writes a picture to OUT/NAME.png and returns it as a block; no block where there is none."""
    if drawn is None:
        return []
    save(drawn, out / f"{name}.png")
    return [Picture(out / f"{name}.png", name, caption)]


def page(title: str, sections: list[Section]) -> str:
    """Returns the HTML of a page, pictures and all."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["bold"] = _bold
    template = environment.from_string(resources.files(__package__).joinpath("page.html").read_text())
    return template.render(title=title, sections=sections)


def _bold(text: str) -> Markup:
    parts = str(escape(text)).split("**")
    return Markup("".join(f"<b>{part}</b>" if index % 2 else part for index, part in enumerate(parts)))


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
