"""One fit of one seed: images to an autoencoder and its codes, codes to a prior; and both out of their files again."""

__all__ = ["fit_autoencoder", "fit_prior", "load_autoencoder", "load_codes"]

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from .autoencoders.base import Autoencoder, NativePrior
from .evaluation.interpolation import images as images_of
from .priors.base import FORMAT, FittedPrior, Standardization
from .registry import find
from .store import contents, save_tensors
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
            autoencoder brings a native prior, the codes' file holds that too; see `load_codes`.
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
    about = {"name": name, "arguments": arguments, "format": FORMAT}
    save_tensors(folder / "weights.safetensors", model.state_dict(), about)
    save_tensors(folder / "shots.safetensors", shots)
    model.generator = codes
    found = {split: evaluate(model.codes, (x,)) for split, x in images.items()}
    scaling = Standardization.of(found["train"])
    found |= {"mean": scaling.mean, "scale": scaling.scale}
    native, about = model.native(), {"format": FORMAT}
    if native:
        found |= {f"native.{key}": tensor for key, tensor in native.state.items()}
        about |= {"native": native[:2]}
    save_tensors(folder / "codes.safetensors", found, about)
    return figures | {"parameters": _parameters(model)}


def fit_prior(name: str, arguments: dict, codes: dict[str, Tensor], budget: Budget, folder: Path) -> dict[str, float]:
    """Fits a prior to training codes, writes prior and shots (.safetensors) and plane.csv, returns the last figures.

    The figures have `nll` and `nll_validation`, nats of the raw codes, where the prior has a density. Where the codes
    come with a native prior, `native` takes that over as it is: its file names its own method.

    Arguments:
        name: Of the method.
        arguments: Of its constructor, without `dim`.
        codes: As `load_codes` returns them.
        budget: Of the training.
        folder: Where the files go.
    """
    train, scaling = codes["train"], Standardization(codes["mean"], codes["scale"])
    native = codes.get("native") if name == "native" else None
    fitted = FittedPrior.native(*native, train.shape[1]) if native else FittedPrior.new(name, arguments, scaling)
    prior, shots, origin = fitted.prior, {}, budget.generator.initial_seed()
    z = {split: fitted.scaling(codes[split]) for split in ("train", "validation", "test")}

    def look(step: int) -> None:
        # The same noise at every look, so that looks differ by the weights alone.
        noise = torch.Generator(budget.generator.device).manual_seed(origin)
        prior.eval()
        shots[f"{step:07}"] = fitted.sample(SHOTS, noise)
        prior.train()

    figures = {} if native else prior.fit(z["train"], z["validation"], replace(budget, look=look))
    save_tensors(folder / "shots.safetensors", shots)
    fitted.save(folder / "prior.safetensors")
    # A native prior's are the autoencoder's: nothing was fitted here.
    figures |= {"parameters": 0 if native else _parameters(prior), "yardstick": prior.yardstick}
    figures |= {"evaluations": prior.evaluations} if prior.evaluations > 1 else {}  # more than one pass is a cost
    if prior.has_density:
        for key, split in (("nll", "test"), ("nll_validation", "validation")):
            log_prob = evaluate(prior.log_prob, (z[split],))
            figures[key] = -float(fitted.scaling.log_prob(log_prob).double().mean())
    drawn = fitted.sample(PLANE_POINTS, budget.generator)
    _plane(scaling(codes["test"][:PLANE_POINTS]), scaling(drawn)).to_csv(folder / "plane.csv", index=False)
    return figures


def load_autoencoder(path: Path, device: str | torch.device) -> Autoencoder:
    """Returns the trained autoencoder of a file.

    Raises:
        StoreError: the file is missing, damaged, of another format, or holds no autoencoder.
    """
    with contents(path, "an autoencoder", device, FORMAT) as (weights, about):
        model = find("autoencoders", about["name"])(**about["arguments"]).to(device)
        model.load_state_dict(weights)
        return model.eval()


def load_codes(path: Path, device: str | torch.device) -> dict:
    """Returns the codes of a file, their `mean` and `scale`, and as `native` the prior that came with them, if any.

    Raises:
        StoreError: the file is missing, damaged, of another format, or holds no codes.
    """
    with contents(path, "codes of an autoencoder", device, FORMAT) as (tensors, about):
        codes = {key: tensor for key, tensor in tensors.items() if not key.startswith("native.")}
        shapes = {key: tuple(codes[key].shape[-1:]) for key in ("train", "validation", "test", "mean", "scale")}
        if len(set(shapes.values())) > 1:
            raise ValueError(f"their dimensions differ: {shapes}")
        if "native" in about:
            state = {key.removeprefix("native."): tensors[key] for key in tensors.keys() - codes.keys()}
            codes["native"] = NativePrior(*about["native"], state)
        return codes


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
