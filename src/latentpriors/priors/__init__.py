"""Priors over codes: one file a method; see `base` for what a method must provide."""

__all__ = ["FittedPrior"]

from .base import FittedPrior
