"""Yaml files are read as dvc reads them, and a mistake is one line that says where it is."""

from pathlib import Path

import pytest

from latentpriors.yaml_files import read_yaml

WORDS = "1e-05 -2.5E+3 1-2 3 -.5 .inf 010 0o10 0x1F 1_000 12:30 yes no on off y true null ~ 2020-01-01 '1' 1.2.3 [] {}"


@pytest.mark.parametrize("word", WORDS.split())
def test_values_are_those_of_dvc(tmp_path: Path, word: str) -> None:
    load_yaml = pytest.importorskip("dvc.utils.serialize").load_yaml
    (tmp_path / "a.yaml").write_text(f"a: {word}")
    found, theirs = (read(path) for read, path in ((read_yaml, tmp_path / "a.yaml"), (load_yaml, tmp_path / "a.yaml")))
    assert found == theirs
    assert type(found["a"]) is type(theirs["a"])


def test_small_numbers_and_words_are_what_they_look_like(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("{a: 1e-06, b: -2.5E+3, c: 1-2, d: 010, e: on}")
    assert read_yaml(tmp_path / "a.yaml") == {"a": 1e-6, "b": -2500.0, "c": "1-2", "d": 10, "e": "on"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n", "line 2: a merge conflict is left, '<<<<<<< HEAD'"),
        (b"a:\n\tb: 1\n", "line 2: found character that cannot start any token: '\\\\tb: 1'"),
        (b"a: 1\nb: 1\na: 2\n", 'line 3: found duplicate key "a"'),
        (b"a: [1, 2\nb: 3\n", "line [23]: "),
        (b"a: 1\nb: \xe9\n", "line 2: this is no UTF-8"),
        ("a: é\nb: \0\n".encode(), "line 2: control characters are not allowed"),
        (b"a: !!python/name:os.system\n", "line 1: could not determine a constructor"),
        (b"a: 2020-13-45\n", ": a value is not what its form or tag says: month must be in 1..12"),
        (b"a: 1\n---\nb: 2\n", "line 2: .* another document"),
        (b"- a\n", ": a block of keys is needed, and this is a list"),
        (b"# nothing\n", ": a block of keys is needed, and it is empty"),
        (b"../stages.yaml", ": git wrote a link as a file .* ln -sf ../stages.yaml"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.yaml").write_bytes(content)
    with pytest.raises(ValueError, match=f"a.yaml(, )?{message}") as raised:
        read_yaml(tmp_path / "a.yaml")
    assert "\n" not in str(raised.value)
