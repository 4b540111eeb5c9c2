"""What priors are built on: what every prior is, and what normalizing flows share."""

__all__ = ["LikelihoodFlow", "Prior", "Standardization"]

from .normalizing_flow import LikelihoodFlow
from .prior import Prior, Standardization
