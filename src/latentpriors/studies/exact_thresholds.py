"""What is asked of priors and metrics on densities that are known."""

__all__ = ["CONTAINS", "INTEGRAL", "NATS", "NEAR", "PLAIN", "WASSERSTEIN"]

# What is asked for: two sets of 10,000 codes of one density are 0.02 to 0.03 apart, a Gaussian of the same moments is
# 0.13 to 0.24 from those that are none.
WASSERSTEIN = 0.06  # sliced Wasserstein distance at most, in standard deviations of the codes
NATS = 0.1  # Kullback-Leibler divergence at most, where the family contains the density
INTEGRAL = 0.02  # of exp(log_prob) from 1, at most

# The families that contain a density exactly, or in the limit of wide networks and small steps.
_FLEXIBLE = ("flow", "maf", "nsf", "diffusion", "flow_matching")
CONTAINS: dict[str, tuple[str, ...]] = {
    "rings": (),
    "mixture": ("gmm",),
    "roll": (),
    "gaussian": ("gaussian", "gmm", *_FLEXIBLE),
}

# Of the two-sample test: how far it may be below the best accuracy that any classifier could have, and from which
# shift on, in standard deviations.
NEAR, PLAIN = 0.1, 0.3
