"""The report of a table, redrawn from what is in git: metrics and previews, nothing else."""

__all__ = ["report"]

import base64
import html
import itertools
from importlib import resources
from pathlib import Path

import pandas as pd
from jinja2 import Template

from . import figures
from .metrics import difference_interval
from .previews import read_grid
from .store import load_json

# What the poster "AdvAE and FlowAE" calls these cells and prints for them: FCD on MNIST, one run each.
POSTER = {
    "ae-flow": ("FlowAE", 4.65),
    "ae-wgan": ("AdvAE", 6.03),
    "aae-native": ("AAE", 6.09),
    "vae-native": ("VAE", 8.12),
}

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
    answer = [*_answer(table, dataset), _method(table, accuracies, trained)]
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


def _answer(table: pd.DataFrame, dataset: str) -> list[str]:
    """Returns the answer in words: the best cell, what limits it, and how the poster's order comes out."""
    real, rows = table[table.cell == "real"].iloc[0], table[~table.yardstick.astype(bool)]
    best = rows.iloc[0]
    ceiling = table[table.cell == f"{best.autoencoder}-reconstruction"].iloc[0]
    lines = [
        f"**{best.cell}** makes the best images: FCD {_interval(best)}, against {ceiling.fcd:.2f} for its "
        f"autoencoder's reconstructions of held-out images, which is what a perfect prior would get, and "
        f"{real.fcd:.2f} for held-out real images (train against test: {real.fcd_train:.2f}). Of what is left to "
        f"gain over the floor, {_share(best, ceiling, real)}."
    ]
    if set(POSTER) <= set(rows.cell):
        lines.append(_order(rows.set_index("cell"), dataset))
    return lines


def _share(best: pd.Series, ceiling: pd.Series, real: pd.Series) -> str:
    decoder, prior = ceiling.fcd - real.fcd, best.fcd - ceiling.fcd
    return f"the autoencoder has {decoder:.2f} and the prior {prior:.2f}"


def _order(rows: pd.DataFrame, dataset: str) -> str:
    """Returns how each step of the poster's order comes out, with the interval of the difference."""
    steps, names = [], list(POSTER)
    for a, b in itertools.pairwise(names):
        paired = rows.autoencoder[a] == rows.autoencoder[b]
        mean, low, high = difference_interval(rows.fcd_by_seed[a], rows.fcd_by_seed[b], paired)
        pair = f"{POSTER[a][0]} < {POSTER[b][0]}"
        if low is None:
            verdict = "not decided by one seed"
        elif high < 0:
            verdict = "**holds**"
        else:
            verdict = "**is reversed**" if low > 0 else "cannot be told with these seeds"
        span = "" if low is None else f", 95% interval {low:.2f} to {high:.2f}"
        steps.append(f"{pair} {verdict} (difference {mean:+.2f}{span})")
    ours = " < ".join(f"{POSTER[c][0]} {rows.fcd[c]:.2f}" for c in sorted(names, key=lambda c: rows.fcd[c]))
    theirs = " < ".join(f"{name} {fcd}" for name, fcd in POSTER.values())
    note = "" if dataset == "mnist" else " The poster's figures are for MNIST: only the order can be compared."
    return f"The poster has, on MNIST, {theirs}. Here: {ours}. Step by step: {'; '.join(steps)}.{note}"


def _method(table: pd.DataFrame, accuracies: dict, trained: dict[str, dict]) -> str:
    """Returns what the figures are, and what they were bought with."""
    row = table[table.cell != "real"].iloc[0]
    budgets = ", ".join(f"{name} {facts['steps']:,} ({facts['seconds']:.0f} s)" for name, facts in trained.items())
    return (
        f"FCD is the Fréchet distance of the classifiers' 10 logits, {row.n_samples:,} samples against the test split, "
        f"the mean over {len(row.fcd_by_classifier)} frozen classifiers (accuracy "
        f"{100 * accuracies['validation']:.2f}% on validation, {100 * accuracies['test']:.2f}% on test) and "
        f"{row.seeds} seeds, each with its own autoencoder, prior and noise. The interval is Student's t over seeds. "
        "FCD validation is the figure that choices are made on. NLL is that of the test codes in raw code space: it "
        f"compares priors on one autoencoder only. Steps of each autoencoder, with the seconds of a seed: {budgets}; "
        f"of each prior: {table.steps.max():,.0f} steps at budget factor 1. All on {row.device}."
    )


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


def _interval(row: pd.Series) -> str:
    return f"{row.fcd:.2f}" + (
        "" if pd.isna(row.fcd_low) else f" (95% interval {row.fcd_low:.2f} to {row.fcd_high:.2f})"
    )


def _emphasized(text: str) -> str:
    """Turns the **bold** of a text into HTML."""
    parts = html.escape(text).split("**")
    return "".join(f"<b>{part}</b>" if index % 2 else part for index, part in enumerate(parts))


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
