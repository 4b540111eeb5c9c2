"""Samples and codes to the figures of a cell."""
