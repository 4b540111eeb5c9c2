"""What code a result rests on: found by following imports, and told apart by what it says, not by how it is written."""

__all__ = ["SEEN", "Code", "fingerprints", "snapshot"]

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

HOMES = ("src", "stages", "tools")  # where imports by a plain name are looked for
# How a stage is started and its code is told apart is nothing that its outputs rest on: imports of these do not count.
STARTERS = ("stages/context.py", "src/latentpriors/project/code.py")
SEEN = "fingerprints/code.json"  # the digest of the code behind each fingerprint: no stage depends on it


def fingerprints(root: Path, stage: str, **blocks: Iterable[str]) -> list[Path]:
    """Returns the files that stand for the code of a stage, and for that of the methods which it runs.

    Arguments:
        root: The checkout.
        stage: The name of its script.
        blocks: Names of blocks in params.yaml, under `autoencoders` and `priors`.
    """
    return [root / f"fingerprints/{name}.json" for name in _names(stage, blocks)]


def snapshot(root: Path, stage: str, blocks: Mapping[str, Iterable[str]], params: dict) -> list[str]:
    """Returns the content of the fingerprints of a stage.

    Raises:
        ValueError: some have not been written, or the code is another than they stand for.
    """
    files, code = fingerprints(root, stage, **blocks), Code(root)
    if missing := [path for path in (root / SEEN, *files) if not path.is_file()]:
        raise ValueError(f"{missing[0].relative_to(root)} is missing; `dvc repro fingerprint` writes it")
    seen = json.loads((root / SEEN).read_text(encoding="utf-8"))
    for name in _names(stage, blocks):
        kind, _, key = name.partition("/")
        if code.digest(code.rests_on(code.roots(kind, key, params.get(kind, {}).get(key, {})))) != seen.get(name):
            raise ValueError(
                f"code of {name} was edited since `dvc repro fingerprint` last saw it; `dvc repro` begins with that"
            )
    return [path.read_text(encoding="utf-8") for path in files]


def _names(stage: str, blocks: Mapping[str, Iterable[str]]) -> list[str]:
    return [f"stages/{stage}", *(f"{kind}/{name}" for kind in sorted(blocks) for name in blocks[kind])]


class Code:
    """The code of a checkout: what a file rests on, and digests of that.

    A digest leaves out comments, docstrings, annotations and imports, and the names of files and modules: a better
    comment, a renamed module and a moved one change none. What is imported by name at run time, a method or a network,
    is not seen here: `registry.modules` tells.

    Arguments:
        root: The checkout.
    """

    def __init__(self, root: Path):
        self.root, self._files = root, {}

    def file(self, module: str) -> Path | None:
        """Returns the file of a module of this project, None for anybody else's."""
        for home in HOMES:
            path = self.root / home / Path(*module.split("."))
            for option in (path / "__init__.py", path.with_suffix(".py")):
                if option.is_file():
                    return option
        return None

    def roots(self, kind: str, name: str, block: dict) -> list[Path]:
        """Returns the files to which a fingerprint belongs, a stage's ("stages") or that of a block in params.yaml."""
        if kind == "stages":
            return [self.root / f"stages/{name}.py"]
        from ..registry import modules  # here: it imports PyTorch, which takes seconds

        return [self.file(module) for module in modules(kind, name, block)]

    def rests_on(self, files: Iterable[Path]) -> set[Path]:
        """Returns some files with all of this project's that they import, directly or through others.

        A name that a package only passes on counts as what it is imported from: who takes one metric rests on no other.
        """
        found, waiting = set(), list(files)
        while waiting:
            path = waiting.pop()
            if path not in found:
                found.add(path)
                waiting += self._file(path).imports
        return found

    def direct(self, path: Path) -> list[Path]:
        """Returns the files that a file imports itself."""
        return self._file(path).imports

    def imports(self, path: Path) -> dict[str, set[Path]]:
        """Returns the files that each public function of a file imports inside its body."""
        source = self._file(path)
        functions = [node for node in source.tree.body if isinstance(node, ast.FunctionDef)]
        return {node.name: set(source.imported(node)) for node in functions if not node.name.startswith("_")}

    def digest(self, files: Iterable[Path]) -> str:
        """Returns the digest of what some files say, whatever they are called."""
        return _hash(sorted(self._file(path).digest for path in files))

    def constants(self, files: Iterable[Path]) -> str:
        """Returns the digest of all numbers, words, operators and calls in some files, but those of error messages."""
        return _hash(sorted(constant for path in files for constant in self._file(path).constants))

    def _file(self, path: Path) -> "_File":
        if path not in self._files:
            self._files[path] = _File(self, path)
        return self._files[path]


class _File:
    def __init__(self, code: Code, path: Path):
        self.code, self.path = code, path
        self.tree = ast.parse(path.read_text(encoding="utf-8"), path)
        home = next(home for home in HOMES if code.root / home in path.parents)
        self.package = path.relative_to(code.root / home).parent.parts

    @cached_property
    def imports(self) -> list[Path]:
        return self.imported(self.tree)

    def imported(self, tree: ast.AST) -> list[Path]:
        """Returns the project's files that the import statements inside a tree name."""
        found = []
        for node in _walk(tree):
            if isinstance(node, ast.Import):
                found += [self.code.file(alias.name) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                found += [self._source(self._module(node), alias.name) for alias in node.names]
        return [path for path in found if path and str(path.relative_to(self.code.root)) not in STARTERS]

    @cached_property
    def digest(self) -> str:
        return _hash(_said(self.tree, self._names()))

    @cached_property
    def constants(self) -> list[str]:
        return sorted(_constants(self.tree, self._names()))

    def _module(self, node: ast.ImportFrom) -> str:
        base = self.package[: len(self.package) - node.level + 1] if node.level else ()
        return ".".join([*base, *filter(None, [node.module])])

    def _source(self, module: str, name: str) -> Path | None:
        """Returns the file that a name comes from which is imported from a module, through packages that pass it on."""
        submodule, file = self.code.file(f"{module}.{name}"), self.code.file(module)
        if submodule or file is None or file.name != "__init__.py":
            return submodule or file
        package = self.code._file(file)
        for node in package.tree.body:
            if isinstance(node, ast.ImportFrom) and name in [alias.asname or alias.name for alias in node.names]:
                alias = next(alias for alias in node.names if name == (alias.asname or alias.name))
                return package._source(package._module(node), alias.name)
        return file

    def _names(self) -> dict[str, str]:
        """Returns what the names that are imported here stand for, "" for a module of this project."""
        found = {}
        for node in _walk(self.tree):
            if isinstance(node, ast.ImportFrom):
                module = self._module(node)
                for alias in node.names:
                    theirs = alias.name if self.code.file(module) else f"{module}.{alias.name}"
                    found[alias.asname or alias.name] = "" if self.code.file(f"{module}.{alias.name}") else theirs
            elif isinstance(node, ast.Import):
                renamed = [alias for alias in node.names if alias.asname]
                found |= {alias.asname: "" if self.code.file(alias.name) else alias.name for alias in renamed}
        return found


def _walk(tree: ast.AST) -> Iterator[ast.AST]:
    """Yields the nodes of a tree, without what only type checkers run."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [child for child in ast.iter_child_nodes(node) if not _for_type_checkers(child)]


def _for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _said(node: object, names: Mapping[str, str]) -> object:
    """Returns what a syntax tree says as nested lists; not by `ast.dump`, which differs between versions of Python."""
    if isinstance(node, list):
        return [_said(entry, names) for entry in node if not _unsaid(entry)]
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.Name | ast.Attribute) and (full := _full(node, names)):
        return ["Name", repr(full)]
    if isinstance(node, ast.AnnAssign) and node.value:
        return ["Assign", ["targets", [_said(node.target, names)]], ["value", _said(node.value, names)]]
    left_out = {"annotation", "returns", "ctx", "kind", "type_comment", "type_params", "type_ignores"}
    fields = [(name, value) for name, value in ast.iter_fields(node) if name not in left_out]
    said = [[name, _said(value, names)] for name, value in fields if value is not None or name == "value"]
    return [type(node).__name__, *([name, value] for name, value in said if value != [])]


def _full(node: ast.AST, names: Mapping[str, str]) -> str | None:
    """Returns the dotted name of something imported, however it was: of a module of this project what is in it."""
    if isinstance(node, ast.Name):
        return names.get(node.id) or node.id
    if not isinstance(node, ast.Attribute):
        return None
    if isinstance(node.value, ast.Name) and names.get(node.value.id) == "":
        return node.attr  # intervals.student is student, whatever the module is called
    root = node.value
    while isinstance(root, ast.Attribute):
        root = root.value
    before = _full(node.value, names) if isinstance(root, ast.Name) and root.id in names else None
    return before and f"{before}.{node.attr}"


def _unsaid(node: object) -> bool:
    """Whether a statement is an import, for type checkers, or a text that stands alone: a docstring."""
    alone = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return alone or isinstance(node, ast.Import | ast.ImportFrom) or _for_type_checkers(node)


def _constants(node: ast.AST, names: Mapping[str, str]) -> Iterator[str]:
    """Yields the numbers, words, operators and called names in a syntax tree, but those of messages and annotations."""
    public = isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
    if _unsaid(node) or isinstance(node, ast.Raise) or public:
        return
    if isinstance(node, ast.Constant):
        yield repr(node.value)
    elif isinstance(node, ast.operator | ast.unaryop | ast.boolop | ast.cmpop):
        yield type(node).__name__
    elif isinstance(node, ast.keyword) and node.arg:
        yield node.arg
    elif isinstance(node, ast.Call):
        called = _full(node.func, names) or getattr(node.func, "attr", "")
        yield f"{called}()"
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _constants(child, names)


def _hash(value: object) -> str:
    return hashlib.md5(repr(value).encode()).hexdigest()
