"""The columns of a report's tables: what each figure is called, how it is written, and what it says."""

__all__ = ["COLUMNS", "MAIN", "Column", "column_of"]

from typing import NamedTuple


class Column(NamedTuple):
    """A figure of a table, with one sentence on what it says."""

    key: str
    title: str
    meaning: str
    pattern: str = ".2f"
    group: str = ""


def _group(name: str, *columns: Column) -> tuple[Column, ...]:
    return tuple(column._replace(group=name) for column in columns)


COLUMNS = (
    Column("cell", "cell", "An autoencoder and a prior over its codes; in brackets what the poster calls it.", "s"),
    *_group(
        "Fréchet distance of logits",
        Column("rank", "rank", "Best and worst rank that the seeds leave open: all pairs of competing cells compared by "
               "log FCD, Holm's correction over all of them; overlapping ranges are no order, yardsticks have none.", "s"),
        Column("fcd", "FCD", "Fréchet distance of the samples' logits to those of the test split, mean over seeds and "
               "classifiers; lower is better."),
        Column("interval", "95% interval", "Student's t over seeds, each with its own autoencoder, prior and noise.", "s"),
        Column("fcd_infinity", "FCD at infinity", "FCD extrapolated to infinitely many samples, linear in 1/N; without "
               "the bias of the sample count."),
        Column("fcd_validation", "FCD validation", "FCD to the validation split, on which choices are made."),
        Column("fcd_judge", "FCD judge", "FCD by a classifier of another architecture (max-pooling)."),
        Column("fcd_penultimate", "FCD penultimate", "FCD of the penultimate layer; none where the samples are fewer "
               "than ten times its dimension."),
        Column("fcd_relative", "FCD / tr(S)", "FCD over the total variance of the real logits: free of their scale.", ".4f"),
        Column("fcd_classifier_std", "sd over classifiers", "Standard deviation of FCD over the classifiers."),
        Column("fcd_train", "FCD train", "FCD of the training images: what some papers print as the floor."),
    ),
    *_group(
        "Images, in penultimate features",
        Column("kernel_distance", "kernel distance", "Unbiased squared MMD with a cubic kernel; 0 for equal "
               "distributions, lower is better.", ".3f"),
        Column("precision", "precision", "Share of samples inside the manifold of real images; higher is better.", ".3f"),
        Column("recall", "recall", "Share of real images inside the manifold of samples; higher is better.", ".3f"),
        Column("density", "density", "How many real neighbourhoods hold a sample, on average over their number; "
               "1 for real images, higher is better.", ".3f"),
        Column("coverage", "coverage", "Share of real images with a sample in their neighbourhood; higher is better.", ".3f"),
        Column("class_distance", "class distance", "Total variation between the classes' shares of the samples and of "
               "the test split; 0 for the same shares.", ".3f"),
        Column("classes_missing", "classes missing", "Classes that hardly any sample is taken for."),
        Column("confidence", "confidence", "Mean probability of the class that the classifier takes a sample for.", ".3f"),
    ),
    *_group(
        "Memorization",
        Column("memorized", "memorization", "Where a cell looks like a copy of its training set: C_T below -3 in features or "
               "codes, or copies above 0.05.", "s"),
        Column("feature_c_t", "C_T features", "About 0: samples are as far from the training images as held-out images "
               "are; below -3: nearer, memorized or drawn only where images are dense; above 3: farther.", ".1f"),
        Column("code_c_t", "C_T codes", "The same for standardized codes.", ".1f"),
        Column("feature_copies", "copies, features", "Share of samples as near to a training image as the nearest "
               "hundredth of held-out images: about 0.01 for new ones, 1 for copies.", ".3f"),
        Column("code_copies", "copies, codes", "The same for standardized codes.", ".3f"),
        Column("feature_authenticity", "authenticity, features", "Share of samples farther from their nearest training "
               "image than that is from its own nearest neighbour; low for copies.", ".3f"),
        Column("feature_authenticity_held_out", "of held-out images", "Authenticity of held-out images, to compare.", ".3f"),
        Column("code_authenticity", "authenticity, codes", "Authenticity of standardized codes.", ".3f"),
        Column("code_authenticity_held_out", "of held-out codes", "Authenticity of held-out codes, to compare.", ".3f"),
    ),
    *_group(
        "Codes",
        Column("sliced_wasserstein", "sliced Wasserstein", "Distance of sampled to held-out standardized codes, mean over "
               "directions; lower is better.", ".4f"),
        Column("two_sample_accuracy", "two-sample accuracy", "How often a classifier tells sampled from held-out codes: "
               "0.5 where it cannot; lower is better.", ".3f"),
        Column("nll", "NLL", "Nats of a test code in raw code space, where the prior has a density: compares priors on one "
               "autoencoder only."),
        Column("nll_validation", "NLL validation", "The same for validation codes."),
        Column("bits_per_dimension", "bits/dim", "NLL in bits for each dimension of the code."),
    ),
    *_group(
        "Cost",
        Column("seconds", "fit seconds", "Fit of the prior, one seed.", ".1f"),
        Column("sample_seconds", "sample seconds", "Drawing and decoding the samples of one seed.", ".2f"),
        Column("parameters", "parameters", "Numbers that the fit of the prior found.", ",.0f"),
        Column("steps", "steps", "Gradient steps of each of the prior's players.", ",.0f"),
        Column("factor", "budget factor", "Steps over the data set's steps for priors.", "g"),
        Column("seeds", "seeds", "Independent runs.", ".0f"),
        Column("n_samples", "samples", "Images scored for each seed.", ",.0f"),
        Column("device", "device", "Where it was fitted.", "s"),
        Column("classifier_hash", "classifiers", "First digits of the SHA-256 of the scoring classifiers.", "s"),
    ),
)  # fmt: skip

# The first table of a report: what a reader asks for first.
MAIN = (
    "cell", "rank", "fcd", "interval", "fcd_infinity", "precision", "recall", "feature_c_t", "memorized", "nll", "seconds",
)  # fmt: skip


def column_of(key: str) -> Column:
    """Returns the column of a key; a figure that has none yet is shown under its own name."""
    known = {column.key: column for column in COLUMNS}
    return known.get(key, Column(key, key.replace("_", " "), f"`{key}` of the cell's JSON file.", "g", "Other"))
