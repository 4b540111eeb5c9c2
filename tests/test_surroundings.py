"""What is written and read is the same bytes in whatever surroundings."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

DRAW = """
import sys
from pathlib import Path
from latentpriors.report.plots.style import panels, save
figure, (axes,) = panels(1, 1, 2, 2)
axes.plot([0, 1], [0, 1], label="a")
axes.legend()
save(figure, Path(sys.argv[1]))
"""


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


def test_a_users_matplotlibrc_changes_no_picture(tmp_path: Path, root: Path) -> None:
    for name, rc in (("none", ""), ("own", "text.usetex: True\nfont.family: serif\naxes.grid: True\nfigure.dpi: 50\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "matplotlibrc").write_text(rc)
        surroundings = os.environ | {"MPLCONFIGDIR": str(tmp_path / name), "PYTHONPATH": str(root / "src")}
        command = [sys.executable, "-c", DRAW, tmp_path / f"{name}.png"]
        subprocess.run(command, env=surroundings, cwd=tmp_path, check=True)
    assert (tmp_path / "none.png").read_bytes() == (tmp_path / "own.png").read_bytes()


def test_git_leaves_line_ends_as_they_are(tmp_path: Path, root: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=tmp_path / "a", check=True)

    (tmp_path / "a").mkdir()
    shutil.copy(root / ".gitattributes", tmp_path / "a")
    (tmp_path / "a/params.yaml").write_bytes(b"a: 1\nb: 2\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "a")
    git("clone", "-q", "-c", "core.autocrlf=true", ".", str(tmp_path / "b"))
    assert (tmp_path / "b/params.yaml").read_bytes() == b"a: 1\nb: 2\n"
