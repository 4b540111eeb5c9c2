"""What a run is made of: values of params.yaml by their paths, its device, and randomness by names."""

__all__ = ["device", "generator", "seed", "value"]

import hashlib

import torch


def value(params: dict, path: str) -> dict | list | str | float | None:
    """Returns the value at a dotted path of the parameters.

    Raises:
        ValueError: there is none; the message has the choices.

    Example:
        >>> params = {"priors": {"gmm": {"components": 10}}}
        >>> value(params, "priors.gmm.components")
        10
        >>> value(params, "priors.kde")
        Traceback (most recent call last):
            ...
        ValueError: params.yaml has no priors.kde: 'kde' is not among gmm
    """
    found = params
    for key in path.split("."):
        if not isinstance(found, dict) or key not in found:
            choices = ", ".join(found) if isinstance(found, dict) else "nothing"
            raise ValueError(f"params.yaml has no {path}: {key!r} is not among {choices}")
        found = found[key]
    return found


def device(params: dict, precision: str = "float32") -> torch.device:
    """Returns the device that the parameters name, CUDA for "auto" where it is there, set to a precision."""
    name = params["device"]
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise ValueError(f"device is {name} in params.yaml, but there is no CUDA device; choose auto or cpu")
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    return torch.device(name)


def seed(*names: str | int) -> int:
    """Returns the seed of a piece of work by its names, the same on every machine; also seeds PyTorch with it.

    Example:
        >>> seed("digits", "vae", 0)  # six bytes of a hash of "digits/vae/0"
        228099554930470
        >>> seed("digits", "vae", 0) == seed("digits", "vae", 1)
        False
    """
    value = int.from_bytes(hashlib.sha256("/".join(map(str, names)).encode()).digest()[:6], "big")
    torch.manual_seed(value)
    return value


def generator(where: torch.device, *names: str | int) -> torch.Generator:
    """Returns the source of randomness of a piece of work by its names."""
    return torch.Generator(where).manual_seed(seed(*names))
