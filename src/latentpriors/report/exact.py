"""The report of the exact answers: priors and metrics on code distributions whose density is known."""

__all__ = ["exact"]

from pathlib import Path

import numpy as np
import pandas as pd

from ..store import load_json
from ..studies.densities import CONTAINS, DENSITIES, INTEGRAL, NATS, NEAR, PLAIN, WASSERSTEIN
from .page import Picture, Section, Text, write_page, written
from .plots.codes import targets_and_codes
from .plots.exact import distance_dots, grade_lines, samples_on
from .sheets import Column, Sheet, plain
from .words import by_seed, interval

TITLE = "Exact answers: priors and metrics on densities that are known"
PICTURED = ("rings", "mixture", "roll")  # of the roll the plane in which it is rolled up
CAPTIONS = {
    "distances": "Each dot is a prior on one density, mean over seeds, logarithmic; left of the dashed line is what is "
    "asked for (KL: only of the families that contain the density). A prior that learns any density has all its dots "
    "far left; priors without a density have none on the right.",
    "grades": "What each metric says of a sample and a shifted one, against what is right (dashed), for shifts of 0, "
    "0.1, 0.3 and 1 standard deviation. Dots on the line are exact; below it, as the two-sample test is for small "
    "shifts in 16 dimensions, a metric overlooks a difference.",
    "posteriors": "Codes of the four images, a color each, seed 0; grey: draws of N(0, I), which they should fill "
    "together without overlap. The VAE's posteriors are ellipses along the axes, which cannot share a disc without "
    "gaps or overlap.",
    "samples": "Samples of each prior, seed 0 (orange), on codes of the truth (grey). Orange beside grey is mass where "
    "there is none, grey without orange a part that is never drawn.",
}
POSTERIORS = (
    Column("name", "autoencoder", "s", ""),
    Column("negative_elbo", "−ELBO", ".3f", "Nats, mean over seeds, with the entropy of the codes by neighbours."),
    Column("span", "least to most", "s", "Of that, over seeds."),
    Column("nll", "−log p(x)", ".3f", "By quadrature over codes: what the decoder alone costs."),
    Column("gap", "posterior's share", ".3f", "The difference: how far q(z | x) is from the exact posterior."),
    Column("mismatch", "KL of q(z) to p(z)", ".3f", "How far the codes of all images are from N(0, I)."),
    Column("said", "−ELBO by the critic", ".3f", "What AVB takes for its −ELBO while it learns."),
)  # fmt: skip
SCALE = (
    "Distances to the held-out codes, of what needs no prior: other codes of the truth, which no prior can beat but by "
    "chance; a Gaussian with the training codes' moments, which knows nothing else of them; and N(0, I) in "
    "standardized units."
)

FIGURES = (
    Column("name", "prior and density", "s", "A prior and the density to whose codes it was fitted."),
    Column("sliced_wasserstein", "sliced Wasserstein", ".4f",
           "Of samples to as many held-out codes, in standard deviations of the codes, mean over seeds."),
    Column("sliced_wasserstein_floor", "its floor", ".4f", "The same of other codes of the truth."),
    Column("sliced_wasserstein_passes", f"at most {WASSERSTEIN}", "s", "Whether it is what is asked for."),
    Column("two_sample_accuracy", "two-sample accuracy", ".3f",
           "Of a vote of five neighbours that tells samples from held-out codes: 0.5 where it cannot."),
    Column("nll", "NLL", ".3f", "Negative log-likelihood of the held-out codes, nats."),
    Column("kl", "KL", ".3f", "NLL less the entropy, both of the same held-out codes, nats: 0 for the truth."),
    Column("kl_passes", f"at most {NATS}", "s", "Whether KL is what is asked for; empty where the family does not "
           "contain the density."),
    Column("integral", "integral", ".4f", "Of exp(log_prob) over a square of 12 standard deviations: 1 for a density."),
    Column("integral_passes", f"within {INTEGRAL} of 1", "s", "Whether it is what is asked for."),
    Column("parameters", "parameters", ",.0f", "How many numbers the fit found."),
    Column("steps", "steps", ",.0f", "Gradient steps; 0 for closed forms."),
)  # fmt: skip
GRADES = (
    Column("name", "density and shift", "s", "What both samples were drawn from; shift in standard deviations."),
    Column("sliced_wasserstein", "sliced Wasserstein", ".3f", "What it says, in standard deviations."),
    Column("sliced_wasserstein_expected", "right", ".3f", "√(shift² + floor²)."),
    Column("sliced_wasserstein_passes", "within the floor", "s", "Whether the two differ by no more than the floor."),
    Column("two_sample_accuracy", "two-sample accuracy", ".3f", "What it says."),
    Column("two_sample_best", "best possible", ".3f", "The accuracy of the likelihood ratio of the known densities."),
    Column("two_sample_passes", "as asked", "s", "Not above the best, and near it for a plain shift."),
)  # fmt: skip
REFERENCES = (
    Column("density", "density", "s", ""),
    Column("dim", "dimensions", "d", ""),
    Column("entropy", "entropy", ".3f", "Of the held-out codes, nats."),
    Column("sliced_wasserstein_floor", "the truth itself", ".4f", ""),
    Column("sliced_wasserstein_gaussian", "Gaussian of its moments", ".4f", ""),
    Column("sliced_wasserstein_normal", "N(0, I)", ".4f", ""),
)


def exact(priors: list[str], folder: Path, out: Path) -> str:
    """Writes report.md, report.html, table.csv and the pictures; returns the first table as text.

    Arguments:
        priors: Their names.
        folder: PRIOR.json and PRIOR.csv of each, grades.json, and four_points.json and .csv.
        out: An empty folder.

    Raises:
        StoreError: a file is missing or damaged.
    """
    table, grades = _table(priors, folder), pd.DataFrame(load_json(folder / "grades.json")["rows"])
    order = list(dict.fromkeys(table.prior))
    points = {name: pd.read_csv(folder / f"{name}.csv") for name in order}
    bounds = {"sliced_wasserstein": WASSERSTEIN, "kl": NATS}
    dots, lines = distance_dots(table, bounds), grade_lines(grades)
    drawn = {d: samples_on(DENSITIES[d], {name: z[z.density == d] for name, z in points.items()}) for d in PICTURED}
    sections = [
        Section("", [
            *map(Text, [_priors_in_words(table), _asked(), _metrics_in_words(grades)]),
            *written("distances", dots, CAPTIONS["distances"], out), _main_sheet(table),
        ]),
        Section("What the distances mean", [Text(SCALE), _reference_sheet(table)]),
        Section("What was drawn", [b for d in PICTURED for b in written(d, drawn[d], CAPTIONS["samples"], out)]),
        Section("Are the metrics right?", [
            Text(_grades_asked()), *written("grades", lines, CAPTIONS["grades"], out), _grades_sheet(grades),
        ]),
        Section("Posteriors of four images", _posteriors(folder, out)),
        Section("All figures", [_figures_sheet(table)]),
    ]  # fmt: skip
    table.to_csv(out / "table.csv", index=False)
    write_page(TITLE, sections, out)
    return plain(_main_sheet(table))


def _table(priors: list[str], folder: Path) -> pd.DataFrame:
    """Returns a row for each prior and density, yardsticks last, else the nearest priors first."""
    rows = []
    for name in priors:
        for density, figures in load_json(folder / f"{name}.json").items():
            rows.append({"prior": name, "density": density} | figures)
    optional = ["nll", "kl", "entropy", "integral", "kl_passes", "integral_passes"]
    table = pd.DataFrame(rows)
    table = table.reindex(columns=[*table.columns, *(key for key in optional if key not in table)])
    table = table.drop(columns=[key for key in table if key.endswith("_by_seed")])
    mean = table.groupby("prior").sliced_wasserstein.transform("mean")
    return table.assign(mean=mean).sort_values(["yardstick", "mean", "prior"], kind="stable").drop(columns="mean")


def _priors_in_words(table: pd.DataFrame) -> str:
    competing = table[~table.yardstick]
    passes = competing.groupby("prior", sort=False)[["sliced_wasserstein_passes", "kl_passes", "integral_passes"]]
    whole = [name for name, part in passes if not part.eq(False).any(axis=None)]  # a gap is no failure
    count = f"**{len(whole)} of {competing.prior.nunique()} priors**"
    text = f"{count} do all that is asked of them: {', '.join(whole) or 'none'}."
    failed = competing[competing.kl_passes.eq(False)]
    if len(failed):
        listed = [f"{row.prior} on the {row.density} ({row.kl:.2f})" for row in failed.itertuples()]
        text += f" More than {NATS} nats from a density that their family contains are {', '.join(listed)}."
    return text


def _asked() -> str:
    contained = [f"{density} by {', '.join(names)}" for density, names in CONTAINS.items() if names]
    return (
        f"Asked is a sliced Wasserstein distance to held-out codes of at most {WASSERSTEIN} standard deviations on "
        f"every density; where a prior has a density, an integral of exp(log_prob) over a square within {INTEGRAL} of "
        f"1 in two dimensions, and an NLL within {NATS} nats of the truth where its family contains the density "
        f"({'; '.join(contained)})."
    )


def _metrics_in_words(grades: pd.DataFrame) -> str:
    right = [int(grades[f"{key}_passes"].sum()) for key in ("sliced_wasserstein", "two_sample")]
    small = grades[grades["shift"] == 0]
    said = [interval(x.min(), x.max(), ".3f") for x in (small.sliced_wasserstein, small.two_sample_accuracy)]
    return (
        f"**The metrics**, on samples whose difference is known: sliced Wasserstein is right in {right[0]} of "
        f"{len(grades)} cases and the two-sample test in {right[1]}. Of two samples of one density they say "
        f"{said[0]} and {said[1]} (no difference: 0.5)."
    )


def _posteriors(folder: Path, out: Path) -> list[Text | Picture | Sheet]:
    """Returns what the autoencoders' posteriors on four images are like: in words, as a picture and as a table."""
    facts, points = load_json(folder / "four_points.json"), pd.read_csv(folder / "four_points.csv")
    rows, said = [], []
    for name, found in facts["autoencoders"].items():
        costs = by_seed(found, "negative_elbo")
        rows.append(
            {"name": name, "span": interval(min(costs), max(costs), ".3f"), **found}
            | {"gap": found["negative_elbo"] - found["nll"]}
        )
        said.append(f"{name} {found['negative_elbo']:.3f} (best seed {min(costs):.3f}, worst {max(costs):.3f})")
    draws = pd.DataFrame(np.random.default_rng(0).standard_normal((600, 2)), columns=["x", "y"]).assign(label=-1)
    planes = {name: pd.concat([draws, part]) for name, part in points.groupby("autoencoder", sort=False)}
    text = (
        f"Four images of one pixel each and codes of two dimensions: no −ELBO is below {facts['best']:.3f} nats, the "
        f"entropy of four equally likely images, and it is reached where the posteriors tile N(0, I). Found: "
        f"{'; '.join(said)}."
    )
    drawn = targets_and_codes(planes)
    return [Text(text), *written("posteriors", drawn, CAPTIONS["posteriors"], out), _posteriors_sheet(rows)]


def _posteriors_sheet(rows: list[dict]) -> Sheet:
    return Sheet(POSTERIORS, pd.DataFrame(rows), explained=True, missing="–")


def _grades_asked() -> str:
    return (
        "Two samples of each density, one shifted in every coordinate. Sliced Wasserstein should say √(shift² + "
        "floor²), and may be off by the floor, its figure for the unshifted codes dealt into two at random. The "
        "two-sample test's accuracy should not be above the best that any classifier could have, which the densities "
        f"tell, by more than three standard errors, and from a shift of {PLAIN} on not more than {NEAR} below it; "
        "without a shift it should be 0.5."
    )


def _main_sheet(table: pd.DataFrame) -> Sheet:
    """Returns a row for each prior: sliced Wasserstein and KL on every density, and how much of what is asked it does.

    Arguments:
        table: A row for each prior and density, as in all functions here but `_grades_sheet`.
    """
    columns = [Column("prior", "prior", "s", "")]
    columns.append(Column("done", "does", "s", "How many of the bounds that apply to it it keeps.", "What is asked"))
    kinds = {"sliced_wasserstein": ("Sliced Wasserstein", ".3f"), "kl": ("KL to the truth, nats", ".3f")}
    for key, (group, pattern) in kinds.items():
        meaning = next(column.meaning for column in FIGURES if column.key == key)
        columns += [Column(f"{key} {density}", density, pattern, meaning, group) for density in DENSITIES]
    rows, muted = [], []
    for name, part in table.groupby("prior", sort=False):
        verdicts = part[[key for key in part if key.endswith("_passes")]].stack().dropna()
        row = {"prior": name, "done": f"{int(verdicts.astype(bool).sum())} of {len(verdicts)}"}
        rows.append(row | {f"{key} {line['density']}": line[key] for _, line in part.iterrows() for key in kinds})
        muted.append(bool(part.yardstick.any()))
    return Sheet(tuple(columns), pd.DataFrame(rows), tuple(muted), grouped=True)


def _figures_sheet(table: pd.DataFrame) -> Sheet:
    """Returns all figures, a row for each prior and density."""
    named = table.assign(name=table.prior + " on " + table.density)
    return Sheet(FIGURES, _verdicts(named), tuple(table.yardstick), explained=True)


def _reference_sheet(table: pd.DataFrame) -> Sheet:
    """Returns for each density the distances of what needs no prior, means over the priors' codes."""
    keys = [column.key for column in REFERENCES[2:]]
    found = table.groupby("density", sort=False)[keys].mean().reindex(DENSITIES).reset_index()
    return Sheet(REFERENCES, found.assign(dim=[DENSITIES[name].dim for name in found.density]))


def _grades_sheet(grades: pd.DataFrame) -> Sheet:
    """Returns the grades of the metrics, from the rows of `exact_grades.grade`."""
    return Sheet(GRADES, _verdicts(grades.assign(name=[f"{r.density}, {r.shift:g}" for r in grades.itertuples()])))


def _verdicts(table: pd.DataFrame) -> pd.DataFrame:
    words = {key: table[key].map({True: "yes", False: "no"}) for key in table if key.endswith("_passes")}
    return table.assign(**words)
