"""Metrics: features of real and generated images in, numbers out; no models here."""

__all__ = [
    "compare",
    "detectable_difference",
    "difference_interval",
    "frechet_distance",
    "holm",
    "kendall_with_ties",
    "moments",
    "one_run_interval",
    "rank_agreement",
    "ranked",
    "seeds_needed",
    "student_interval",
    "variance_components",
    "variance_shares",
]

from .agreement import kendall_with_ties, rank_agreement
from .comparisons import compare, holm, ranked
from .frechet import frechet_distance, moments
from .intervals import difference_interval, student_interval
from .power import detectable_difference, seeds_needed
from .variance import one_run_interval, variance_components, variance_shares
