"""What priors are built on: what every prior is, and what normalizing flows share."""

__all__ = ["FORMAT", "FittedPrior", "NormalizingFlow", "Prior", "Standardization"]

from .fitted import FORMAT, FittedPrior
from .normalizing_flow import NormalizingFlow
from .prior import Prior, Standardization
