"""A file is a method, and what lies beside the methods is none."""

import sys
from pathlib import Path

import pytest

import latentpriors.priors
from latentpriors.registry import find, names

OTHERS = {"_shared.py", "flow-copy.py", "flow copy.py", ".#flow.py", "#flow.py#", "flow.py~", "flow.bak.py"}


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose files count as those of priors/."""
    monkeypatch.setattr(latentpriors.priors, "__path__", [*latentpriors.priors.__path__, str(tmp_path)])
    yield tmp_path
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(f"latentpriors.priors.{path.stem}", None)


def test_what_has_no_name_of_a_method_is_none(beside: Path) -> None:
    before = names("priors")
    for name in OTHERS:
        (beside / name).write_text("")
    (beside / "helpers").mkdir()
    (beside / "helpers/__init__.py").write_text("")
    assert names("priors") == before
    (beside / "added.py").write_text("")
    assert set(names("priors")) == {*before, "added"}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "__all__ = []",
        "__all__ = ['shared']\ndef shared(): pass",
        "__all__ = ['Missing']",
        "from ..autoencoders.ae import AE\n__all__ = ['AE']",
    ],
)
def test_a_file_without_a_method_is_named(beside: Path, content: str) -> None:
    (beside / "added.py").write_text(content)
    with pytest.raises(ValueError, match=r"added.py: the first name in __all__ must be a subclass of Prior; .*_added"):
        find("priors", "added")
