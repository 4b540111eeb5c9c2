"""Metrics: features of real and generated images in, numbers out; no models here."""

__all__ = [
    "ClassBalance",
    "Memorization",
    "class_balance",
    "class_structure",
    "compare",
    "density_coverage",
    "detectable_difference",
    "difference_interval",
    "extrapolated_frechet",
    "frechet_distance",
    "holm",
    "kendall_with_ties",
    "kernel_distance",
    "letters",
    "memorization",
    "moments",
    "nearest",
    "one_run_interval",
    "precision_recall",
    "prior_of_variances",
    "rank_agreement",
    "ranked",
    "seeds_needed",
    "sliced_wasserstein",
    "student_interval",
    "two_sample_test",
    "variance_components",
    "variance_shares",
]

from .agreement import kendall_with_ties, rank_agreement
from .classes import ClassBalance, class_balance
from .comparisons import compare, holm, letters, ranked
from .extrapolation import extrapolated_frechet
from .frechet import frechet_distance, moments
from .intervals import difference_interval, student_interval
from .kernel import kernel_distance
from .latent import class_structure, sliced_wasserstein, two_sample_test
from .manifold import density_coverage, precision_recall
from .memorization import Memorization, memorization
from .moderation import prior_of_variances
from .neighbours import nearest
from .power import detectable_difference, seeds_needed
from .variance import one_run_interval, variance_components, variance_shares
