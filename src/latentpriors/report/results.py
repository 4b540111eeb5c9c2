"""What the stages wrote of a table, read once: its figures, its ranks, and where its pictures are."""

__all__ = ["Results", "load_results", "log_figures"]

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from ..metrics import compare, ranked, student_interval
from ..store import StoreError, load_json
from .columns import COLUMNS, COPYIST, POSTER
from .memorization import flags
from .words import interval

RANKS = ("rank", "rank_familywise", "letters", "spread", "p_best", "note")  # what comparisons leave to each cell
TEXT = ("cell", "interval", "memorized", "device", "classifier_hash")


@dataclass(frozen=True)
class Results:
    """A table's figures.

    Arguments:
        dataset: Its name.
        table: A row for each cell, yardsticks first, each part with the lowest FCD first; NaN where there is no figure.
        pairs: All pairs of competing cells, compared by log FCD, as `compare` returns them; what it leaves to each cell
            is in the table: rank, rank_familywise, letters, spread, p_best, note.
        files: For each cell the path of its figures without .json, which is the folder of its previews.
        homes: The folders of the tables that it shows, each with autoencoders/ and codes/, and some with likelihood/,
            conditional.json and completion.json.
        trained: For each autoencoder what is known of its training.
        codes: For each autoencoder the class structure of its codes; empty where nobody has measured it.
        accuracies: Of the "classifier" and, where there is one, the "judge", on "validation" and "test".
        likelihood: For each autoencoder what it says of test images in nats; empty where nobody has measured it.
        bounds: The same for the cells whose fitted prior takes the place of the autoencoder's own.
    """

    dataset: str
    table: pd.DataFrame
    pairs: pd.DataFrame
    files: dict[str, Path]
    homes: list[Path]
    trained: dict[str, dict]
    codes: dict[str, dict]
    accuracies: dict[str, dict]
    likelihood: dict[str, dict]
    bounds: dict[str, dict] = field(default_factory=dict)

    @property
    def competing(self) -> pd.DataFrame:
        """The cells that are ranked, the lowest FCD first."""
        return self.table[~self.table.yardstick].reset_index(drop=True)

    @property
    def names(self) -> dict[str, str]:
        """For each cell its name with the poster's in brackets, or that it copies."""
        rows = self.table.itertuples()
        return {row.cell: f"{row.cell} ({row.alias})" if pd.notna(row.alias) else row.cell for row in rows}

    @property
    def shown(self) -> pd.DataFrame:
        """The table with these names for its cells."""
        return self.table.assign(cell=self.table.cell.map(self.names))

    @property
    def charted(self) -> pd.DataFrame:
        """The table with what charts ask for: shown, the name of each cell, and interval in words; "" without."""
        spans = [interval(low, high) for low, high in zip(self.table.fcd_low, self.table.fcd_high, strict=True)]
        named = self.table.assign(shown=self.table.cell.map(self.names), interval=spans)
        return named.assign(autoencoder=named.autoencoder.fillna(""))

    def pairs_of(self, cell: str) -> pd.DataFrame:
        """Returns the pairs of a competing cell, by the other's name."""
        mine = self.pairs[(self.pairs.a == cell) | (self.pairs.b == cell)]
        return mine.set_index(mine.a.where(mine.a != cell, mine.b))

    def pair(self, one: str, other: str) -> pd.Series:
        """Returns the pair of two competing cells, whichever of them is its a."""
        return self.pairs_of(one).loc[other]

    def ratio(self, one: str, other: str) -> tuple[float, float, float]:
        """Returns the FCD of a competing cell over that of another, geometric means over seeds, and its interval."""
        pair = self.pair(one, other)
        logs = [pair.difference, pair.low, pair.high]
        return tuple(np.exp(logs if pair.a == one else [-pair.difference, -pair.high, -pair.low]))

    def ceiling(self, autoencoder: str) -> pd.Series | None:
        """Returns the row of an autoencoder's reconstructions, what a perfect prior would get."""
        found = self.table[self.table.cell == f"{autoencoder}-reconstruction"]
        return found.iloc[0] if len(found) else None

    def preview(self, cell: str, name: str) -> Path | None:
        """Returns the path of a cell's picture or curves; None where there are none."""
        path = self.files[cell] / name
        return path if path.is_file() else None

    def preview_of(self, autoencoder: str, name: str) -> Path | None:
        """Returns the path of an autoencoder's picture or curves; None where there are none."""
        return self.in_homes(f"autoencoders/{autoencoder}/{name}")

    def in_homes(self, name: str) -> Path | None:
        """Returns the path of a file in the folders of the tables; None where there is none."""
        return _first(self.homes, name)

    def facts(self, name: str) -> dict:
        """Returns the figures of a JSON file in the folders of the tables; empty where there is none."""
        return _optional(self.in_homes(name))


def load_results(cells: dict[str, dict], real: dict[str, dict], shared: Path, dataset: str) -> Results:
    """Reads the figures of a table.

    Arguments:
        cells: The cells of the table as in cells.yaml.
        real: The floor's row as in cells.yaml.
        shared: Of the data set: classifier.json, judge.json and of each table TABLE/CELL.json, TABLE/CELL/,
            TABLE/autoencoders/ and TABLE/codes/; where they are, TABLE/likelihood/, TABLE/bounds/, conditional,
            completion and sweep.
        dataset: Its name.

    Raises:
        StoreError: the file of a listed cell is missing or damaged, or has no FCD.
        ValueError: no cell competes.
    """
    files, rows = {}, []
    for key, item in (cells | real).items():
        autoencoder, prior = item.get("autoencoder"), item.get("prior", "real")
        name = f"{autoencoder}-{prior}" if autoencoder else prior
        files[name] = shared / item["table"] / key
        figures = load_json(files[name].with_name(f"{key}.json"))
        if missing := {"fcd", "fcd_by_seed", "yardstick"} - figures.keys():
            raise StoreError(f"{files[name]}.json has no {', '.join(sorted(missing))}; run `dvc repro` again")
        rows.append({"cell": name, "autoencoder": autoencoder, "prior": prior} | figures)
    table = _complete(pd.DataFrame(rows))
    if table.yardstick.all():
        raise ValueError(f"the table of {dataset} has yardsticks only; list a cell that competes in cells.yaml")
    pairs, told = compare(log_figures(table[~table.yardstick]), dict(zip(table.cell, table.autoencoder, strict=True)))
    told["rank"] = [ranked((row.best, row.worst)) for row in told.itertuples()]
    told["rank_familywise"] = [ranked((row.best_familywise, row.worst_familywise)) for row in told.itertuples()]
    table = table.join(told[[*RANKS]], on="cell")
    table["memorized"] = flags(table)
    names = list(dict.fromkeys(cell["autoencoder"] for cell in cells.values()))
    homes = [shared / home for home in dict.fromkeys(item["table"] for item in cells.values())]
    trained = {name: _first(homes, f"autoencoders/{name}.json") for name in names}
    if missing := [name for name, path in trained.items() if path is None]:
        raise StoreError(f"{', '.join(missing)}: no autoencoders/NAME.json in {shared}; run `dvc repro` again")
    return Results(
        dataset, table, pairs, files, homes,
        {name: load_json(path) for name, path in trained.items()},
        {name: _optional(_first(homes, f"codes/{name}.json")) for name in names},
        {"classifier": load_json(shared / "classifier.json"), "judge": _optional(shared / "judge.json")},
        {name: _optional(_first(homes, f"likelihood/{name}.json")) for name in names},
        {f"{item['autoencoder']}-{item['prior']}": _optional(_first(homes, f"bounds/{key}.json"))
         for key, item in cells.items()},
    )  # fmt: skip


def log_figures(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Returns log FCD by seed of each cell: FCD's spread grows with its size, and a difference is then a ratio."""
    return {row.cell: np.log(row.fcd_by_seed) for row in table.itertuples()}


def _complete(table: pd.DataFrame) -> pd.DataFrame:
    """Returns the rows in order, with every column that a report knows, numbers as numbers."""
    known = [column.key for column in COLUMNS if column.key not in RANKS]
    extra = ["fcd_low", "fcd_high", "fcd_by_count", "fcd_by_classifier", "sample_seconds"]
    table = table.reindex(columns=[*table.columns, *(key for key in (*known, *extra) if key not in table.columns)])
    numbers = [key for key in (*known, "fcd_low", "fcd_high", "sample_seconds") if key not in TEXT]
    table[numbers] = table[numbers].apply(pd.to_numeric)
    table["yardstick"] = table.yardstick.astype(bool)
    table["evaluations"] = table.evaluations.fillna(1)  # a fit that says nothing maps noise in one pass
    table["samples_per_second"] = table.n_samples / table.pop("sample_seconds").clip(lower=1e-4)
    table["share_autoencoder"], table["share_prior"] = _shares(table)
    table["fit_seconds"] = table.cpu_seconds.where(table.device == "cpu", table.seconds).fillna(table.seconds)
    # A yardstick has learned nothing: what its files say was spent is the autoencoder's.
    cost = ["parameters", "steps", "factor", "evaluations", "samples_per_second"]
    table.loc[table.yardstick, [*cost, "fit_seconds", "seconds", "cpu_seconds"]] = np.nan
    aliases = {cell: name for cell, (name, _) in POSTER.items()}
    aliases |= {row.cell: COPYIST[1] for row in table.itertuples() if row.prior == COPYIST[0]}
    table["alias"] = [aliases.get(name) for name in table.cell]
    table = table.join(_intervals(table))
    return table.sort_values(["yardstick", "fcd"], ascending=[False, True], ignore_index=True)


def _intervals(table: pd.DataFrame) -> pd.DataFrame:
    """Returns FIGURE_low and FIGURE_high, Student's interval, of every figure that rows list by seed.

    Where every seed has the same, as of steps, there is none; FCD's is in the files.
    """
    names = [key.removesuffix("_by_seed") for key in table if key.endswith("_by_seed")]
    found = {}
    for name in (name for name in names if f"{name}_low" not in table and name in table):
        ends = [_ends(values) for values in table[f"{name}_by_seed"]]
        if any(low is not None for low, _ in ends):
            found[f"{name}_low"], found[f"{name}_high"] = zip(*ends, strict=True)
    return pd.DataFrame(found, index=table.index, dtype=float)


def _ends(values: object) -> tuple[float | None, float | None]:
    values = [value for value in values if value is not None] if isinstance(values, list) else []
    return student_interval(values)[1:] if len(set(values)) > 1 else (None, None)


def _shares(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Returns what of each FCD, past the floor, is the autoencoder's and what is the prior's."""
    ceilings = table[table.prior == "reconstruction"].set_index("autoencoder").fcd
    ceiling, floor = table.autoencoder.map(ceilings), table.fcd[table.prior == "real"].mean()
    return ceiling - floor, table.fcd - ceiling


def _first(homes: list[Path], name: str) -> Path | None:
    """Returns the first of the files of a name in some folders, None where there is none."""
    return next((home / name for home in homes if (home / name).is_file()), None)


def _optional(path: Path | None) -> dict:
    return load_json(path) if path and path.is_file() else {}
