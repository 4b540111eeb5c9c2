"""Stage `fingerprint`: what stands for the code of each stage and of each block's method, in place of its text."""

import hashlib
import json
import sys
from collections.abc import Iterable
from context import ROOT, run
from pathlib import Path

from latentpriors.project.code import SEEN, Code
from latentpriors.store import load_json, whole

PROBES = ROOT / "tools/probes.py"
sys.path.append(str(PROBES.parent))
REQUIREMENTS = ROOT / "requirements.txt"
# How stages are started, what comes before the fingerprints, and what people run by hand.
OTHERS = ("context", "check", "fingerprint", "tune")


def fingerprint(params: dict, blocks: Path, out: Path) -> None:
    """What stands for the code of each stage and of each block's method, in place of its text.

    A file for each of them has `numbers`, the digests of what the probes compute that speak for modules on which it
    rests; `constants`, the digest of all numbers, words, operators and calls in these; and `code`, the digest of the
    code of all other modules, its own among them. Numbers are computed again only where the code behind a probe has
    changed.

    Arguments:
        blocks: The JSON file of the modules that each block of params.yaml brings in, by kind.
        out: The folder for the fingerprints.
    """
    code, behind, listed = Code(ROOT), out / Path(SEEN).name, load_json(blocks)
    seen = _read(behind)
    # A probe speaks for the modules that it imports.
    probes, now = {name: modules for name, modules in code.imports(PROBES).items() if modules}, {}
    for name, modules in probes.items():
        now[f"numbers/{name}"] = _behind(code, modules)
        if seen.get(f"numbers/{name}") != now[f"numbers/{name}"] or not (out / f"numbers/{name}.json").is_file():
            _compute(name, out / f"numbers/{name}.json")
    numbers = {name: hashlib.md5((out / f"numbers/{name}.json").read_bytes()).hexdigest() for name in probes}

    scripts = [path for path in sorted((ROOT / "stages").glob("*.py")) if path.stem not in OTHERS]
    roots = {f"stages/{path.stem}": [path] for path in scripts}
    roots |= {f"{kind}/{name}": [code.file(m) for m in listed[kind][name]] for kind in listed for name in listed[kind]}
    for name, files in roots.items():
        rests = code.rests_on(files)
        now[name] = code.digest(rests)
        speaking = [probe for probe, modules in probes.items() if modules <= rests]
        covered = set().union(*(probes[probe] for probe in speaking))
        told = {"numbers": {probe: numbers[probe] for probe in speaking}, "constants": code.constants(covered)}
        _write(out / f"{name}.json", told | {"code": code.digest(rests - covered)})
    _write(behind, now)
    for path in set(out.rglob("*.json")) - {out / f"{name}.json" for name in now} - {behind}:
        path.unlink()


def _behind(code: Code, modules: Iterable[Path]) -> str:
    """Returns the digest of all on which the numbers of a probe rest."""
    packages = hashlib.md5(REQUIREMENTS.read_bytes()).hexdigest()
    return hashlib.md5(f"{code.digest({*code.rests_on(modules), PROBES})} {packages}".encode()).hexdigest()


def _compute(name: str, path: Path) -> None:
    """Writes the numbers of a probe, unless they are those that were written: rounding is no change."""
    import probes  # here: it imports all that is probed, which takes seconds

    found = probes.compute(name)
    if not path.is_file() or not probes.same(found, _read(path)):
        _write(path, found)


def _write(path: Path, content: dict) -> None:
    text = json.dumps(content, indent=1) + "\n"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        if path.name != Path(SEEN).name:
            print(f"{path}: {'has changed' if path.is_file() else 'is new'}")
        with whole(path) as part:
            part.write_text(text, encoding="utf-8")


def _read(path: Path) -> dict:
    return load_json(path) if path.is_file() else {}


if __name__ == "__main__":
    run(fingerprint, checked=False)
