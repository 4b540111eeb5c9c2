"""Methods by name: a file in `autoencoders/` or `priors/` is a method, and its public class is what it makes."""

__all__ = ["KINDS", "find", "hyperparameters", "method_of", "modules", "names"]

import importlib
import inspect
import pkgutil
import re
from types import ModuleType

from .choices import unknown
from .networks import VARIANTS

KINDS = {"autoencoders": "Autoencoder", "priors": "Prior"}  # and what all methods of a kind are, in its `base`


def names(kind: str) -> list[str]:
    """Returns the names of all methods of a kind, "autoencoders" or "priors".

    A folder is none, nor is a file whose name is private (_shared.py) or no name in Python (flow-copy.py).
    """
    files = [module for module in pkgutil.iter_modules(_package(kind).__path__) if not module.ispkg]
    return sorted(file.name for file in files if re.fullmatch(r"(?!base$)[a-zA-Z]\w*", file.name, re.ASCII))


def find(kind: str, name: str) -> type:
    """Returns the class of a method; only its own file is imported.

    Raises:
        ValueError: there is no such method, or its file has no class of this kind.
    """
    if name not in names(kind):
        raise ValueError(unknown(kind, name, names(kind)))
    module, base = importlib.import_module(f"latentpriors.{kind}.{name}"), KINDS[kind]
    found = getattr(module, next(iter(getattr(module, "__all__", ())), ""), None)
    if not (isinstance(found, type) and issubclass(found, getattr(_package(f"{kind}.base"), base))):
        raise ValueError(
            f"{module.__file__}: the first name in __all__ must be a subclass of {base}; what is no method has a name "
            f"that begins with an underscore, _{name}.py"
        )
    return found


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


def _package(name: str) -> ModuleType:
    return importlib.import_module(f"latentpriors.{name}")
