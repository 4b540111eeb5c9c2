"""Likelihood models over the weight β of the reconstruction, beside GLF: as pictures, in words and as a table."""

__all__ = ["swept"]

from pathlib import Path

import pandas as pd

from ...evaluation.previews import read_grid
from ...metrics import difference_interval
from ...studies.swept import SWEPT, UNSWEPT
from ..page import Gallery, Picture, Text, written
from ..plots.images import tiled
from ..plots.style import save
from ..plots.sweep import REGULARIZED, fluctuation, scale_curves, sweep_lines
from ..results import Results
from ..sheets import Column, Sheet
from ..words import TIED, interval, listed, verdict

SWEEP = (
    Column("method", "model", "s", ""),
    Column("beta", "β", "g", "The weight of the reconstruction; GLF has none."),
    Column("fcd", "FCD", ".2f", "Of as many samples of the model's own prior as a table's rows have."),
    Column("span", "95% interval", "s", "Student's t over seeds."),
    Column("elbo", "ELBO", ".2f", "-reconstruction - KL, nats, whatever β was; higher is better."),
    Column("fcd_validation", "FCD validation", ".2f", "FCD to the validation split."),
    Column("reconstruction", "reconstruction", ".2f", "-log p(x | z) at codes of the image, nats; lower is better."),
    Column("kl", "KL", ".2f", "Of q(z | x) to the prior, nats."),
    Column("entropy", "entropy", ".2f", "Of q(z | x), nats."),
    Column("nll", "NLL of the prior", ".2f", "-log p(z) of these codes, nats."),
    Column("code_scale", "code scale", "#.3g", "Of the kept weights: standard deviation of the raw test codes."),
    Column("mismatch_accuracy", "two-sample accuracy", ".3f",
           "How often a classifier tells the codes from the prior: 0.5 where it cannot."),
    Column("collapse", "collapse", "s", "Of the posterior; the worst seed."),
    Column("unsteady_scale", "scale's unrest", ".3f",
           "Standard deviation of the relative change of the codes' scale from a look to the next, second half."),
    Column("unsteady_nll", "NLL's unrest", ".2f", "The same of the prior's NLL, in nats."),
    Column("failures", "failed", ".0f", "Seeds that diverged or could not be scored; means are of the others."),
)  # fmt: skip

UNREST = {"code_scale": "unsteady_scale", "nll_nats": "unsteady_nll"}  # what `fluctuation` gives, and its columns

COLUMNS = 8  # images of a row

COLLAPSED = 0.01  # of the scale of GLF's codes, below which those of regularized GLF have collapsed

# The figures of models with a flow that are set against the VAE's; lower is better.
COMPARED = {
    "mismatch_accuracy": "two-sample accuracy",
    "mismatch_sliced_wasserstein": "sliced Wasserstein",
    "fcd": "FCD",
}

CAPTIONS = {
    "sweep": "The terms and FCD over β, the weight of the reconstruction: a line for each model, its band from the "
    "lowest to the highest seed; GLF, which has no β, is dashed. A cross is a point of which a seed has no FCD.",
    "scales": "The scale of the codes (standard deviation) and the NLL of validation images' codes while GLF (dashed) "
    "and regularized GLF train, a line for each seed. Without the stop of the gradient the encoder can lower the NLL "
    "by narrowing its codes; where β is too small, nothing keeps it from that. Peaks beyond a panel are given.",
    "samples": "Samples of each model's own prior, from the same noise at growing steps of its training, the earliest "
    "row above, closer together at the beginning (seed 0, not picked). Black where the prior drew nothing finite.",
}


def swept(results: Results, out: Path) -> list[Text | Sheet | Picture | Gallery]:
    """Returns how FCD and the terms depend on β, and how the codes' scale moves in training; empty without a sweep."""
    paths = [results.in_homes(f"sweep/{name}.csv") for name in ("points", "curves")]
    if None in paths:
        return []
    points, curves = (pd.read_csv(path) for path in paths)
    facts = results.facts("sweep.json")
    rows = _rows(facts, fluctuation(curves))
    text = (
        f"Every model trained anew for each β at {facts['factor']:g} times the steps of the table's autoencoders, so "
        "that its figures are those of this section alone. Its own prior is sampled. The VAE's β is taken as the "
        "weight of its reconstruction too: 10 here is the β-VAE's β of 0.1. Models with a flow have more to learn: "
        "with so few steps they are compared at an equal budget, not at their best. "
    )
    return [
        Text(text + _best(rows)), Text(_at_equal_weights(points)), Text(_scales(rows, points)),
        *written("sweep", sweep_lines(points), CAPTIONS["sweep"], out),
        *written("scales", scale_curves(curves), CAPTIONS["scales"], out),
        *_samples(results, rows, out),
        Sheet(SWEEP, rows, explained=True, missing="–"),
    ]  # fmt: skip


def _rows(facts: dict, unrest: pd.DataFrame) -> pd.DataFrame:
    """Returns a row for each point, means over seeds, with how unsteady its training was."""
    known = {column.key: None for column in SWEEP} | {"fcd_low": None, "fcd_high": None, "failures": 0}
    rows = pd.DataFrame([known | {"point": name} | own for name, own in facts.items() if isinstance(own, dict)])
    rows = rows.assign(beta=pd.to_numeric(rows.beta), fcd=pd.to_numeric(rows.fcd)).drop(columns=list(UNREST.values()))
    rows["span"] = [interval(low, high) for low, high in zip(rows.fcd_low, rows.fcd_high, strict=True)]
    return rows.merge(unrest.rename(columns=UNREST)[["method", "beta", *UNREST.values()]], "left", ["method", "beta"])


def _samples(results: Results, rows: pd.DataFrame, out: Path) -> list[Gallery]:
    """Writes samples over training of each point into a folder below `out`."""
    items = []
    for name, method, beta in rows[["point", "method", "beta"]].itertuples(index=False):
        if path := results.in_homes(f"sweep/samples/{name}.png"):
            (out / "sweep").mkdir(exist_ok=True)
            save(tiled(read_grid(path, COLUMNS), COLUMNS), out / f"sweep/{name}.png")
            items.append((method if pd.isna(beta) else f"{method}, β = {beta:g}", out / f"sweep/{name}.png"))
    return [Gallery(items, CAPTIONS["samples"])] if items else []


def _best(rows: pd.DataFrame) -> str:
    """Says at which β each model has the lowest FCD on the validation split, and its FCD there on the test split."""
    parts, edges = [], []
    for method in SWEPT:
        own = rows[(rows.method == method) & (rows.failures == 0)]
        if len(own):
            row = own.loc[own.fcd_validation.astype(float).idxmin()]
            parts.append(f"{method} at {row.beta:g} ({row.fcd:.2f})")
            edges += [method] if row.beta in (rows.beta.min(), rows.beta.max()) else []
    reference = rows[(rows.method == UNSWEPT) & (rows.failures == 0)].fcd
    beside = f"; {UNSWEPT} has {reference.iloc[0]:.2f}" if len(reference) else ""
    text = f"**The best β** by FCD to the validation split, with FCD to the test split: {', '.join(parts)}{beside}."
    if edges:
        text += f" For {listed(edges)} that is the end of the range: the best β may lie beyond."
    failed = rows[rows.failures > 0]
    left_out = [f"{row.method} at {row.beta:g} ({row.failures:.0f} of {row.seeds:.0f})" for row in failed.itertuples()]
    return f"{text} Seeds failed, so that they are no candidates: {', '.join(left_out)}." if left_out else text


def _at_equal_weights(points: pd.DataFrame) -> str:
    """Says for each model with a flow at which β its figures are better or worse than those of the VAE there."""
    lines = []
    for method in ("vae_flow_posterior", "vae_flow_prior"):
        said = []
        for key, title in COMPARED.items():
            wide = points.pivot_table(key, ["beta", "seed"], "method", dropna=False)
            found = {"better": [], "worse": [], TIED: []}
            for beta, part in wide.groupby("beta") if {method, "vae"} <= set(wide) else ():
                if part[[method, "vae"]].notna().all(axis=None):
                    compared = verdict(*difference_interval(part[method], part["vae"], paired=True))
                    found[compared].append(f"{beta:g}")
            parts = [f"{compared} at {', '.join(betas)}" for compared, betas in found.items() if betas]
            said += [f"by {title} {'; '.join(parts)}"] if parts else []
        lines += [f"{method}: {', '.join(said)}."] if said else []
    if not lines:
        return ""
    return (
        "**Against the VAE at the same β**, paired by seed, each figure and β looked at alone; where a seed has no "
        f"figure, the β is left out. {' '.join(lines)}"
    )


def _scales(rows: pd.DataFrame, points: pd.DataFrame) -> str:
    """Says how wide the codes of GLF and regularized GLF end, whether they collapse, and how much they fluctuate."""
    parts, collapsed = [], []
    seeds = points.set_index(["method", points.beta.fillna(0)]).code_scale
    wide = seeds[[(UNSWEPT, 0)]].mean() if UNSWEPT in set(points.method) else float("nan")
    for row in rows[rows.method.isin([UNSWEPT, REGULARIZED])].itertuples():
        name = f"regularized at β = {row.beta:g}" if row.method == REGULARIZED else UNSWEPT
        if row.failures == row.seeds:
            parts.append(f"{name} failed in all {row.seeds:.0f} seeds")
        else:
            own = seeds[[(row.method, 0 if pd.isna(row.beta) else row.beta)]].dropna()
            span = interval(own.min(), own.max(), "#.2g")
            parts.append(f"{name} {span} ({row.unsteady_scale:.1%}, {row.unsteady_nll:.2g} nats)")
            if fallen := int((own < COLLAPSED * wide).sum()):
                collapsed.append(f"{name} in {fallen} of {len(own)} seeds")
    return (
        "**The scale of the codes** of GLF and regularized GLF with the kept weights, from the least to the greatest "
        "seed, and in brackets how much it and the prior's NLL still change from one look to the next in the second "
        f"half of the training, in which the learning rate falls to zero: {', '.join(parts)}. A seed that diverged is "
        f"not in these figures. **Collapsed**, below {COLLAPSED:.0%} of GLF's: {', '.join(collapsed) or 'none'}."
    )
