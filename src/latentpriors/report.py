"""The report of a table, redrawn from what is in git: metrics and previews, nothing else."""

__all__ = ["report"]

import base64
import html
from importlib import resources
from pathlib import Path

import pandas as pd
from jinja2 import Template

from . import figures
from .answer import POSTER, conclusions, method
from .previews import read_grid
from .store import load_json

COLUMNS = {
    "cell": "cell",
    "fcd": "FCD",
    "interval": "95% interval",
    "fcd_classifier_std": "sd over classifiers",
    "fcd_penultimate": "FCD penultimate",
    "fcd_relative": "FCD / tr(S)",
    "fcd_validation": "FCD validation",
    "nll": "NLL (nats)",
    "parameters": "parameters",
    "factor": "budget factor",
    "seconds": "fit seconds",
}

CAPTIONS = {
    "forest": "FCD of every cell with its 95% interval over seeds; grey diamonds are yardsticks, not competitors.",
    "samples": "Real images, reconstructions and samples of each cell (seed 0, not picked). Look for strokes that "
    "no digit has and for classes that are missing.",
    "codes": "Held-out codes (grey) and prior samples (orange) in the plane of the codes' first principal axes, "
    "seed 0. Orange outside grey becomes broken images; grey without orange is never drawn.",
    "densities": "Density of the codes along their first principal axis: held-out codes (grey) and prior samples "
    "(orange line).",
    "maps": "t-SNE (perplexity 70) of test codes, colored by class: how far each autoencoder separates the classes "
    "without having seen a label.",
    "curves": "Training curves, one line for each seed; the validation figure is the one on which weights are kept. "
    "For gmm the axis is the number of components.",
}


def report(cells: dict[str, dict], real: str, folder: Path, shared: Path, dataset: str, out: Path) -> str:
    """Writes report.md, report.html, table.csv, table.tex and the pictures; returns the table as text.

    Arguments:
        cells: The cells of the table as in cells.yaml.
        real: The name of the floor's row.
        folder: CELL.json and CELL/ of each cell.
        shared: Of the data set: autoencoders/ and classifier.json.
        dataset: Its name, for the titles.
        out: An empty folder.
    """
    table = _table(cells, real, folder)
    accuracies = load_json(shared / "classifier.json")
    names = dict.fromkeys(cell["autoencoder"] for cell in cells.values())
    trained = {name: load_json(shared / f"autoencoders/{name}.json") for name in names}
    for name, picture in _pictures(cells, real, folder, shared, table).items():
        picture.savefig(out / f"{name}.png", dpi=120)
    shown = _shown(table)
    table.drop(columns=["fcd_by_seed", "fcd_by_classifier"]).to_csv(out / "table.csv", index=False)
    (out / "table.tex").write_text(shown.to_latex(index=False, na_rep="--", escape=True))
    title = f"{dataset}: which prior over the codes makes the best images?"
    answer = [*conclusions(table, dataset), method(table, accuracies, trained)]
    pictures = [name for name in CAPTIONS if (out / f"{name}.png").exists()]
    markdown = shown.to_markdown(index=False, disable_numparse=True)
    body = "\n\n".join(f"![{name}]({name}.png)\n\n*{CAPTIONS[name]}*" for name in pictures)
    (out / "report.md").write_text(f"# {title}\n\n" + "\n\n".join(answer) + f"\n\n{markdown}\n\n{body}\n")
    template = Template(resources.files("latentpriors").joinpath("report.html").read_text())
    (out / "report.html").write_text(
        template.render(
            title=title,
            answer=[_emphasized(text) for text in answer],
            table=shown.to_html(index=False, border=0, na_rep=""),
            pictures=[(name, _encoded(out / f"{name}.png"), CAPTIONS[name]) for name in pictures],
        )
    )
    return markdown


def _table(cells: dict[str, dict], real: str, folder: Path) -> pd.DataFrame:
    """Returns a row for each cell, the best one first, after the yardsticks."""
    rows = []
    for key in [real, *cells]:
        cell = cells.get(key)
        name = f"{cell['autoencoder']}-{cell['prior']}" if cell else "real"
        rows.append(
            {"cell": name, "autoencoder": cell["autoencoder"] if cell else None} | load_json(folder / f"{key}.json")
        )
    table = pd.DataFrame(rows).sort_values(["yardstick", "fcd"], ascending=[False, True], ignore_index=True)
    return table.assign(alias=[POSTER[name][0] if name in POSTER else None for name in table.cell])


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Returns the table as text, with the columns that a reader wants first."""

    def text(value: float, pattern: str) -> str:
        return "" if pd.isna(value) else format(value, pattern)

    shown = pd.DataFrame({"cell": [_named(row) for row in table.itertuples()]})
    spent = ["parameters", "seconds"]
    table = table.assign(**table[spent].mask(table.yardstick.astype(bool)))  # a yardstick has learned nothing
    table = table.reindex(columns=[*table.columns, *(set(COLUMNS) - set(table.columns) - {"interval"})])
    for column in COLUMNS:
        if column == "interval":
            shown[column] = [
                "" if pd.isna(low) else f"{low:.2f} to {high:.2f}"
                for low, high in zip(table.fcd_low, table.fcd_high, strict=True)
            ]
        elif column != "cell":
            pattern = {"fcd_relative": ".4f", "parameters": ",.0f", "seconds": ".0f", "factor": "g"}.get(column, ".2f")
            shown[column] = [text(value, pattern) for value in table[column]]
    return shown.rename(columns=COLUMNS)


def _pictures(cells: dict, real: str, folder: Path, shared: Path, table: pd.DataFrame) -> dict:
    titles = {row.cell: _named(row) for row in table.itertuples()}
    grids = {"real": read_grid(folder / real / "samples.png")}
    planes, learned = {}, {}
    for key, cell in cells.items():
        name = f"{cell['autoencoder']}-{cell['prior']}"
        grids[name] = read_grid(folder / key / "samples.png")
        planes[cell["autoencoder"], cell["prior"]] = pd.read_csv(folder / key / "plane.csv")
        learned[name] = pd.read_csv(folder / key / "curves.csv")
    planes = {key: plane for key, plane in planes.items() if key[1] != "reconstruction"}
    autoencoders = list(dict.fromkeys(cell["autoencoder"] for cell in cells.values()))
    own = {name: pd.read_csv(shared / "autoencoders" / name / "curves.csv") for name in autoencoders}
    maps = {name: pd.read_csv(shared / "autoencoders" / name / "map.csv") for name in autoencoders}
    return {
        "forest": figures.forest(table.assign(cell=list(titles.values()))),
        "samples": figures.sample_grids({titles[name]: grid for name, grid in grids.items()}),
        "codes": figures.codes_and_samples(planes),
        "densities": figures.densities(planes),
        "maps": figures.latent_maps(maps),
        "curves": figures.curves(own | learned),
    }


def _named(row: tuple) -> str:
    return f"{row.cell} ({row.alias})" if isinstance(row.alias, str) else row.cell


def _emphasized(text: str) -> str:
    """Turns the **bold** of a text into HTML."""
    parts = html.escape(text).split("**")
    return "".join(f"<b>{part}</b>" if index % 2 else part for index, part in enumerate(parts))


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
