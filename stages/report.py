"""Stage `report`: a table, its answer in words and its pictures, from metrics and previews alone."""

from pathlib import Path

import yaml

from context import ROOT, arguments, run
from latentpriors.report import report
from latentpriors.store import whole


def main() -> None:
    options = arguments(
        __doc__, dataset="a key of datasets in params.yaml", table="the table's name",
        beside="the table whose rows are shown as well", metrics="the data set's metrics",
        out="the folder for the report",
    )  # fmt: skip
    read = yaml.safe_load((ROOT / "cells.yaml").read_text())

    def listed(group: str) -> dict:
        wanted = [(options.dataset, table) for table in (options.table, options.beside)]
        return {key: item for key, item in read[group].items() if (item["dataset"], item["table"]) in wanted}

    with whole(Path(options.out)) as part:
        part.mkdir(parents=True)
        text = report(listed("cells"), listed("real"), Path(options.metrics), options.dataset, part)
    print(f"\n{text}\n\nThe report: {options.out}/report.html")


if __name__ == "__main__":
    run(main)
