"""Stage `sample`: codes from a cell's prior and the images that the decoder makes of them, for each seed."""

import time
from pathlib import Path

import torch

from context import arguments, device, generator, params, run
from latentpriors.fits import load_autoencoder, load_prior, samples
from latentpriors.priors.base import Standardization
from latentpriors.store import load_tensors, save_tensors, whole
from latentpriors.walks import images, pictures


@torch.no_grad()
def main() -> None:
    options = arguments(
        __doc__, dataset="a key of datasets in params.yaml", cell="the cell's name, which seeds the noise",
        prior="the folder of the cell's priors", decoder="the folder of the autoencoder's weights",
        codes="the folder of its codes", fit="the folder of the fit", out="the folder for the samples",
    )  # fmt: skip
    where, n = device(), params(f"datasets.{options.dataset}.samples")
    with whole(Path(options.out)) as part:
        part.mkdir(parents=True)
        for path in sorted(Path(options.prior).glob("*.safetensors")):
            prior = load_prior(path, where)
            model = load_autoencoder(Path(options.decoder) / path.name, where)
            stored = load_tensors(Path(options.codes) / path.name, where)[0]
            noise, start = generator(where, "sample", options.cell, path.stem), time.perf_counter()
            scaling = Standardization(stored["mean"], stored["scale"])
            codes = samples(prior, scaling, n, noise)
            seconds = time.perf_counter() - start
            found = {"codes": codes, "images": images(model, codes)}
            save_tensors(part / path.name, found, {"seconds": seconds, "device": where.type})
            if path.stem == "seed0":
                shots = load_tensors(Path(options.fit) / "shots.safetensors", where)[0]
                drawn = pictures(prior, scaling, stored["test"], shots, noise)
                save_tensors(part / "pictures.safetensors", {name: images(model, z) for name, z in drawn.items()})


if __name__ == "__main__":
    run(main)
