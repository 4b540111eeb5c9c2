"""One fit of one seed: images to an autoencoder and its codes, codes to a prior; and both out of their files again."""

__all__ = ["fit_autoencoder", "fit_prior", "load_autoencoder", "load_prior", "samples"]

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from .autoencoders.base import Autoencoder, NativePrior
from .evaluation.interpolation import images as images_of
from .priors.base import Prior, Standardization
from .registry import find
from .store import load_tensors, save_tensors
from .training import Budget, evaluate

if TYPE_CHECKING:
    import pandas as pd

PLANE_POINTS = 1000  # of each kind in the picture of codes against samples
SHOTS = 8  # images or codes of each kind that are kept at every point of the curves: samples over training


def fit_autoencoder(
    name: str,
    arguments: dict,
    images: dict[str, Tensor],
    budget: Budget,
    codes: torch.Generator,
    folder: Path,
    labels: dict[str, Tensor] | None = None,
) -> dict[str, float]:
    """Trains an autoencoder, writes weights, codes and shots (.safetensors), and returns the last figures.

    Arguments:
        name: Of the method.
        arguments: Of its constructor.
        images: In [0, 1], with shape (N, C, H, W), of "train", "validation" and "test".
        budget: Of the training.
        codes: The randomness of a stochastic encoder's codes.
        folder: Where the files go. The codes of each split come with the `mean` and `scale` that standardize them; the
            shots are reconstructions of test images, then images of noise, at each point of the curves. Where the
            autoencoder brings a native prior, the codes' file holds that too: `native` and tensors `native.NAME`.
        labels: The classes, with shape (N,), of "train" and "validation"; for methods that learn from them.

    Raises:
        ValueError: the method learns from labels, and there are none, or they are of another number of classes.
    """
    model = find("autoencoders", name)(**arguments).to(images["train"].device)
    if model.labels and labels is None:
        raise ValueError(f"{name} learns from labels; give those of the training and validation images")
    classes = arguments.get("classes")
    if model.labels and classes and classes != (found := 1 + max(int(labels[s].max()) for s in labels)):
        raise ValueError(f"{name} has {classes} classes and the images have {found}; set `classes` to that")
    data = {s: (images[s], labels[s]) if model.labels else (images[s],) for s in ("train", "validation")}
    noise = torch.randn(SHOTS, model.latent, generator=codes, device=codes.device)
    shots = {}

    def look(step: int) -> None:
        z = model.eval().encode(images["test"][:SHOTS])[0]
        shots[f"{step:07}"] = images_of(model, torch.cat([z, noise]))
        model.train()

    figures = model.fit(data["train"], data["validation"], replace(budget, look=torch.no_grad()(look)))
    save_tensors(folder / "weights.safetensors", model.state_dict(), {"name": name, "arguments": arguments})
    save_tensors(folder / "shots.safetensors", shots)
    model.generator = codes
    found = {split: evaluate(model.codes, (x,)) for split, x in images.items()}
    scaling = Standardization.of(found["train"])
    found |= {"mean": scaling.mean, "scale": scaling.scale}
    native = model.native()
    save_tensors(folder / "codes.safetensors", found | (native.tensors() if native else {}))
    return figures | {"parameters": _parameters(model)}


def fit_prior(name: str, arguments: dict, codes: dict[str, Tensor], budget: Budget, folder: Path) -> dict[str, float]:
    """Fits a prior to training codes, writes prior and shots (.safetensors) and plane.csv, returns the last figures.

    The figures have `nll` and `nll_validation`, nats of the raw codes, where the prior has a density. Where the codes
    come with a native prior, `native` takes that over as it is: its file names its own method, and that it is `raw`.

    Arguments:
        name: Of the method.
        arguments: Of its constructor, without `dim`.
        codes: As `fit_autoencoder` wrote them, on one device.
        budget: Of the training.
        folder: Where the files go.
    """
    scaling = Standardization(codes["mean"], codes["scale"])
    native = NativePrior.among(codes) if name == "native" else None
    name, arguments = native[:2] if native else (name, arguments)
    about = {"name": name, "arguments": {"dim": codes["train"].shape[1]} | arguments}
    about |= {"raw": True} if native else {}
    prior = _new_prior(about).to(codes["train"].device)
    z = {split: codes[split] if prior.raw else scaling(codes[split]) for split in ("train", "validation", "test")}
    shots, origin = {}, budget.generator.initial_seed()

    def look(step: int) -> None:
        # The same noise at every look, so that looks differ by the weights alone.
        noise = torch.Generator(budget.generator.device).manual_seed(origin)
        shots[f"{step:07}"] = samples(prior.eval(), scaling, SHOTS, noise)
        prior.train()

    if native:
        prior.eval().load(native.state)
    figures = {} if native else prior.fit(z["train"], z["validation"], replace(budget, look=look))
    save_tensors(folder / "shots.safetensors", shots)
    save_tensors(folder / "prior.safetensors", prior.state_dict(), about)
    # A native prior's are the autoencoder's: nothing was fitted here.
    figures |= {"parameters": 0 if native else _parameters(prior), "yardstick": prior.yardstick}
    figures |= {"evaluations": prior.evaluations} if prior.evaluations > 1 else {}  # more than one pass is a cost
    if prior.has_density:
        for key, split in (("nll", "test"), ("nll_validation", "validation")):
            log_prob = evaluate(prior.log_prob, (z[split],))
            figures[key] = -float((log_prob if prior.raw else scaling.log_prob(log_prob)).double().mean())
    drawn = samples(prior, scaling, PLANE_POINTS, budget.generator)
    _plane(scaling(codes["test"][:PLANE_POINTS]), scaling(drawn)).to_csv(folder / "plane.csv", index=False)
    return figures


def samples(prior: Prior, scaling: Standardization, n: int, generator: torch.Generator) -> Tensor:
    """Returns n codes (n, D) in raw code space."""
    drawn = prior.sample(n, generator)
    return drawn if prior.raw else scaling.inverse(drawn)


def load_autoencoder(path: Path, device: str | torch.device) -> Autoencoder:
    """Returns the trained autoencoder of a file."""
    weights, about = load_tensors(path, device)
    model = find("autoencoders", about["name"])(**about["arguments"]).to(device)
    model.load_state_dict(weights)
    return model.eval()


def load_prior(path: Path, device: str | torch.device) -> Prior:
    """Returns the fitted prior of a file."""
    weights, about = load_tensors(path, device)
    prior = _new_prior(about).to(device)
    prior.load(weights)
    return prior.eval()


def _new_prior(about: dict) -> Prior:
    prior = find("priors", about["name"])(**about["arguments"])
    prior.raw = about.get("raw", prior.raw)  # a native prior lives in raw code space, whatever its class does
    return prior


def _parameters(module: torch.nn.Module) -> int:
    """Counts what a fit found: weights, and for closed forms what they keep of the codes."""
    found = sum(p.numel() for p in module.parameters())
    return found or sum(b.numel() for name, b in module.named_buffers() if name != "origin")


def _plane(real: Tensor, drawn: Tensor) -> "pd.DataFrame":
    """Projects real and drawn codes onto the two first principal axes of the real ones."""
    import pandas as pd  # here: who only samples need not wait for it

    real, drawn = real.double().cpu().numpy(), drawn.double().cpu().numpy()
    axes = np.linalg.svd(real - real.mean(0), full_matrices=False)[2][:2]
    # A singular vector's sign is arbitrary, and a second axis is missing where codes have one dimension.
    axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    axes = np.vstack([axes, np.zeros((2 - len(axes), axes.shape[1]))])
    points = [(z - real.mean(0)) @ axes.T for z in (real, drawn)]
    table = pd.DataFrame(np.vstack(points).round(3), columns=["x", "y"])
    return table.assign(source=["held-out codes"] * len(real) + ["prior samples"] * len(drawn))
