"""Stage `check`: stops everything where params.yaml, tables.yaml or a cells.yaml has a mistake, before any work."""

from pathlib import Path

import yaml

from context import ROOT, arguments, run
from latentpriors.check import check
from latentpriors.store import whole
from latentpriors.tables import read_tables


def main() -> None:
    options = arguments(__doc__, out="the file that says ok; its content is constant, so that it reruns nothing")
    check(yaml.safe_load((ROOT / "params.yaml").read_text()), read_tables(ROOT))
    with whole(Path(options.out)) as part:
        part.write_text("ok\n")


if __name__ == "__main__":
    run(main)
