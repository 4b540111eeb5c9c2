"""A planar flow."""

__all__ = ["Planar", "PlanarTransform"]

import math

import torch
import zuko
from torch import Tensor
from torch.distributions import Transform, constraints
from torch.nn.functional import softplus
from zuko.lazy import UnconditionalDistribution, UnconditionalTransform
from zuko.utils import bisection

from .base import NormalizingFlow

SHIFT = math.log(math.e - 1)
BISECTIONS = 60  # halve an interval of any useful width down to the rounding of float64


class Planar(NormalizingFlow):
    r"""A chain of planar maps from codes to noise, f(z) = z + û tanh(w·z + b).

    Each bends space along one direction only, so that many are needed for little: the weakest flow here. It was made
    for variational inference, where noise is mapped to codes and no inverse is needed; maximum likelihood needs the
    density of given codes, so here the maps go from codes to noise and a sample takes a root search for each of them.

    References:
        | Variational Inference with Normalizing Flows (Rezende and Mohamed, 2015)

    Arguments:
        transforms: The number of planar maps.
        noise_scale: The standard deviation of the noise on the training codes, in units of the codes' own.
        learning_rate, weight_decay: Of AdamW.
    """

    def __init__(
        self,
        dim: int,
        *,
        transforms: int = 32,
        noise_scale: float = 0.1,
        learning_rate: float = 1e-2,
        weight_decay: float = 0.0,
    ):
        super().__init__(dim, noise_scale, learning_rate, weight_decay)
        maps = [
            UnconditionalTransform(
                PlanarTransform, 0.1 * torch.randn(dim), torch.randn(dim) / dim**0.5, torch.randn(())
            )
            for _ in range(transforms)
        ]
        normal = zuko.distributions.DiagNormal
        self.flow = zuko.lazy.Flow(
            maps, UnconditionalDistribution(normal, torch.zeros(dim), torch.ones(dim), buffer=True)
        )


class PlanarTransform(Transform):
    r"""f(z) = z + û tanh(w·z + b) with log |det ∂f/∂z| = log(1 + w·û (1 − tanh²(w·z + b))).

    It is invertible where w·û > −1, so û is u moved along w until w·û = m(w·u) with
    m(x) = 0.999 (log(1 + (e − 1) eˣ) − 1). The paper has log(1 + eˣ) − 1; here m(0) = 0, so that û stays bounded as w
    shrinks, and the slope stays above 0.001, where rounding cannot make it zero.

    The inverse solves a + w·û tanh(a + b) = w·y for a = w·z, a number for each row between w·y ± |w·û|, by bisection
    in float64; then z = y − û tanh(a + b).

    Arguments:
        u, w: With shape (D,).
        b: With shape ().
    """

    domain = codomain = constraints.real_vector
    bijective = True

    def __init__(self, u: Tensor, w: Tensor, b: Tensor):
        super().__init__()
        x, tiny = w @ u, torch.finfo(w.dtype).tiny
        self.u = u + (0.999 * (softplus(x + SHIFT) - 1) - x) * w / (w @ w).clamp(min=tiny)
        self.w, self.b = w, b

    def _call(self, z: Tensor) -> Tensor:
        return self.call_and_ladj(z)[0]

    def _inverse(self, y: Tensor) -> Tensor:
        u, w, b = self.u.double(), self.w.double(), self.b.double()
        slope, target = w @ u, y.double() @ w
        low, high = target - slope.abs(), target + slope.abs()
        a = bisection(lambda a: a + slope * torch.tanh(a + b), target, low, high, BISECTIONS)
        return (y.double() - torch.tanh(a + b)[..., None] * u).to(y)

    def log_abs_det_jacobian(self, z: Tensor, y: Tensor) -> Tensor:
        return self.call_and_ladj(z)[1]

    def call_and_ladj(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Returns f(z) (N, D) and the logarithm of its determinant (N,)."""
        h = torch.tanh(z @ self.w + self.b)
        return z + h[..., None] * self.u, torch.log1p((self.w @ self.u) * (1 - h.square()))
