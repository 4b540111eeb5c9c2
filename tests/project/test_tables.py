"""The tables' files are read together, and a folder or a line in the wrong place is named."""

from pathlib import Path

import pytest

from latentpriors.project.tables import read_tables

CELLS = """\
dataset: toy
table: poster
models: {toy-ae: {autoencoder: ae}}
real: {}
cells: {toy-ae-gmm: {autoencoder: ae, prior: gmm}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "tables.yaml").write_text("tables: {toy-poster: {}, toy-priors: {}}\ndesigns: {}\n")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/stages.yaml").write_text("stages: {}\n")
    for name in ("poster", "priors"):
        home = tmp_path / f"tables/toy-{name}"
        home.mkdir()
        (home / "dvc.yaml").symlink_to("../stages.yaml")
        text = CELLS.replace("poster", name)
        (home / "cells.yaml").write_text(
            text if name == "poster" else text.replace("gmm", "kde").replace("toy-ae:", "toy-vae:")
        )
    return tmp_path


def test_lines_of_all_tables_are_read(project: Path) -> None:
    found = read_tables(project)
    assert list(found["cells"]) == ["toy-ae-gmm", "toy-ae-kde"]
    assert list(found["models"]) == ["toy-ae", "toy-vae"]
    assert found["real"] == {}
    assert found["cells"]["toy-ae-kde"] == {"autoencoder": "ae", "prior": "kde", "dataset": "toy", "table": "priors"}


@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        ("tables.yaml", "toy-priors", "toy-prior", "the table toy-prior has no tables/toy-prior/cells.yaml"),
        ("tables.yaml", ", toy-priors: {}", "", "the table toy-priors has no line in tables.yaml"),
        ("tables/toy-priors/cells.yaml", "toy-ae-kde", "toy-ae-gmm", "cells.toy-ae-gmm: another table has it already"),
        ("tables/toy-priors/cells.yaml", "table: priors", "table: poster", "are not those of toy-priors"),
        ("tables.yaml", "tables: {", "tables: 3 #{", "tables.yaml tables: a block of keys is needed, not 3"),
        ("tables/toy-priors/cells.yaml", "real: {}", "real: x", "cells.yaml real: a block of keys is needed, not 'x'"),
        ("tables/toy-priors/cells.yaml", "{autoencoder: ae}", "{dataset: toy}", "a block without dataset and table"),
        (
            "tables/toy-priors/cells.yaml",
            "cells:",
            "cell:",
            "'cell' is unknown; choose from cells, dataset, table, models, targets, real, ",
        ),
    ],
)
def test_what_is_in_the_wrong_place_is_named(project: Path, file: str, before: str, after: str, message: str) -> None:
    path = project / file
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))
    with pytest.raises(ValueError, match=message):
        read_tables(project)


def test_a_table_runs_the_stages_of_all_tables(project: Path) -> None:
    link = project / "tables/toy-priors/dvc.yaml"
    link.unlink()
    link.write_text("stages: {mine: {}}\n")
    with pytest.raises(ValueError, match=r"tables/toy-priors/dvc.yaml is not tables/stages.yaml: ln -s"):
        read_tables(project)
