"""Stage `exact_report`: the page of the exact answers, from metrics alone."""

from context import run
from pathlib import Path

from latentpriors.report.exact import exact
from latentpriors.store import whole


def exact_report(params: dict, metrics: Path, out: Path) -> None:
    """The page of the exact answers, from metrics alone.

    Arguments:
        metrics: The folder of the exact answers.
        out: The folder for the page.
    """
    with whole(out) as part:
        part.mkdir(parents=True)
        text = exact(list(params["priors"]), metrics, part)
    print(f"\n{text}\n\nThe page: {out}/report.html")


if __name__ == "__main__":
    run(exact_report)
