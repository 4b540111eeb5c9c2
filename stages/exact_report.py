"""Stage `exact_report`: the page of the exact answers, from metrics alone."""

from pathlib import Path

from context import arguments, params, run
from latentpriors.exact import exact
from latentpriors.store import whole


def main() -> None:
    options = arguments(__doc__, metrics="the folder of the exact answers", out="the folder for the page")
    with whole(Path(options.out)) as part:
        part.mkdir(parents=True)
        text = exact(list(params("priors")), Path(options.metrics), part)
    print(f"\n{text}\n\nThe page: {options.out}/report.html")


if __name__ == "__main__":
    run(main)
