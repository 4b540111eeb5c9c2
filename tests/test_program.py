"""Programs say in one line what is wrong with how they were called, and print in any locale."""

import io
import sys

import pytest

from latentpriors.own.command import main
from latentpriors.program import program


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("scor", "latentpriors: the command: 'scor' is unknown; choose from score, fit"),
        ("score --image=x", "latentpriors score: the option: '--image' is unknown; choose from --images, "),
        ("score --images=x --dataset=mnits", "--dataset: 'mnits' is unknown; choose from mnist, digits"),
        ("fit --codes x --out y --prior flow flw", "--prior: 'flw' is unknown; choose from flow, "),
        ("score --images= --dataset=mnist", "latentpriors score: --images: the path is empty"),
        ("fit --codes x --out y --prior kde --steps 1e3", "a whole number from 1 on is needed, not '1e3'"),
        ("fit --codes x --out y --prior kde --seed -1", "a whole number from 0 to 4294967295 is needed, not '-1'"),
        ("fit --codes x", "latentpriors fit: the following arguments are required: --prior, --out"),
    ],
)
def test_a_wrong_call_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, words: str, line: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["latentpriors", *words.split()])
    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1


def test_a_sign_that_the_locale_lacks_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    latin = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    monkeypatch.setattr(sys, "stdout", latin)
    with program("it"):
        print("1–2", flush=True)
    assert latin.buffer.getvalue() == b"1?2\n"


def test_a_closed_output_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with program("it"):
        print("unheard")
