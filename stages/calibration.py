"""Stage `calibration`: how often the ranks of a table would claim what is not so, by simulation."""

from context import ROOT, run
from pathlib import Path

from latentpriors.project.tables import read_cells
from latentpriors.report.calibration import calibration_page
from latentpriors.report.results import load_results, log_figures
from latentpriors.store import whole
from latentpriors.studies.calibration import calibration as simulated
from latentpriors.studies.calibration import layout_of

RUNS = 400  # simulated tables of each kind


def calibration(params: dict, dataset: str, table: str, beside: str, metrics: Path, out: Path) -> None:
    """How often the ranks of a table would claim what is not so, by simulation.

    Arguments:
        dataset: A key of datasets in params.yaml.
        table: The table's name.
        beside: The table whose rows are ranked with it.
        metrics: The data set's metrics.
        out: The folder for the page.
    """
    files = [read_cells(ROOT, name) for name in dict.fromkeys(f"{dataset}-{name}" for name in (table, beside))]
    cells, real = ({k: v for file in files for k, v in file[group].items()} for group in ("cells", "real"))
    rows = load_results(cells, real, metrics, dataset).competing
    layout = layout_of(log_figures(rows), dict(zip(rows.cell, rows.autoencoder, strict=True)))
    with whole(out) as part:
        part.mkdir(parents=True)
        text = calibration_page(simulated(layout, RUNS), f"{dataset}-{table}", RUNS, layout.shared, part)
    print(f"\n{text}\n\nThe page: {out}/report.html")


if __name__ == "__main__":
    run(calibration)
