"""The rooms of the package: who may import whom, and that no two import each other."""

from pathlib import Path

import pytest

from latentpriors.project.code import Code

# What a room may import beside itself.
DIRECTLY = {
    "training": set(), "store": set(), "runs": set(), "processes": set(), "data": set(),
    "yaml_files": set(), "choices": set(), "program": {"choices"},
    "networks": {"training"},
    "metrics": set(),
    "priors": {"networks", "training", "registry", "store"},
    "targets": set(),
    "autoencoders": {"networks", "training", "priors", "metrics", "targets"},
    "registry": {"networks", "choices"},
    "over_seeds": {"store", "processes"},
    "evaluation": {"metrics", "networks", "priors", "autoencoders", "training", "store"},
    "fits": {"autoencoders", "priors", "evaluation", "registry", "store", "training"},
    "likelihood": {"autoencoders", "priors", "metrics", "registry", "training"},
    "project": {
        "autoencoders", "data", "networks", "registry", "training", "yaml_files", "choices", "over_seeds", "targets",
    },
    "studies": {
        "likelihood", "evaluation", "fits", "autoencoders", "priors", "metrics", "networks", "registry", "store",
        "training", "project", "over_seeds", "choices", "targets",
    },
    "own": {
        "data", "evaluation", "fits", "metrics", "priors", "processes", "project", "registry", "runs", "store",
        "training", "yaml_files", "program",
    },
    "report": {"metrics", "store", "evaluation", "studies", "yaml_files", "choices"},
}  # fmt: skip
COMPUTING = {"autoencoders", "priors", "networks", "training", "fits", "likelihood", "registry"}


@pytest.fixture(scope="module")
def code() -> Code:
    return Code(Path(__file__).resolve().parent.parent)


def room(code: Code, path: Path) -> str:
    return path.relative_to(code.root / "src/latentpriors").parts[0].removesuffix(".py")


def files(code: Code, name: str) -> list[Path]:
    home = code.root / "src/latentpriors"
    return [path for path in home.rglob("*.py") if path.name != "__init__.py" and room(code, path) == name]


def test_every_room_has_its_place(code: Code) -> None:
    home = code.root / "src/latentpriors"
    found = {path.stem for path in home.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert found - {"__init__"} == set(DIRECTLY)


@pytest.mark.parametrize("name", DIRECTLY)
def test_a_room_imports_what_it_may(code: Code, name: str) -> None:
    for path in files(code, name):
        others = {room(code, other) for other in code.direct(path)} - {name}
        assert others <= DIRECTLY[name], f"{path.name} imports {others - DIRECTLY[name]}"


def test_no_two_rooms_import_each_other() -> None:
    above, left = {name: set(others) for name, others in DIRECTLY.items()}, set(DIRECTLY)
    while left:
        ground = {name for name in left if not above[name] & left}
        assert ground, f"{sorted(left)} import each other"
        left -= ground


def test_pages_rest_on_nothing_that_computes(code: Code) -> None:
    reached = {room(code, path) for path in code.rests_on(files(code, "report"))}
    assert reached.isdisjoint(COMPUTING)
