"""Stage `check`: stops everything where params.yaml, tables.yaml or a cells.yaml has a mistake, before any work."""

import itertools
from context import ROOT, run
from pathlib import Path

from latentpriors.project.check import check as check_all
from latentpriors.project.pipeline import resolve
from latentpriors.project.tables import read_tables
from latentpriors.registry import KINDS, modules
from latentpriors.store import save_json, whole
from latentpriors.yaml_files import read_yaml


def check(params: dict, out: Path, blocks: Path) -> None:
    """Stops everything where params.yaml, tables.yaml or a cells.yaml has a mistake, before any work.

    Arguments:
        out: The file that says ok; its content is constant, so that it reruns nothing.
        blocks: The JSON file of the modules that each block brings in, for the stage `fingerprint`: DVC cannot look up
            a block's method, and another number in a block changes none.
    """
    check_all(params, tables := read_tables(ROOT))
    stages = resolve(read_yaml(ROOT / "dvc.yaml"), params | tables)
    frozen = {name for name, stage in stages.items() if stage.frozen}
    for name, kind in itertools.product(params["datasets"], ("classifier", "judge")):
        if f"train_{kind}@{name}" in frozen and not (ROOT / f"data/{name}/{kind}").is_dir():
            raise ValueError(
                f"data/{name}/{kind} is missing, and dvc.yaml has train_{kind} frozen: take `frozen: true` away, run "
                f"`dvc repro train_{kind}@{name}`, and put it back"
            )
    save_json(
        blocks, {kind: {name: modules(kind, name, params[kind][name]) for name in params[kind]} for kind in KINDS}
    )
    with whole(out) as part:
        part.write_text("ok\n", encoding="utf-8")


if __name__ == "__main__":
    run(check, checked=False)
