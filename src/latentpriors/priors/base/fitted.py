"""A fitted prior: a prior together with the standardization of the codes that it was fitted to."""

__all__ = ["FORMAT", "FittedPrior"]

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...registry import find, hyperparameters
from ...store import contents, save_tensors
from ...training import Budget
from .codes import HELD_OUT, as_codes, as_training_codes
from .prior import Prior, Standardization

FORMAT = 2  # of its files; before that they had no standardization, and codes hid a prior's name in a tensor


class FittedPrior:
    """A distribution over raw codes with shape (N, D), whatever units its prior works in.

    >>> codes = np.random.default_rng(0).normal([1.0, -2.0], [3.0, 0.5], size=(2000, 2))
    >>> prior = FittedPrior.fit("gaussian", codes)
    >>> prior.sample(1000, seed=0).mean(0).round().tolist()
    [1.0, -2.0]
    >>> prior.log_prob(codes[:5]).shape
    torch.Size([5])

    Attributes:
        prior: The prior, in standardized units, or in raw ones where it is `raw`.
        scaling: Between raw codes and the prior's units.
        about: The `name` of its method and the `arguments` of its constructor.
    """

    def __init__(self, prior: Prior, scaling: Standardization, about: dict):
        self.prior, self.scaling, self.about = prior, scaling, about
        self.has_density, self.has_noise_space = prior.has_density, prior.has_noise_space
        self.invertible, self.yardstick, self.evaluations = prior.invertible, prior.yardstick, prior.evaluations

    @classmethod
    def new(cls, name: str, arguments: dict, scaling: Standardization) -> "FittedPrior":
        """Returns one that is not fitted yet.

        Arguments:
            name: Of the method.
            arguments: Of its constructor, without `dim`.
            scaling: Of the codes; a prior that is `raw` takes none.
        """
        about = {"name": name, "arguments": {"dim": len(scaling.mean)} | arguments}
        prior = find("priors", name)(**about["arguments"]).to(scaling.mean.device)
        return cls(prior, Standardization.none(scaling.mean) if prior.raw else scaling, about)

    @classmethod
    def native(cls, name: str, arguments: dict, state: dict[str, Tensor], dim: int) -> "FittedPrior":
        """Returns a prior that an autoencoder was trained with: in raw code space, whatever its class does."""
        device = next(iter(state.values())).device if state else "cpu"
        about = {"name": name, "arguments": {"dim": dim} | arguments}
        prior = find("priors", name)(**about["arguments"]).to(device)
        prior.load(state or prior.state_dict())
        return cls(prior.eval(), Standardization.none(prior.origin), about)

    @classmethod
    def fit(
        cls, name: str, codes: np.ndarray | Tensor, *, validation: np.ndarray | Tensor | None = None,
        steps: int = 2000, batch_size: int = 256, seed: int = 0, **arguments: object,
    ) -> "FittedPrior":  # fmt: skip
        """Fits a prior to codes (N, D).

        Arguments:
            name: Of the method, a file in `priors/`.
            codes: Raw codes; on a GPU it is fitted there.
            validation: Codes (V, D) on which weights or sizes are chosen; else a tenth of the codes, at random.
            steps: Gradient steps, of a method that makes some; at least one.
            batch_size: Codes a step; at least one.
            seed: Of the split, the first weights and the order of the codes.
            arguments: Of the method's constructor.

        Raises:
            ValueError: there is no such method, it has no such argument, the budget is empty, the validation codes have
                other dimensions, or the codes are such that `as_training_codes` refuses them.
            TrainingDiverged: a loss is not finite.
        """
        known = hyperparameters("priors", name)
        if others := arguments.keys() - known:
            raise ValueError(f"{name} has no {', '.join(sorted(others))}; it has {', '.join(known) or 'none'}")
        if min(steps, batch_size) < 1:
            raise ValueError(f"steps are {steps} and batch_size is {batch_size}; at least 1 is needed of each")
        z = as_training_codes(codes)
        if validation is None:
            order = torch.randperm(len(z), generator=torch.Generator().manual_seed(seed)).to(z.device)
            held_out, z = z[order[: len(z) // HELD_OUT]], z[order[len(z) // HELD_OUT :]]
        else:
            held_out = as_codes(validation, "the validation codes").to(z.device)
            if held_out.shape[1] != z.shape[1]:
                raise ValueError(f"the codes have {z.shape[1]} dimensions and those for validation {held_out.shape[1]}")
        torch.manual_seed(seed)
        fitted = cls.new(name, arguments, Standardization.of(z))
        order = torch.Generator(z.device).manual_seed(seed)
        fitted.prior.fit(fitted.scaling(z), fitted.scaling(held_out), Budget(steps, batch_size, order, label=name))
        fitted.prior.eval()
        return fitted

    def sample(self, n: int, generator: torch.Generator | None = None, seed: int | None = None) -> Tensor:
        """Returns n raw codes (n, D), by a generator or a seed.

        Raises:
            ValueError: n is negative.
        """
        if n < 0:
            raise ValueError(f"{n} samples cannot be drawn")
        if seed is not None:
            generator = torch.Generator(self.scaling.mean.device).manual_seed(seed)
        return self.scaling.inverse(self.prior.sample(n, generator))

    @torch.no_grad()
    def log_prob(self, z: np.ndarray | Tensor) -> Tensor:
        """Returns the log-density in nats, (N,), of raw codes (N, D).

        Raises:
            ValueError: the codes have another shape, or an array has entries that `as_codes` refuses.
        """
        return self.scaling.log_prob(self.prior.log_prob(self.scaling(self._rows(z, "the codes"))))

    def from_noise(self, noise: np.ndarray | Tensor) -> Tensor:
        """Returns the raw codes (N, D) of standard normal noise (N, D); raises as `log_prob`."""
        return self.scaling.inverse(self.prior.from_noise(self._rows(noise, "the noise")))

    def to_noise(self, z: np.ndarray | Tensor) -> Tensor:
        """Returns the noise (N, D) of raw codes (N, D); raises as `log_prob`."""
        return self.prior.to_noise(self.scaling(self._rows(z, "the codes")))

    def save(self, path: Path) -> None:
        """Writes it to a .safetensors file."""
        tensors = {f"prior.{name}": value for name, value in self.prior.state_dict().items()}
        tensors |= {"mean": self.scaling.mean, "scale": self.scaling.scale}
        save_tensors(Path(path), tensors, self.about | {"format": FORMAT})

    @classmethod
    def load(cls, path: Path, device: str | torch.device = "cpu") -> "FittedPrior":
        """Returns the one of a file.

        Raises:
            StoreError: the file is missing, damaged, of another format, or holds no prior.
        """
        with contents(path, "a prior", device, FORMAT, "fit it again") as (tensors, about):
            prior = find("priors", about["name"])(**about["arguments"]).to(device)
            prior.load({name[6:]: value for name, value in tensors.items() if name.startswith("prior.")})
            if not tensors["mean"].shape == tensors["scale"].shape == prior.origin.shape == (prior.dim,):
                raise ValueError(f"its parts are not all of {prior.dim} dimensions")
            return cls(prior.eval(), Standardization(tensors["mean"], tensors["scale"]), about)

    def _rows(self, values: np.ndarray | Tensor, name: str) -> Tensor:
        """Returns rows (N, D) as a tensor: one that is none yet in float32, others as they are."""
        x = values if isinstance(values, Tensor) else as_codes(values, name).to(self.scaling.mean.device)
        if x.shape[1:] != self.scaling.mean.shape:  # a single column would pass for D equal ones
            raise ValueError(f"{name} have shape {tuple(x.shape)}; (N, {len(self.scaling.mean)}) is needed")
        return x
