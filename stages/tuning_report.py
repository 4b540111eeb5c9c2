"""Stage `tuning_report`: the page of the equal tuning, from the logs of its trials alone."""

from pathlib import Path

from context import arguments, run
from latentpriors.store import whole
from latentpriors.trials import load_log
from latentpriors.tuning_report import tuning_report


def main() -> None:
    options = arguments(__doc__, logs="the folder of the logs, DATASET.csv", out="the folder for the page")
    logs = {path.stem: load_log(path) for path in sorted(Path(options.logs).glob("*.csv"))}
    with whole(Path(options.out)) as part:
        part.mkdir(parents=True)
        text = tuning_report(logs, part)
    print(f"\n{text}\n\nThe page: {options.out}/report.html")


if __name__ == "__main__":
    run(main)
