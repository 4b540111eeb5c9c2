"""Stage `check`: stops everything where params.yaml or cells.yaml has a mistake, before any work."""

from pathlib import Path

import yaml

from context import ROOT, arguments, run
from latentpriors.check import check
from latentpriors.store import whole


def main() -> None:
    options = arguments(__doc__, out="the file that says ok; its content is constant, so that it reruns nothing")
    read = {name: yaml.safe_load((ROOT / f"{name}.yaml").read_text()) for name in ("params", "cells")}
    check(read["params"], read["cells"])
    with whole(Path(options.out)) as part:
        part.write_text("ok\n")


if __name__ == "__main__":
    run(main)
