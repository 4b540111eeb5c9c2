"""Numbers cannot change unseen, and every stage declares the code that it runs."""

import ast
import json
import re
from pathlib import Path

import pytest
import yaml
from compute import FINGERPRINTS, MODULES, compute


@pytest.mark.parametrize("name", list(FINGERPRINTS))
def test_numbers_are_what_is_written_down(root: Path, name: str) -> None:
    written = json.loads((root / "fingerprints" / f"{name}.json").read_text())
    message = f"{name} computes other numbers: if that is meant, run `make fingerprints` (what depends on them reruns)"
    assert same(compute(name), written), message


def same(found: object, written: object) -> bool:
    """Equal to four digits: two machines' rounding may differ in the fifth."""
    if isinstance(written, dict):
        return found.keys() == written.keys() and all(same(found[key], written[key]) for key in written)
    if isinstance(written, list):
        return len(found) == len(written) and all(same(a, b) for a, b in zip(found, written, strict=True))
    if isinstance(written, float):
        return found == pytest.approx(written, rel=1e-4, abs=1e-6)
    return found == written


def imports(path: Path, root: Path, seen: set[str] | None = None) -> set[str]:
    """The names of this project's modules that a file imports, directly or through others."""
    seen = set() if seen is None else seen
    package = path.relative_to(root / "src").parent.parts if root / "src" in path.parents else ()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            candidates = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            candidates = [alias.name for alias in node.names]
        else:
            continue
        for name in candidates:
            for parent in (".".join(name.split(".")[: i + 1]) for i in range(name.count(".") + 1)):
                file = source(parent, root)
                if file is not None and parent not in seen:
                    seen.add(parent)
                    imports(file, root, seen)
    return seen


def source(module: str, root: Path) -> Path | None:
    parts = module.split(".")
    options = [root / "src" / Path(*parts, "__init__.py"), (root / "src" / Path(*parts)).with_suffix(".py")]
    options += [root / "stages" / f"{module}.py"] if len(parts) == 1 else []
    return next((path for path in options if path.is_file()), None)


def test_every_shared_module_has_a_place(root: Path) -> None:
    assert all(source(module, root) for module in MODULES)
    assert set(MODULES.values()) - {None} == set(FINGERPRINTS)


STAGES = yaml.safe_load((Path(__file__).resolve().parent.parent / "dvc.yaml").read_text())["stages"]


@pytest.mark.parametrize("stage", list(STAGES))
def test_stage_declares_the_code_that_it_runs(root: Path, stage: str) -> None:
    block = STAGES[stage].get("do", STAGES[stage])
    deps = block["deps"]
    script = re.search(r"stages/\w+\.py", block["cmd"])[0]
    assert script in deps
    needed = imports(root / script, root)
    if "src/latentpriors" in deps:  # the check looks at every method
        return
    methods = {"autoencoders": "${item.autoencoder}", "priors": "${item.prior}"}
    for kind, name in methods.items():
        if f"src/latentpriors/{kind}/{name}.py" in deps:
            for path in (root / "src/latentpriors" / kind).glob("*.py"):
                if path.stem not in ("__init__", "base"):
                    needed |= imports(path, root)
    for module in sorted(needed):
        direct = str(source(module, root).relative_to(root))
        if direct in deps or MODULES.get(module, "?") is None:
            continue
        assert module in MODULES, f"{stage} runs {module}: name it in its deps or give it a fingerprint"
        assert f"fingerprints/{MODULES[module]}.json" in deps, f"{stage} runs {module}"


@pytest.mark.parametrize("stage", list(STAGES))
def test_commands_mirror_dependencies_and_outputs(root: Path, stage: str) -> None:
    block = STAGES[stage].get("do", STAGES[stage])
    outs = [
        out if isinstance(out, str) else next(iter(out))
        for key in ("outs", "metrics", "plots")
        for out in block.get(key, [])
    ]
    for path in [*outs, *(dep for dep in block["deps"] if dep.startswith(("data/", "models/", "samples/")))]:
        named = path in block["cmd"] or str(Path(path).parent) in block["cmd"]
        assert named or path == "data/checked.txt", f"{stage}: {path} is not in its command"
