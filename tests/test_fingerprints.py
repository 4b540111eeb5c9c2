"""Numbers cannot change unseen, and every stage declares the code that it runs."""

import json
import re
from pathlib import Path

import pytest
from compute import FINGERPRINTS, METHODS, MODULES, STAGES, compute, imports, of_method, of_stage, same, source


@pytest.mark.parametrize("name", list(FINGERPRINTS))
def test_numbers_are_what_is_written_down(root: Path, name: str) -> None:
    written = json.loads((root / "fingerprints" / f"{name}.json").read_text())
    message = f"{name} computes other numbers: if that is meant, run `make fingerprints` (what depends on them reruns)"
    assert same(compute(name), written), message


def test_every_shared_module_has_a_place(root: Path) -> None:
    assert all(source(module) for module in MODULES)
    assert set(MODULES.values()) - {None} == set(FINGERPRINTS)


@pytest.mark.parametrize("stage", list(STAGES))
def test_stage_declares_the_code_that_it_runs(root: Path, stage: str) -> None:
    block = STAGES[stage].get("do", STAGES[stage])
    deps = block["deps"]
    script = re.search(r"stages/\w+\.py", block["cmd"])[0]
    assert script in deps
    if "src/latentpriors" in deps:  # the check looks at every method
        return
    for module in sorted(imports(root / script)):
        named = str(source(module).relative_to(root)) in deps
        assert named or module in MODULES, f"{stage} runs {module}: name it in its deps or give it a fingerprint"
    assert f"fingerprints/stages/{stage}.json" in deps
    written = json.loads((root / f"fingerprints/stages/{stage}.json").read_text())
    assert of_stage(stage) == written, f"{stage} runs other shared code than is written down: `make fingerprints`"


@pytest.mark.parametrize("path", METHODS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_method_declares_what_it_is_built_from(root: Path, path: Path) -> None:
    for module in imports(path) - MODULES.keys():
        named = source(module).parent.name in ("autoencoders", "priors")
        assert named, f"{path.stem} runs {module}: give it a fingerprint"
    file = root / f"fingerprints/methods/{path.parent.name}/{path.stem}.json"
    assert file.is_file(), f"{path.stem} is new: run `make fingerprints`"
    assert of_method(path) == json.loads(file.read_text()), f"{path.stem} runs other shared code: `make fingerprints`"


def test_a_method_inside_another_is_seen(root: Path) -> None:
    home = root / "src/latentpriors"
    inside = {path for path in of_method(home / "autoencoders/glf_regularized.py") if path.endswith(".py")}
    assert inside == {"src/latentpriors/autoencoders/glf.py", "src/latentpriors/priors/flow.py"}
    assert "densities" in of_method(home / "priors/maf.py")
    assert "densities" not in of_method(home / "priors/wgan.py")


def test_a_changed_number_reaches_every_stage_that_runs_its_module() -> None:
    assert {"codes", "networks", "training", "store", "stages"} <= of_stage("fit_prior").keys()
    assert "metrics" not in of_stage("fit_prior")
    assert "training" not in of_stage("download")


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
