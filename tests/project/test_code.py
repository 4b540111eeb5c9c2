"""What stands for code: what it leaves out, what it sees, and that the committed fingerprints belong to the code."""

import json
import re
from pathlib import Path

import pytest

from latentpriors.project.code import SEEN, Code, fingerprints, snapshot
from latentpriors.project.pipeline import read_locks, read_stages
from latentpriors.project.verify import digest
from latentpriors.registry import KINDS, modules
from latentpriors.yaml_files import read_yaml
from probes import PROBES, compute, same

BLOCKS = tuple(f"{kind}." for kind in KINDS)
BEHIND = "the fingerprints are behind the code: run `dvc repro fingerprint` and commit what it writes"
MODULE = '''"""A module."""

from typing import TYPE_CHECKING

from numpy.linalg import norm
from .shared import helper as h
from . import tools

if TYPE_CHECKING:
    from .other import another

RATE = 0.1  # why


def step(x: float) -> float:
    """Returns a step."""
    return h(x) * RATE + tools.size(x, "words") + norm(x)
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "src/package/__init__.py": "from .shared import helper\nfrom .other import another\n",
        "src/package/shared.py": "from .deep import VALUE\ndef helper(x):\n    return x + VALUE\n",
        "src/package/deep.py": "VALUE = 3\n",
        "src/package/tools.py": "def size(x, unit):\n    raise ValueError('no size')\n",
        "src/package/other.py": "def another(x):\n    return x\n",
        "src/package/method.py": MODULE,
        "stages/work.py": "from package import helper\nfrom context import run\nrun(helper)\n",
        "stages/context.py": "import package.other\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def rests_on(project: Path, name: str) -> set[str]:
    return {path.stem for path in Code(project).rests_on([project / name])}


def test_imports_are_followed_through_packages_but_not_to_what_starts_a_stage(project: Path) -> None:
    assert rests_on(project, "stages/work.py") == {"work", "shared", "deep"}
    assert rests_on(project, "src/package/method.py") == {"method", "shared", "deep", "tools"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"""A module."""', '"""A better sentence."""'),
        ("# why", "# because"),
        ("    return h", "    # A comment.\n    return h"),
        ("x: float) -> float", "x: int) -> int"),
        ("helper as h", "helper as first"),
        ("RATE + tools", "RATE + \\\n        tools"),
        ("RATE = 0.1", "RATE: float = 0.1"),
        ("from numpy.linalg import norm", "from numpy.linalg import norm  # of a vector"),
        ("    from .other import another", "    from .other import another as other"),
    ],
)
def test_what_a_digest_leaves_out(project: Path, before: str, after: str) -> None:
    path = project / "src/package/method.py"
    first = Code(project).digest([path])
    text = MODULE.replace(before, after)
    path.write_text(text.replace(" h(x)", " first(x)") if "first" in after else text)
    assert path.read_text() != MODULE
    assert Code(project).digest([path]) == first


def test_a_renamed_and_a_moved_module_change_no_digest(project: Path) -> None:
    path = project / "src/package/method.py"
    first = Code(project).digest(Code(project).rests_on([path]))
    (project / "src/package/sizes").mkdir()
    (project / "src/package/sizes/__init__.py").write_text("")
    (project / "src/package/tools.py").rename(project / "src/package/sizes/measures.py")
    path.write_text(MODULE.replace("from . import tools", "from .sizes import measures").replace("tools.", "measures."))
    assert Code(project).digest(Code(project).rests_on([path])) == first
    moved = project / "src/package/sizes/method.py"
    path.rename(moved)
    text = moved.read_text().replace("from .sizes import", "from . import").replace("from .shared", "from ..shared")
    moved.write_text(text)
    assert Code(project).digest(Code(project).rests_on([moved])) == first


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("0.1", "0.2"),
        ("* RATE", "/ RATE"),
        ('"words"', '"letters"'),
        ("helper as h", "assist as h"),
        ("numpy.linalg import norm", "scipy.linalg import norm"),
        ("tools.size(x", "tools.size(-x"),
        ("def step(x: float)", "def step(x: float = 1)"),
    ],
)
def test_what_a_digest_sees(project: Path, before: str, after: str) -> None:
    path = project / "src/package/method.py"
    first = Code(project).digest([path])
    path.write_text(MODULE.replace(before, after))
    assert path.read_text() != MODULE
    assert Code(project).digest([path]) != first


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from numpy.linalg import norm", "import numpy.linalg as la"),
        ("from numpy.linalg import norm", "from numpy import linalg as la"),
        ("from . import tools", "import package.tools as tools"),
        ("from . import tools", "from .tools import size"),
    ],
)
def test_the_style_of_an_import_changes_no_digest(project: Path, before: str, after: str) -> None:
    path = project / "src/package/method.py"
    first = Code(project).digest([path]), Code(project).constants([path])
    text = MODULE.replace(before, after)
    path.write_text(text.replace("norm(x)", "la.norm(x)") if "la" in after else text)
    if "size" in after:
        path.write_text(text.replace("tools.size", "size"))
    assert (Code(project).digest([path]), Code(project).constants([path])) == first


def test_constants_are_numbers_and_words_but_those_of_messages(project: Path) -> None:
    method, tools = project / "src/package/method.py", project / "src/package/tools.py"
    first = Code(project).constants([method, tools])
    method.write_text(MODULE.replace("return h(x) * RATE", "y = RATE * h(x)\n    return y").replace("A module", "One"))
    tools.write_text("def size(x, unit):\n    raise ValueError('there is no size')\n")
    assert Code(project).constants([method, tools]) == first
    for before, after in (
        ("0.1", "0.2"),
        ("* RATE", "/ RATE"),
        ("tools.size(x,", "tools.mass(x,"),
        ('"words"', "None"),
    ):
        method.write_text(MODULE.replace(before, after))
        assert Code(project).constants([method, tools]) != first


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.__name__)
def test_numbers_are_what_is_written_down(root: Path, probe) -> None:
    written = json.loads((root / f"fingerprints/numbers/{probe.__name__}.json").read_text())
    message = f"{probe.__name__} computes other numbers: if that is meant, `dvc repro` reruns what depends on them"
    assert same(compute(probe.__name__), written), message


def test_every_probe_is_one_that_is_asked(root: Path) -> None:
    asked = {name for name, files in Code(root).imports(root / "tools/probes.py").items() if files}
    assert {probe.__name__ for probe in PROBES} == asked


def test_the_committed_fingerprints_belong_to_the_code(root: Path) -> None:
    code, params = Code(root), read_yaml(root / "params.yaml")
    seen, found = json.loads((root / SEEN).read_text()), {}
    for name in [name for name in seen if not name.startswith("numbers/")]:
        kind, _, key = name.partition("/")
        block = params[kind].get(key) if kind in KINDS else {}
        assert block is not None, f"fingerprints/{name}.json belongs to no block: {BEHIND}"
        found[name] = code.digest(code.rests_on(code.roots(kind, key, block)))
    assert found == {name: seen[name] for name in found}, BEHIND
    assert set(found) >= {f"{kind}/{name}" for kind in KINDS for name in params[kind]}, BEHIND
    files = {
        str(path.relative_to(root / "fingerprints").with_suffix("")) for path in root.glob("fingerprints/*/*.json")
    }
    assert files == set(seen), BEHIND


@pytest.mark.parametrize("name", ["fingerprint", "check"])
def test_the_committed_lock_belongs_to_the_code(root: Path, name: str) -> None:
    locked = read_locks(root)[name]
    behind = [
        entry["path"]
        for kind in ("deps", "outs")
        for entry in locked[kind]
        if not entry["path"].startswith("data/") and digest(root / entry["path"]) != entry["md5"]
    ]
    assert not behind, f"{', '.join(behind)} changed since: {BEHIND}, and dvc.lock"


def declared(root: Path) -> list:
    stages = read_stages(root, read_yaml(root / "params.yaml"))
    kinds = {re.sub(r"@.*", "", name): (name, stage) for name, stage in stages.items()}
    return [(name, stage) for name, stage in kinds.values() if not name.startswith(("check", "fingerprint"))]


def test_every_stage_declares_the_code_that_it_runs(root: Path) -> None:
    """A stage rests on its script, on the blocks that its options name and, a study, on those whose keys it reads."""
    for name, stage in declared(root):
        script = re.search(r"stages/(\w+)\.py", stage.cmd)[1]
        blocks = {kind: set(re.findall(rf"--{kind[:-1]} (\w+)", stage.cmd)) for kind in KINDS}
        for kind, key in (param.split(".") for param in stage.params if param.startswith(BLOCKS)):
            blocks[kind].add(key)
        expected = {str(path.relative_to(root)) for path in fingerprints(root, script, **blocks)}
        assert expected <= set(stage.deps), f"{name} runs code that its deps do not name"
        text = [dep for dep in stage.deps if dep.endswith(".py")]
        assert not text, f"{name} depends on the text of {text}"


def test_a_stage_that_runs_methods_by_name_declares_some(root: Path) -> None:
    registry, code = root / "src/latentpriors/registry.py", Code(root)
    for name, stage in declared(root):
        script = root / re.search(r"stages/\w+\.py", stage.cmd)[0]
        if registry in code.rests_on([script]):
            assert [dep for dep in stage.deps if dep.startswith(tuple(f"fingerprints/{kind}" for kind in KINDS))], name


def test_commands_mirror_dependencies_and_outputs(root: Path) -> None:
    for name, stage in declared(root):
        for path in [*stage.outs, *(dep for dep in stage.deps if dep.startswith(("data/", "models/", "samples/")))]:
            named = path in stage.cmd or str(Path(path).parent) in stage.cmd
            assert named or path == "data/checked.txt", f"{name}: {path} is not in its command"


def test_a_method_inside_another_is_seen(root: Path) -> None:
    code = Code(root)
    files = {
        path.relative_to(root / "src/latentpriors") for path in code.rests_on(code.roots("autoencoders", "glf", {}))
    }
    assert Path("priors/flow.py") in files
    assert Path("priors/gaussian.py") not in files
    dcgan = code.roots("autoencoders", "ae", {"network": "dcgan"})
    assert [path.stem for path in dcgan] == ["ae", "variants"]
    assert modules("priors", "gmm", {}) == ["latentpriors.priors.gmm"]


def test_who_takes_one_metric_rests_on_no_other(root: Path) -> None:
    files = {path.stem for path in Code(root).rests_on([root / "stages/reference.py"])}
    assert {"frechet", "fcd", "classifier", "training"} <= files
    assert files.isdisjoint({"kernel", "manifold", "conv", "fits"})


def test_code_that_was_edited_since_is_refused(project: Path) -> None:
    (project / "fingerprints/stages").mkdir(parents=True)
    path, code = project / "stages/work.py", Code(project)
    with pytest.raises(ValueError, match=r"fingerprints/code.json is missing; `dvc repro fingerprint` writes it"):
        snapshot(project, "work", {}, {})
    (project / SEEN).write_text(json.dumps({"stages/work": code.digest(code.rests_on([path]))}))
    (project / "fingerprints/stages/work.json").write_text("told")
    assert snapshot(project, "work", {}, {}) == ["told"]
    (project / "src/package/deep.py").write_text("VALUE = 3  # three\n")
    assert snapshot(project, "work", {}, {}) == ["told"]
    (project / "src/package/deep.py").write_text("VALUE = 4\n")
    with pytest.raises(ValueError, match=r"code of stages/work was edited since `dvc repro fingerprint` last saw it"):
        snapshot(project, "work", {}, {})
