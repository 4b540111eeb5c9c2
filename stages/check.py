"""Stage `check`: stops everything where params.yaml, tables.yaml or a cells.yaml has a mistake, before any work."""

from pathlib import Path

import yaml

from context import ROOT, arguments, run
from latentpriors.check import check
from latentpriors.store import whole
from latentpriors.tables import read_tables


def main() -> None:
    options = arguments(__doc__, out="the file that says ok; its content is constant, so that it reruns nothing")
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    check(params, read_tables(ROOT))
    methods = (f"{kind}/{name}" for kind in ("autoencoders", "priors") for name in params[kind])
    for path in (f"fingerprints/methods/{method}.json" for method in methods):
        if not (ROOT / path).is_file():
            raise ValueError(f"{path} is missing: `make fingerprints` writes down what the method is built from")
    with whole(Path(options.out)) as part:
        part.write_text("ok\n")


if __name__ == "__main__":
    run(main)
