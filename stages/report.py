"""Stage `report`: a table, its answer in words and its pictures, from metrics and previews alone."""

from pathlib import Path

from context import ROOT, arguments, run
from latentpriors.report import report
from latentpriors.store import whole
from latentpriors.tables import read_yaml


def main() -> None:
    options = arguments(
        __doc__, dataset="a key of datasets in params.yaml", table="the table's name",
        beside="the table whose rows are shown as well", metrics="the data set's metrics",
        out="the folder for the report",
    )  # fmt: skip
    names = dict.fromkeys(f"{options.dataset}-{table}" for table in (options.table, options.beside))
    files = [read_yaml(ROOT / f"tables/{name}/cells.yaml") for name in names]

    def listed(group: str) -> dict:
        return {key: item for file in files for key, item in (file.get(group) or {}).items()}

    with whole(Path(options.out)) as part:
        part.mkdir(parents=True)
        text = report(listed("cells"), listed("real"), Path(options.metrics), options.dataset, part)
    print(f"\n{text}\n\nThe report: {options.out}/report.html")


if __name__ == "__main__":
    run(main)
