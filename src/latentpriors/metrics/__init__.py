"""Metrics: features of real and generated images in, numbers out; no models here."""

__all__ = [
    "difference_interval",
    "frechet_distance",
    "moments",
    "student_interval",
]

from .frechet import frechet_distance, moments
from .intervals import difference_interval, student_interval
