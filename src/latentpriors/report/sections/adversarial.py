"""Autoencoders that are trained together with critics of images: what became of the players, and what it gains."""

__all__ = ["adversarial"]

from pathlib import Path

import pandas as pd

from ...evaluation.previews import read_grid
from ..page import Gallery, Picture, Text, written
from ..plots.evolution import over_epochs
from ..plots.images import tiled
from ..results import Results
from ..sheets import Column, Sheet
from ..words import beaten, by_seed, interval, listed
from .galleries import gallery

LEARNED = "aae_learned-native"
AFTERWARDS = ("aae-native", "ae-wgan", "aae-wgan")  # the target that is not learned, and generators fitted later
# What only these autoencoders say of their training: how often a critic tells images from samples, and the ELBO that
# one says.
KNOWN = ("critic_accuracy", "image_critic_accuracy", "elbo_estimate")
WON = 0.95  # of images that a critic tells: above it, it has won
VARIED = 0.5  # of the reconstructions' coverage: below it, samples are too much alike
COLUMNS = 16  # of the grids that the stage decodes
FIGURES = (
    Column("name", "autoencoder", "s", ""),
    Column("fcd", "FCD of its samples", ".2f", "Of codes from the prior that it was trained with; lower is better."),
    Column("span", "least to most", "s", "Of that, over seeds."),
    Column("reconstructed", "of its reconstructions", ".2f", "What a perfect prior over its codes would get."),
    Column("later", "of a prior fitted later", ".2f", "The lowest FCD among the other priors over the same codes."),
    Column("critic", "critic of images", ".1%",
           "How often it tells validation images from samples, mean over seeds: 50% where it cannot."),
    Column("coverage", "coverage", ".3f", "Share of held-out images with a sample near them."),
    Column("coverage_reconstructed", "of reconstructions", ".3f", "The same of reconstructions."),
    Column("seconds", "seconds", ",.0f", "Of a CPU, to train it, mean over seeds."),
)  # fmt: skip

GRIDS = (
    "After epochs of one training, from top to bottom: left, samples of the autoencoder's own prior from the same "
    "noise; right, reconstructions of test images. One seed; weights as they are then, not their average."
)
CAPTION = (
    "FCD of samples and of reconstructions over the epochs of one training, one seed, logarithmic axes. Learning rates "
    "fall to zero by the last epoch. Where samples stay above reconstructions, it is the prior that limits."
)


def adversarial(results: Results, out: Path) -> list[Text | Sheet | Picture | Gallery]:
    """Returns what training with critics of images gains and how it fails: in words, a table and pictures.

    Nothing where no autoencoder of the table has one.
    """
    names = [name for name, facts in results.trained.items() if any(key in facts for key in KNOWN)]
    rows = pd.DataFrame([_row(results, name) for name in names if _native(results, name) is not None])
    if rows.empty:
        return []
    texts = [_compared(results), _spread(results, rows), _players(results, rows), _said(results)]
    return [
        *map(Text, filter(None, texts)),
        Sheet(FIGURES, rows, explained=True, missing="–"),
        *_evolution(results, out),
    ]


def _native(results: Results, name: str) -> pd.Series | None:
    found = results.competing[results.competing.cell == f"{name}-native"]
    return found.iloc[0] if len(found) else None


def _row(results: Results, name: str) -> dict:
    native, ceiling, facts = _native(results, name), results.ceiling(name), results.trained[name]
    rows = results.competing[results.competing.autoencoder == name]
    return {
        "name": name, "fcd": native.fcd, "span": interval(min(native.fcd_by_seed), max(native.fcd_by_seed)),
        "ratio": max(native.fcd_by_seed) / min(native.fcd_by_seed),
        "reconstructed": None if ceiling is None else ceiling.fcd,
        "later": rows[rows.cell != native.cell].fcd.min(),
        "critic": next((facts[key] for key in KNOWN[:2] if key in facts), None),
        "coverage": native.coverage, "coverage_reconstructed": None if ceiling is None else ceiling.coverage,
        "missing": native.classes_missing,
        "missing_reconstructed": 0.0 if ceiling is None else ceiling.classes_missing,
        "seconds": facts.get("cpu_seconds", facts.get("seconds")),
    }  # fmt: skip


def _compared(results: Results) -> str:
    """Returns whether learning the prior with the images beats fitting it afterwards, or not learning it."""
    cells = set(results.competing.cell)
    if LEARNED not in cells or not (others := [name for name in AFTERWARDS if name in cells]):
        return ""
    text = "**Does learning the prior together with the images pay?** FCD of "
    said = []
    for name in others:
        ratio, low, high = results.ratio(LEARNED, name)
        told = "lower" if ratio < 1 else "higher"
        verdict = f"**{told}**" if results.pair(LEARNED, name).differ else "not told apart"
        span = f" ({interval(low, high)})" if pd.notna(low) else ""
        said.append(f"{ratio:.2f}{span} times that of {name}, {_seconds(results, name)}: {verdict}")
    return f"{text}{LEARNED}, {_seconds(results, LEARNED)}, is {'; '.join(said)}."


def _seconds(results: Results, cell: str) -> str:
    """Returns what the training and the fit of a cell cost together."""
    row = results.competing[results.competing.cell == cell].iloc[0]
    facts = results.trained[row.autoencoder]
    spent = facts.get("cpu_seconds", facts.get("seconds", 0)) + (row.fit_seconds if pd.notna(row.fit_seconds) else 0)
    return f"{spent:,.0f} seconds"


def _spread(results: Results, rows: pd.DataFrame) -> str:
    """Returns how far seeds lie apart, beside those of the other rows of the table."""
    others = results.competing[~results.competing.autoencoder.isin(rows["name"])]
    if not (others.spread > 0).any():
        return ""
    wide = rows.loc[rows.ratio.idxmax()]
    own = results.competing[results.competing.cell.isin(rows["name"] + "-native")]
    return (
        "**Is adversarial training difficult?** The standard deviation of log FCD over seeds of what was trained with "
        f"these critics is {own.spread.median():.2f} in the middle ({interval(own.spread.min(), own.spread.max())}); "
        f"of the other rows of this table it is {others.spread.median():.2f}. Farthest apart are the seeds of "
        f"**{wide['name']}**: the worst has {wide.ratio:.1f} times the FCD of the best."
    )


def _players(results: Results, rows: pd.DataFrame) -> str:
    """Returns which player has won or collapsed, or that none has."""
    said = [text for row in rows.itertuples() for text in _failures(results, row)]
    return "".join(said).strip() or (
        "No player has collapsed: no critic tells more than "
        f"{WON:.0%} of what it judges, no prior misses a class, and samples cover more than {VARIED:.0%} of what "
        "reconstructions do."
    )


def _failures(results: Results, row: tuple) -> list[str]:
    facts, name, found = results.trained[row.name], row.name, []
    for key in KNOWN[:2]:
        shares = by_seed(facts, key) if key in facts else []
        if won := [share for share in shares if share > WON]:
            found.append(
                f" In {len(won)} of {len(shares)} seeds the critic of images of **{name}** has won: it tells up to "
                f"{max(won):.1%} of images from samples, and what it cannot be fooled by teaches little."
            )
    if "image_critic" in facts:
        found.append(beaten(by_seed(facts, "critic"), name))
    if row.missing > 0:
        found.append(
            f" Samples of **{name}** have **collapsed**: {row.missing:.1f} classes are missing in the mean of its "
            f"seeds; of its reconstructions {row.missing_reconstructed:.1f}."
        )
    elif row.coverage_reconstructed and row.coverage < VARIED * row.coverage_reconstructed:
        found.append(
            f" Samples of **{name}** are too much alike: they cover {row.coverage:.1%} of held-out images, its "
            f"reconstructions {row.coverage_reconstructed:.1%}."
        )
    if results.likelihood.get(name, {}).get("collapse") == "full":
        found.append(f" The posterior of **{name}** has collapsed: its codes say nothing of the image.")
    return found


def _said(results: Results) -> str:
    """Returns the ELBO that AVB's critic says, beside what is known of it and of the VAE."""
    avb, vae = (results.likelihood.get(name, {}) for name in ("avb", "vae"))
    told = results.trained.get("avb", {}).get("elbo_estimate")
    if told is None or "iwae" not in avb:
        return ""
    text = (
        f"**What AVB says of its ELBO**: by its critic {told:.1f} nats on validation images, an estimate and no bound. "
        f"By importance sampling, log p(x) of test images is at least {avb['iwae']:.1f}"
    )
    text += f" (the VAE's: {vae['iwae']:.1f}, its ELBO {vae['elbo']:.1f})." if "iwae" in vae else "."
    if told > avb["iwae"]:
        text += " An ELBO is below log p(x): the critic lags behind the encoder, and says too much."
    return text


def _evolution(results: Results, out: Path) -> list[Text | Picture | Gallery]:
    facts = results.facts("evolution.json")
    if not facts:
        return []
    epochs, figures = facts["epochs"], facts["autoencoders"]
    near = min(epochs, key=lambda epoch: abs(epoch - 8))
    at = epochs.index(near)
    said = [
        f"{name} from {found['samples'][at]:.1f} to {found['samples'][-1]:.1f} (reconstructions "
        f"{found['reconstructions'][at]:.1f} to {found['reconstructions'][-1]:.1f})"
        for name, found in figures.items()
    ]
    drawn = {}
    for name in figures:
        if path := results.in_homes(f"evolution/grids/{name}.png"):
            drawn[name] = tiled(read_grid(path, COLUMNS), COLUMNS)
    return [
        Text(
            f"**Over the epochs** of one training each, one seed, with codes of {facts['latent']} dimensions, which is "
            f"no row of the table: FCD of samples on validation images goes from epoch {near} to {epochs[-1]} of "
            f"{listed(said)}."
        ),
        *written("evolution", over_epochs(epochs, figures), CAPTION, out),
        *gallery("evolved", drawn, GRIDS, out, wide=True),
    ]  # fmt: skip
