"""Stage `tuning_report`: the page of the equal tuning, from the logs of its trials alone."""

from context import run
from pathlib import Path

from latentpriors.report.tuning import tuning_report as tuning_page
from latentpriors.store import whole
from latentpriors.studies.trials import load_log


def tuning_report(params: dict, logs: Path, choices: Path, out: Path) -> None:
    """The page of the equal tuning, from the logs of its trials alone.

    Arguments:
        logs: The folder of the logs, KIND/DATASET.csv.
        choices: The folder of the logs of what a paper leaves open, DATASET.csv; of the best, best/DATASET-LABELS.csv.
        out: The folder for the page.
    """
    folders = sorted(path for path in logs.iterdir() if path.is_dir())
    found = {kind.name: {path.stem: load_log(path) for path in sorted(kind.glob("*.csv"))} for kind in folders}
    tried = {path.stem: load_log(path) for path in sorted(choices.glob("*.csv"))}
    best: dict[str, dict] = {}
    for path in sorted(choices.glob("best/*.csv")):
        dataset, count = path.stem.rsplit("-", 1)
        best.setdefault(dataset, {})[int(count)] = load_log(path)
    with whole(out) as part:
        part.mkdir(parents=True)
        text = tuning_page(found, part, tried, best)
    print(f"\n{text}\n\nThe page: {out}/report.html")


if __name__ == "__main__":
    run(tuning_report)
