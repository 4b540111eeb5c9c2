"""Stage `replication`: published figures beside ours, with a verdict for each, from the metrics alone."""

from context import ROOT, run
from pathlib import Path

from latentpriors.project.tables import read_tables
from latentpriors.report.replication import judge, judge_claims, markdown, read_ledger
from latentpriors.store import whole


def replication(params: dict, ledger: Path, metrics: Path, out: Path) -> None:
    """Published figures beside ours, with a verdict for each, from the metrics alone.

    Arguments:
        ledger: The file of published figures.
        metrics: The folder of all metrics.
        out: The markdown file.
    """
    known, cells = read_ledger(ledger), read_tables(ROOT)
    text = markdown(known, judge(known, cells, metrics), judge_claims(known, cells, metrics))
    with whole(out) as part:
        part.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(replication)
