"""Data sets: where the raw files come from, how they are read, how they are split."""

__all__ = ["DataError", "Splits", "fetch", "read", "resources", "split", "unpack"]

from .readers import DataError, read, resources, unpack
from .sources import fetch
from .splits import Splits, split
