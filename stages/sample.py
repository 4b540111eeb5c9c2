"""Stage `sample`: codes from a cell's prior and the images that the decoder makes of them, for each seed."""

import time
from context import run
from pathlib import Path

import torch

from latentpriors.evaluation.interpolation import images, pictures
from latentpriors.fits import load_autoencoder, load_codes
from latentpriors.priors.base import FittedPrior
from latentpriors.runs import device, generator, value
from latentpriors.store import load_tensors, save_tensors, seed_files, whole


@torch.no_grad()
def sample(
    params: dict, dataset: str, autoencoder: str, prior: str, priors: Path, weights: Path, codes: Path, fit: Path,
    out: Path,
) -> None:  # fmt: skip
    """Codes from a cell's prior and the images that the decoder makes of them, for each seed.

    Arguments:
        dataset: A key of datasets in params.yaml.
        autoencoder: A key of autoencoders in params.yaml.
        prior: A key of priors in params.yaml.
        priors: The folder of the cell's priors.
        weights: The folder of the autoencoder's weights.
        codes: The folder of its codes.
        fit: The folder of the fit.
        out: The folder for the samples.
    """
    where, n = device(params), value(params, f"datasets.{dataset}.samples")
    with whole(out) as part:
        part.mkdir(parents=True)
        for path in seed_files(priors):
            fitted = FittedPrior.load(path, where)
            model = load_autoencoder(weights / path.name, where)
            # The cell's name seeds the noise.
            noise, start = (
                generator(where, "sample", f"{dataset}-{autoencoder}-{prior}", path.stem),
                time.perf_counter(),
            )
            drawn = fitted.sample(n, noise)
            seconds = time.perf_counter() - start
            found = {"codes": drawn, "images": images(model, drawn)}
            save_tensors(part / path.name, found, {"seconds": seconds, "device": where.type})
            if path.stem == "seed0":
                shots = load_tensors(fit / "shots.safetensors", where)[0]
                shown = pictures(fitted, load_codes(codes / path.name, where)["test"], shots, noise)
                save_tensors(part / "pictures.safetensors", {name: images(model, z) for name, z in shown.items()})


if __name__ == "__main__":
    run(sample)
