"""What every prior is: something fitted to codes that can be sampled, and the codes' standardization."""

__all__ = ["Prior", "Standardization"]

import torch
from torch import Tensor

from ...training import Budget, Game, train

CHUNK = 10_000


class Prior(Game):
    r"""A distribution over codes with shape (N, D).

    A prior that is learned by gradients is a game (`forward`, `players`, `validation`); one in closed form
    overrides `fit`. One that is a map of standard normal noise gives `from_noise`, and `to_noise` where it can be
    inverted; any other gives `draw`. All that a fit finds is in the state dictionary: `load` makes a fitted prior of
    a new one.

    Arguments:
        dim: D, the dimension of the codes.
    """

    raw = False  # True: lives in the raw code space and is not touched by the standardization
    has_density = False  # True: `log_prob` is exact
    has_noise_space = False  # True: `from_noise` makes codes of standard normal noise
    invertible = False  # True: `to_noise` finds the noise of a code
    evaluations = 1  # passes through its network for one sample
    least_dim = 1  # the fewest dimensions of codes that it can be fitted to
    yardstick = False  # True: shows codes that it was given, so that it is no competitor

    def __init__(self, dim: int):
        super().__init__()
        self.dim = dim
        self.register_buffer("origin", torch.zeros(dim))  # says the device also where nothing is learned

    def fit(self, codes: Tensor, validation: Tensor, budget: Budget) -> dict[str, float]:
        """Fits the prior to training codes (N, D); returns the last figures of the curves."""
        return train(self, (codes,), budget, (validation,))

    def load(self, state: dict[str, Tensor]) -> None:
        """Takes over the state of a fitted prior; buffers take the stored shapes (components, kept codes)."""
        for name in dict(self.named_buffers(recurse=False)).keys() & state.keys():
            self.register_buffer(name, state[name])
        self.load_state_dict(state)

    def draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        """Returns n samples (n, D), all at once."""
        return self.from_noise(self.normal(n, generator))

    def from_noise(self, noise: Tensor) -> Tensor:
        """Returns the codes (N, D) of standard normal noise (N, D)."""
        raise NotImplementedError(f"{type(self).__name__} is no map of noise")

    def to_noise(self, z: Tensor) -> Tensor:
        """Returns the noise (N, D) of codes (N, D), the inverse of `from_noise`."""
        raise NotImplementedError(f"{type(self).__name__} cannot be inverted")

    def log_prob(self, z: Tensor) -> Tensor:
        """Returns the log-density in nats, (N,), of codes (N, D)."""
        raise NotImplementedError(f"{type(self).__name__} has no tractable density")

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Returns n samples (n, D), drawn in chunks so that a million fit into memory."""
        sizes = [min(CHUNK, n - start) for start in range(0, n, CHUNK)]
        return torch.cat([self.draw(size, generator) for size in sizes] + [self.origin.new_empty(0, self.dim)])

    def normal(self, n: int, generator: torch.Generator | None, dim: int | None = None) -> Tensor:
        """Returns standard normal noise (n, dim), D wide where `dim` is not given."""
        return torch.randn(n, dim or self.dim, generator=generator, device=self.origin.device)


class Standardization:
    """The map from raw codes to zero mean and unit variance; a dimension that hardly varies keeps its scale.

    Arguments:
        mean: With shape (D,).
        scale: With shape (D,), positive.

    Example:
        >>> codes = torch.tensor([[4.0, -10.0], [5.0, 0.0], [6.0, 10.0]])  # with means 5 and 0, scales 1 and 10
        >>> standardize = Standardization.of(codes)
        >>> standardize(codes).tolist()
        [[-1.0, -1.0], [0.0, 0.0], [1.0, 1.0]]
        >>> round(standardize.log_prob(torch.tensor(0.0)).item(), 3)  # − log(1 · 10)
        -2.303
    """

    def __init__(self, mean: Tensor, scale: Tensor):
        self.mean, self.scale = mean, scale

    @classmethod
    def of(cls, codes: Tensor, smallest: float = 1e-3) -> "Standardization":
        """Returns the standardization of codes (N, D); scales are clamped at `smallest` of the largest one."""
        scale = codes.double().std(0)
        clamped = scale.clamp(min=smallest * float(scale.max())) if scale.max() > 0 else torch.ones_like(scale)
        return cls(codes.double().mean(0).float(), clamped.float())

    @classmethod
    def none(cls, like: Tensor) -> "Standardization":
        """Returns the one that leaves codes as they are, on the device of a tensor (D,)."""
        return cls(torch.zeros_like(like), torch.ones_like(like))

    def __call__(self, z: Tensor) -> Tensor:
        return (z - self.mean) / self.scale

    def inverse(self, z: Tensor) -> Tensor:
        return z * self.scale + self.mean

    def log_prob(self, log_prob: Tensor) -> Tensor:
        """Returns log-densities of standardized codes as log-densities of the raw ones."""
        return log_prob - self.scale.double().log().sum().to(log_prob)
