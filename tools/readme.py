"""Copies the headline of the MNIST report into README.md, between its markers: `make readme`."""

__all__ = ["headline", "updated"]

import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from latentpriors.program import Parser  # noqa: E402

BEGIN, END = "<!-- headline: make readme -->", "<!-- end of headline -->"


def headline(table: Path) -> str:
    """Returns the cells of a report's table.csv, best first, with what a reader asks for first."""
    rows = pd.read_csv(table, dtype={"rank": str, "rank_familywise": str})
    names = [f"{r.cell} ({r.alias})" if isinstance(r.alias, str) else r.cell for r in rows.itertuples()]
    intervals = [
        f"{low:.2f} to {high:.2f}" if pd.notna(low) else ""
        for low, high in zip(rows.fcd_low, rows.fcd_high, strict=True)
    ]
    titles = {"rank": "rank", "rank_familywise": "rank, familywise"}
    ranks = {title: rows[key].fillna("") for key, title in titles.items() if key in rows}
    shown = pd.DataFrame({"cell": names, **ranks, "FCD": rows.fcd.map("{:.2f}".format), "95% interval": intervals})
    return shown.to_markdown(index=False, disable_numparse=True)


def updated(readme: str, table: Path) -> str:
    """Returns the README's text with the headline of a table between its markers."""
    before, rest = readme.split(BEGIN)
    return f"{before}{BEGIN}\n\n{headline(table)}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    Parser(description=__doc__).parse_args()
    path = ROOT / "README.md"
    text = updated(path.read_text(encoding="utf-8"), ROOT / "reports/mnist-poster/table.csv")
    path.write_text(text, encoding="utf-8")
