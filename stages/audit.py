"""Stage `audit`: is the metric to be believed? The variance budget and the metric's own test, from metrics alone."""

from context import ROOT, run
from pathlib import Path

from latentpriors.report.audit import audit as audit_page
from latentpriors.store import whole
from latentpriors.yaml_files import read_yaml


def audit(params: dict, dataset: str, metrics: Path, out: Path) -> None:
    """Is the metric to be believed? The variance budget and the metric's own test, from metrics alone.

    Arguments:
        dataset: A key of datasets in params.yaml.
        metrics: The data set's metrics.
        out: The folder for the page.
    """
    listed = read_yaml(ROOT / "tables.yaml")["designs"].values()
    designs = [f"{i['autoencoder']}-{i['prior']}" for i in listed if i["dataset"] == dataset]
    with whole(out) as part:
        part.mkdir(parents=True)
        text = audit_page(designs, metrics, dataset, part)
    print(f"\n{text}\n\nThe page: {out}/report.html")


if __name__ == "__main__":
    run(audit)
