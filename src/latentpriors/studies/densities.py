"""Code distributions whose density is known, and what is asked of priors and metrics on them."""

__all__ = [
    "CONTAINS", "DENSITIES", "INTEGRAL", "NATS", "NEAR", "PLAIN", "WASSERSTEIN", "Blobs", "Density", "Normal", "Rings",
    "Roll",
]  # fmt: skip

import math

import numpy as np
from scipy.fft import dct
from scipy.special import ive, log_ndtr, logsumexp


class Density:
    """A distribution of codes that can be sampled, and whose log-density is known; all in float64.

    Arguments:
        dim: D, the dimension of the codes.
    """

    def __init__(self, dim: int):
        self.dim = dim

    def sample(self, n: int, seed: int) -> np.ndarray:
        """Returns n independent codes (n, D), the same for the same seed."""
        return self.draw(n, np.random.default_rng(seed))

    def log_prob(self, z: np.ndarray) -> np.ndarray:
        """Returns the log-density in nats, (N,), of codes (N, D).

        Raises:
            ValueError: another shape, or entries that are not finite.
        """
        z = np.asarray(z, dtype=np.float64)
        if z.ndim != 2 or z.shape[1] != self.dim or not np.isfinite(z).all():
            raise ValueError(f"the codes have shape {z.shape}; finite ones of shape (N, {self.dim}) are needed")
        return self.exact(z)

    def draw(self, n: int, random: np.random.Generator) -> np.ndarray:
        """Returns n codes (n, D)."""
        raise NotImplementedError

    def exact(self, z: np.ndarray) -> np.ndarray:
        """Returns the log-density (N,) of codes (N, D)."""
        raise NotImplementedError


class Rings(Density):
    r"""Points on circles about 0 in the plane, a radius each equally often, plus noise N(0, σ² I).

    The noise's angle integrates to a Bessel function: p(z) = mean over r of exp(−(|z|² + r²) / 2σ²) I₀(|z| r / σ²) /
    2πσ².
    """

    def __init__(self, radii: tuple[float, ...] = (1.0, 2.0), noise: float = 0.12):
        super().__init__(2)
        self.radii, self.noise = np.array(radii), noise

    def draw(self, n: int, random: np.random.Generator) -> np.ndarray:
        angle, radius = random.uniform(0, 2 * math.pi, n), random.choice(self.radii, n)
        circle = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
        return circle + self.noise * random.normal(size=(n, 2))

    def exact(self, z: np.ndarray) -> np.ndarray:
        r, s = np.linalg.norm(z, axis=1)[:, None], self.noise
        # I₀(x) = exp(x) ive(0, x): the exponentials join to a square that cannot overflow.
        parts = -0.5 * ((r - self.radii) / s) ** 2 + np.log(ive(0, r * self.radii / s**2))
        return logsumexp(parts, axis=1) - math.log(2 * math.pi * s**2 * len(self.radii))


class Blobs(Density):
    """A mixture of Gaussians in the plane: elongated, turned, of unequal weights, along a spiral."""

    def __init__(self, components: int = 10):
        super().__init__(2)
        k = np.arange(components)
        angle = 2.4 * k  # the golden angle: neighbours in k are far apart
        self.weights = (1 + k % 3) / (1 + k % 3).sum()
        self.means = np.sqrt(k + 0.5)[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
        turn = np.stack([np.cos(k), -np.sin(k), np.sin(k), np.cos(k)], 1).reshape(-1, 2, 2)
        self.factors = turn * np.array([0.3, 0.1])  # covariance: factor times its transpose

    def draw(self, n: int, random: np.random.Generator) -> np.ndarray:
        k = random.choice(len(self.weights), n, p=self.weights)
        return self.means[k] + (self.factors[k] @ random.normal(size=(n, 2, 1)))[:, :, 0]

    def exact(self, z: np.ndarray) -> np.ndarray:
        kinds = zip(self.weights, self.means, self.factors, strict=True)
        return logsumexp([math.log(w) + _log_normal(z, m, f) for w, m, f in kinds], axis=0)


class Roll(Density):
    r"""A swiss roll in three dimensions: (t cos t, t sin t, h) / 5 plus noise N(0, σ² I), h the last coordinate.

    t is uniform on [1.5π, 4.5π] and the height h / 5 on [0, 3]. p(z) is an integral over t, here by Gauss and Legendre,
    times the density of the height, which is a difference of normal distribution functions. With 600 nodes the integral
    agrees with adaptive quadrature to 1e-9 of itself within five standard deviations of the roll.
    """

    SCALE, HEIGHT, NODES = 5.0, 3.0, 600

    def __init__(self, noise: float = 0.1):
        super().__init__(3)
        self.noise = noise
        self.low, self.high = 1.5 * math.pi, 4.5 * math.pi
        x, weights = np.polynomial.legendre.leggauss(self.NODES)
        self.line = self._spiral(self.low + (x + 1) / 2 * (self.high - self.low))
        self.log_weights = np.log(weights / 2)

    def draw(self, n: int, random: np.random.Generator) -> np.ndarray:
        t, h = random.uniform(self.low, self.high, n), random.uniform(0, self.HEIGHT, n)
        return np.column_stack([self._spiral(t), h]) + self.noise * random.normal(size=(n, 3))

    def exact(self, z: np.ndarray) -> np.ndarray:
        if not len(z):
            return np.empty(0)
        # In chunks: each code meets each node.
        return np.concatenate([self._plane(part) for part in np.array_split(z, -(-len(z) // 1000))]) + self._height(z)

    def _spiral(self, t: np.ndarray) -> np.ndarray:
        return t[:, None] * np.stack([np.cos(t), np.sin(t)], 1) / self.SCALE

    def _plane(self, z: np.ndarray) -> np.ndarray:
        square = ((z[:, None, :2] - self.line) ** 2).sum(2)
        joint = self.log_weights - 0.5 * square / self.noise**2
        return logsumexp(joint, axis=1) - math.log(2 * math.pi * self.noise**2)

    def _height(self, z: np.ndarray) -> np.ndarray:
        a, b = z[:, 2] / self.noise, (z[:, 2] - self.HEIGHT) / self.noise
        # Beyond the upper end both functions are nearly 1: mirrored, their difference keeps its digits.
        a, b = np.where(a + b > 0, -b, a), np.where(a + b > 0, -a, b)
        return log_ndtr(a) + np.log1p(-np.exp(log_ndtr(b) - log_ndtr(a))) - math.log(self.HEIGHT)


class Normal(Density):
    """N(m, S) with variances from 0.1 to 10 along axes that no coordinate has."""

    def __init__(self, dim: int = 16):
        super().__init__(dim)
        self.mean = np.linspace(-1, 1, dim)
        axes = dct(np.eye(dim), norm="ortho")  # orthogonal, and every axis mixes all coordinates
        self.factor = axes * np.sqrt(np.geomspace(0.1, 10, dim))
        self.covariance = self.factor @ self.factor.T

    def draw(self, n: int, random: np.random.Generator) -> np.ndarray:
        return self.mean + random.normal(size=(n, self.dim)) @ self.factor.T

    def exact(self, z: np.ndarray) -> np.ndarray:
        return _log_normal(z, self.mean, self.factor)


def _log_normal(z: np.ndarray, mean: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Returns the log-density (N,) of N(mean, factor factorᵀ)."""
    noise = np.linalg.solve(factor, (z - mean).T)
    return -0.5 * (noise**2).sum(0) - np.linalg.slogdet(factor)[1] - 0.5 * len(mean) * math.log(2 * math.pi)


DENSITIES: dict[str, Density] = {"rings": Rings(), "mixture": Blobs(), "roll": Roll(), "gaussian": Normal()}

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
