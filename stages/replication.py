"""Stage `replication`: published figures beside ours, with a verdict for each, from the metrics alone."""

from pathlib import Path

from context import ROOT, arguments, run
from latentpriors.replication import judge, markdown, read_ledger
from latentpriors.store import whole
from latentpriors.tables import read_tables


def main() -> None:
    options = arguments(
        __doc__, ledger="the file of published figures", metrics="the folder of all metrics", out="the markdown file"
    )
    ledger, cells = read_ledger(Path(options.ledger)), read_tables(ROOT)
    text = markdown(ledger, judge(ledger, cells, Path(options.metrics)))
    with whole(Path(options.out)) as part:
        part.write_text(text)


if __name__ == "__main__":
    run(main)
