"""Methods by name: a file in `autoencoders/` or `priors/` is a method, and its public class is what it makes."""

__all__ = ["KINDS", "find", "hyperparameters", "method_of", "modules", "names"]

import importlib
import inspect
import pkgutil

from .networks import VARIANTS

KINDS = ("autoencoders", "priors")


def names(kind: str) -> list[str]:
    """Returns the names of all methods of a kind, "autoencoders" or "priors"."""
    package = importlib.import_module(f"latentpriors.{kind}")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.name != "base")


def find(kind: str, name: str) -> type:
    """Returns the class of a method; only its own file is imported.

    Raises:
        ValueError: there is no such method.
    """
    if name not in names(kind):
        raise ValueError(f"{kind}: {name!r} is unknown; choose from {', '.join(names(kind))}")
    module = importlib.import_module(f"latentpriors.{kind}.{name}")
    return getattr(module, module.__all__[0])


def method_of(name: str, block: dict) -> str:
    """Returns the method of a block of params.yaml: the one that it names, else that of its own name."""
    return block.get("method", name)


def hyperparameters(kind: str, name: str) -> dict[str, inspect.Parameter]:
    """Returns the keyword-only parameters of a method's constructor: what params.yaml may set."""
    parameters = inspect.signature(find(kind, name)).parameters
    return {key: p for key, p in parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}


def modules(kind: str, name: str, block: dict) -> list[str]:
    """Returns the modules that a block of params.yaml brings in by name: its method's, and that of a network.

    No import statement shows these, so whoever asks what a result rests on asks here too.
    """
    network = block.get("network")
    return [f"latentpriors.{kind}.{method_of(name, block)}", *([VARIANTS[network]] if network in VARIANTS else [])]
