"""The README says what is in git, and what it shows of Python holds."""

import doctest
import re
import sys
from pathlib import Path

import pytest

from latentpriors.registry import KINDS, names
from latentpriors.yaml_files import read_yaml


def test_headline_is_the_committed_table(root: Path) -> None:
    sys.path.insert(0, str(root / "tools"))
    from readme import updated

    text = (root / "README.md").read_text()
    assert updated(text, root / "reports/mnist-poster/table.csv") == text, "run `make readme`"


def test_every_method_and_path_is_there(root: Path) -> None:
    text = (root / "README.md").read_text()
    params = read_yaml(root / "params.yaml")
    for kind in KINDS:
        for name in {*names(kind), *params[kind]}:
            assert f"`{name}`" in text or f"-{name}`" in text, name
    for link in re.findall(r"\]\(([^):]+)\)", text):
        assert (root / link).exists(), link


def test_its_examples_hold(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(str(root / "README.md"), module_relative=False)
    assert (failed, tried > 3) == (0, True)
