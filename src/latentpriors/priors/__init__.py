"""Priors over codes: one file a method; see `base` for what a method must provide."""
