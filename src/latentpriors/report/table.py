"""The report of a table, redrawn from what is in git: the order of its sections."""

__all__ = ["report", "sections"]

from pathlib import Path

import pandas as pd

from .charts import forest_chart
from .columns import COLUMNS, MAIN, cells_sheet, column_of
from .memorization import flagged, limits, limits_in_words, memorization
from .page import Picture, Section, Text, write_page, written
from .plots.table import forest
from .results import Results, load_results
from .rows import known_rows
from .sections.adversarial import adversarial
from .sections.agreement import agreement
from .sections.answer import conclusions, headline, method, order
from .sections.clusters import clusters
from .sections.codes import classes, planes
from .sections.completion import completed
from .sections.conditional import conditional
from .sections.convergence import convergence, training_curves
from .sections.cost import cost
from .sections.few_labels import few_labels
from .sections.galleries import galleries
from .sections.likelihood import likelihood
from .sections.mismatch import mismatch
from .sections.reduction import reduction
from .sections.significance import significance
from .sections.styles import styles
from .sections.sweep import swept
from .sections.targets import targets
from .sections.two_stage import two_stage
from .sheets import Sheet, plain

LONG = ("_by_seed", "_by_classifier", "_by_count")  # ends of the names of lists, which table.csv is without

WORDS, LINK = "The answer at length", "the-answer-at-length"
INTERVALS = (
    "After ± stands half the 95% interval over seeds (Student's t), where a figure is stored for each seed; table.csv "
    "has its ends as FIGURE_low and FIGURE_high."
)
CAPTION = (
    "FCD of every cell with its 95% interval over seeds, on a logarithmic axis. Dark blue: the best cell and those "
    "that the seeds do not tell from it, at a false discovery rate of 5%; pale blue: told apart; grey diamonds are "
    "yardsticks, not competitors. Cells that share a letter are not told apart."
)


def report(cells: dict[str, dict], real: dict[str, dict], shared: Path, dataset: str, out: Path) -> str:
    """Writes report.md, report.html, table.csv, table.tex and the pictures; returns the table as text.

    Arguments:
        cells: The cells of the table as in cells.yaml.
        real: The floor's row as in cells.yaml.
        shared: Of the data set: classifier.json, judge.json and a folder for each table, see `load_results`.
        dataset: Its name, for the titles.
        out: An empty folder.

    Raises:
        StoreError: the file of a listed cell is missing or damaged; a figure or picture that it lacks is left out.
    """
    results = load_results(cells, real, shared, dataset)
    title = f"{dataset}: which prior over the codes makes the best images?"
    _write_table(results, out)
    write_page(title, sections(results, out), out, known_rows(results, _every(results), training_curves(results)))
    return plain(_main(results))


def sections(results: Results, out: Path) -> list[Section]:
    """Returns a report's sections, the answer first; their pictures are written into a folder.

    A picture or figure that the table does not have is left out, and a section without any is too.
    """
    shown = galleries(results, out)
    parts = [
        Section("", _answer(results, out)),
        Section(WORDS, [Text(text) for text in _at_length(results)]),
        Section("How sure this is", significance(results, out)),
        Section("Samples", shown["samples"]),
        Section("Nearest neighbours", shown["nearest"]),
        Section("How few copies would be seen", limits(results.facts("detection.json"))),
        Section("Codes and classes", classes(results, out)),
        Section("Targets of the codes", targets(results, out)),
        Section("Trained with critics of images", adversarial(results, out)),
        Section("Styles of the classes", styles(results, out)),
        Section("Classes from few labels", few_labels(results, out)),
        Section("Clusters without labels", clusters(results, out)),
        Section("Images in the plane", reduction(results, out)),
        Section("Codes and prior samples", planes(results, out)),
        Section("Between two images", shown["walks"]),
        Section("Noise that skipped the prior", shown["skipped"]),
        Section("Samples over training", [*shown["training"], *convergence(results, out)]),
        Section("Likelihood", likelihood(results)),
        Section("Codes against their prior", mismatch(results)),
        Section("Joint or two-stage", two_stage(results)),
        Section("Over the weight of the reconstruction", swept(results, out)),
        Section("Class-conditional images", conditional(results, out)),
        Section("Completed images", completed(results, out)),
        Section("Cost against quality", cost(results, out)),
        Section("Agreement of metrics", agreement(results, out)),
        Section(
            "All figures",
            [
                Text(INTERVALS),
                cells_sheet(results.shown, _every(results), grouped=True, explained=True, intervals=True),
            ],
        ),
        Section("How it was measured", [Text(method(results))]),
    ]
    return [part for part in parts if part.blocks]


def _at_length(results: Results) -> list[str]:
    copies = (memorization(results.table), limits_in_words(results.facts("detection.json")))
    return [*conclusions(results), " ".join(filter(None, copies))]


def _answer(results: Results, out: Path) -> list[Text | Picture | Sheet]:
    """Returns the answer in words, FCD of all cells as a picture, and the first table."""
    best = results.competing.cell[0]
    mine = results.pairs_of(best)
    tied = {best, *mine.index[~mine.differ]}
    shown = results.charted.assign(tied=results.table.cell.isin(tied))
    drawn, spec = forest(shown.assign(cell=shown.shown)), forest_chart(shown)
    short = " ".join(filter(None, [order(results), flagged(results.table), f"More: [{WORDS.lower()}](#{LINK})."]))
    return [Text(headline(results)), *written("forest", drawn, CAPTION, out, spec), _main(results), Text(short)]


def _main(results: Results) -> Sheet:
    return cells_sheet(results.shown, MAIN)


def _every(results: Results) -> tuple[str, ...]:
    """Returns the keys of all figures that a row of the table has, those that no column is made for last."""
    table = results.table
    known = [column.key for column in COLUMNS if column.key == "interval" or table[column.key].notna().any()]
    numbers = table.select_dtypes("number").columns
    return (*known, *(key for key in numbers if key not in known and not key.endswith(("_low", "_high"))))


def _write_table(results: Results, out: Path) -> None:
    """Writes the figures to table.csv, and to table.tex those of the first table."""
    table = results.table
    table.drop(columns=[key for key in table if key.endswith(LONG)]).to_csv(out / "table.csv", index=False)
    shown = [[text for text, _ in cells] for _, cells in _main(results).rows]
    titles = [column_of(key).title for key in MAIN]
    (out / "table.tex").write_text(
        pd.DataFrame(shown, columns=titles).to_latex(index=False, na_rep="--", escape=True), encoding="utf-8"
    )
