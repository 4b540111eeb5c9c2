"""The columns of a table of cells: what each figure is called, how it is written, and what it says; names of rows."""

__all__ = ["COLUMNS", "COPYIST", "MAIN", "POSTER", "cells_sheet", "column_of"]

import pandas as pd

from .sheets import Column, Sheet

COPYIST = ("bootstrap", "copies of training codes")  # the prior, and what every table says of it

# The poster "AdvAE and FlowAE": FCD on MNIST, one run each, in its order.
POSTER = {
    "ae-flow": ("FlowAE", 4.65),
    "ae-wgan": ("AdvAE", 6.03),
    "aae-native": ("AAE", 6.09),
    "vae-native": ("VAE", 8.12),
}


def _group(name: str, *columns: Column) -> tuple[Column, ...]:
    return tuple(column._replace(group=name) for column in columns)


COLUMNS = (
    Column("cell", "cell", "s", "An autoencoder and a prior over its codes; in brackets what the poster calls it."),
    *_group(
        "Fréchet distance of logits",
        Column("rank", "rank", "s",
               "Best and worst rank that the seeds leave open at a false discovery rate of 5%: of the differences "
               "claimed here about one in twenty is chance. All pairs of competing cells are compared by log FCD; "
               "overlapping ranges are no order, yardsticks have none."),
        Column("rank_familywise", "rank, familywise", "s",
               "The same where the chance of even one false difference in the table is at most 5% (Holm)."),
        Column("letters", "letters", "s", "Cells that share a letter are not told apart at that rate."),
        Column("spread", "spread", ".3f", "Standard deviation of log FCD over seeds: 0.1 is about 10% of FCD."),
        Column("p_best", "p, best", ".3f",
               "Of its being the best cell, against all others as one family: below 0.05 it is none of the best."),
        Column("note", "note", "s", "Why a cell is not compared with others."),
        Column("fcd", "FCD", ".2f",
               "Fréchet distance of the samples' logits to those of the test split, mean over seeds and classifiers; "
               "lower is better."),
        Column("interval", "95% interval", "s",
               "Student's t over seeds, each with its own autoencoder, prior and noise."),
        Column("fcd_infinity", "FCD at infinity", ".2f",
               "FCD extrapolated to infinitely many samples, linear in 1/N; without the bias of the sample count."),
        Column("fcd_validation", "FCD validation", ".2f", "FCD to the validation split, on which choices are made."),
        Column("fcd_judge", "FCD judge", ".2f", "FCD by a classifier of another architecture (max-pooling)."),
        Column("fcd_penultimate", "FCD penultimate", ".2f",
               "FCD of the penultimate layer; none where the samples are fewer than ten times its dimension."),
        Column("share_autoencoder", "autoencoder's share", ".2f",
               "FCD of reconstructions less the floor: what no prior can mend."),
        Column("share_prior", "prior's share", ".2f",
               "FCD less that of reconstructions; descriptive: a difference of squared distances, it can be negative."),
        Column("fcd_relative", "FCD / tr(S)", ".4f",
               "FCD over the total variance of the real logits: free of their scale."),
        Column("fcd_classifier_std", "sd over classifiers", ".2f", "Standard deviation of FCD over the classifiers."),
        Column("fcd_train", "FCD train", ".2f", "FCD of the training images: what some papers print as the floor."),
    ),
    *_group(
        "Images, in penultimate features",
        Column("kernel_distance", "kernel distance", ".3f",
               "Unbiased squared MMD with a cubic kernel; 0 for equal distributions, lower is better."),
        Column("precision", "precision", ".3f",
               "Share of samples inside the manifold of real images; higher is better."),
        Column("recall", "recall", ".3f", "Share of real images inside the manifold of samples; higher is better."),
        Column("density", "density", ".3f",
               "How many real neighbourhoods hold a sample, on average over their number; 1 for real images, higher "
               "is better."),
        Column("coverage", "coverage", ".3f",
               "Share of real images with a sample in their neighbourhood; higher is better."),
        Column("class_distance", "class distance", ".3f",
               "Total variation between the classes' shares of the samples and of the test split; 0 for the same "
               "shares."),
        Column("classes_missing", "classes missing", ".2f",
               "Classes with less than a tenth of their share, mean over seeds."),
        Column("confidence", "confidence", ".3f",
               "Mean probability of the class that the classifier takes a sample for."),
    ),
    *_group(
        "Memorization",
        Column("memorized", "memorization", "s",
               "Where samples look copied, features or codes: copies above 0.05, or C_T below -3, either with "
               "authenticity below that of held-out rows."),
        Column("feature_c_t", "C_T features", ".1f",
               "About 0: samples are as far from the training images as held-out images are; below -3: nearer, "
               "memorized or drawn only where images are dense; above 3: farther."),
        Column("code_c_t", "C_T codes", ".1f", "The same for standardized codes."),
        Column("feature_copies", "copies, features", ".3f",
               "Share of samples as near to a training image as the nearest hundredth of held-out images: about 0.01 "
               "for new ones, 1 for copies."),
        Column("code_copies", "copies, codes", ".3f", "The same for standardized codes."),
        Column("feature_authenticity", "authenticity, features", ".3f",
               "Share of samples farther from their nearest training image than that is from its own nearest "
               "neighbour; low for copies."),
        Column("feature_authenticity_held_out", "of held-out images", ".3f",
               "Authenticity of held-out images, to compare."),
        Column("code_authenticity", "authenticity, codes", ".3f", "Authenticity of standardized codes."),
        Column("code_authenticity_held_out", "of held-out codes", ".3f", "Authenticity of held-out codes, to compare."),
    ),
    *_group(
        "Codes",
        Column("sliced_wasserstein", "sliced Wasserstein", ".4f",
               "Wasserstein-2 distance of sampled to held-out standardized codes, root mean square over directions; "
               "lower is better."),
        Column("two_sample_accuracy", "two-sample accuracy", ".3f",
               "How often a classifier tells sampled from held-out codes: 0.5 where it cannot; lower is better."),
        Column("nll", "NLL", ".2f",
               "Nats of a test code in raw code space, where the prior has a density: compares priors on one "
               "autoencoder only."),
        Column("nll_validation", "NLL validation", ".2f", "The same for validation codes."),
        Column("bits_per_dimension", "bits/dim", ".2f", "NLL in bits for each dimension of the code."),
    ),
    *_group(
        "Cost",
        Column("fit_seconds", "fit seconds", ".1f",
               "Fit of the prior, one seed: of processor time on a CPU, which does not depend on what else it does, "
               "else by the clock."),
        Column("seconds", "by the clock", ".1f", "The same by the clock, with the other seeds and more beside it."),
        Column("cpu_seconds", "CPU seconds", ".1f", "The same in processor time."),
        Column("samples_per_second", "samples/s", ",.0f",
               "Codes drawn, without decoding; the first draw of its process, with others beside."),
        Column("evaluations", "evaluations", ",.0f", "Passes through the prior's network for one sample."),
        Column("parameters", "parameters", ",.0f", "Numbers that the fit of the prior found."),
        Column("steps", "steps", ",.0f", "Gradient steps of each of the prior's players."),
        Column("factor", "budget factor", "g", "Steps over the data set's steps for priors."),
        Column("seeds", "seeds", ".0f", "Independent runs."),
        Column("n_samples", "samples", ",.0f", "Images scored for each seed."),
        Column("device", "device", "s", "Where it was fitted."),
        Column("classifier_hash", "classifiers", "s", "First digits of the SHA-256 of the scoring classifiers."),
    ),
    *_group(
        "Last figures of the fit",
        Column("validation", "validation", ".3f",
               "The figure by which the weights to keep are chosen, each method's own (NLL, a loss, sliced "
               "Wasserstein), as it was at the last step; that of the kept weights is no higher."),
        Column("best_step", "best step", ",.0f", "After which the kept weights were found, mean over seeds."),
        Column("model", "model", ".3f", "Last training loss of a prior of one player."),
        Column("generator", "generator", ".3f", "Last training loss of WGAN-GP's generator."),
        Column("critic", "critic", ".3f", "Last training loss of WGAN-GP's critic."),
        Column("components", "components", ".0f", "Of the mixture, chosen on validation NLL; mean over seeds."),
        Column("bandwidth", "bandwidth", ".3f", "Of the kernels, chosen on validation NLL, in standard deviations."),
    ),
)  # fmt: skip

# The first table of a report: what a reader asks for first.
MAIN = (
    "cell", "rank", "rank_familywise", "letters", "fcd", "interval", "memorized", "fit_seconds",
)  # fmt: skip


def column_of(key: str) -> Column:
    """Returns the column of a key; a figure that has none yet is shown under its own name."""
    known = {column.key: column for column in COLUMNS}
    return known.get(key, Column(key, key.replace("_", " "), "g", f"`{key}` of the cell's JSON file.", "Other"))


def cells_sheet(table: pd.DataFrame, keys: tuple[str, ...], **options: bool) -> Sheet:
    """Returns some figures of each row of a table of cells, its yardsticks muted."""
    return Sheet(tuple(column_of(key) for key in keys), table, tuple(table.yardstick), **options)
