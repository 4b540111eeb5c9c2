"""Stage `audit`: is the metric to be believed? The variance budget and the metric's own test, from metrics alone."""

from pathlib import Path

from context import ROOT, arguments, run
from latentpriors.audit import audit
from latentpriors.store import whole
from latentpriors.tables import read_yaml


def main() -> None:
    options = arguments(
        __doc__, dataset="a key of datasets in params.yaml", metrics="the data set's metrics", out="the page's folder"
    )
    listed = read_yaml(ROOT / "tables.yaml")["designs"].values()
    designs = [f"{i['autoencoder']}-{i['prior']}" for i in listed if i["dataset"] == options.dataset]
    with whole(Path(options.out)) as part:
        part.mkdir(parents=True)
        text = audit(designs, Path(options.metrics), options.dataset, part)
    print(f"\n{text}\n\nThe page: {options.out}/report.html")


if __name__ == "__main__":
    run(main)
