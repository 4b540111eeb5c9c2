"""Stage `report`: a table, its answer in words and its pictures, from metrics and previews alone."""

from context import ROOT, run
from pathlib import Path

from latentpriors.project.tables import read_cells
from latentpriors.report.table import report as table_page
from latentpriors.store import whole


def report(params: dict, dataset: str, table: str, beside: str, metrics: Path, out: Path) -> None:
    """A table, its answer in words and its pictures, from metrics and previews alone.

    Arguments:
        dataset: A key of datasets in params.yaml.
        table: The table's name.
        beside: The table whose rows are shown as well.
        metrics: The data set's metrics.
        out: The folder for the report.
    """
    names = dict.fromkeys(f"{dataset}-{name}" for name in (table, beside))
    files = [read_cells(ROOT, name) for name in names]

    def listed(group: str) -> dict:
        return {key: item for file in files for key, item in file[group].items()}

    with whole(out) as part:
        part.mkdir(parents=True)
        text = table_page(listed("cells"), listed("real"), metrics, dataset, part)
    print(f"\n{text}\n\nThe report: {out}/report.html")


if __name__ == "__main__":
    run(report)
