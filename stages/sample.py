"""Stage `sample`: codes from a cell's prior and the images that the decoder makes of them, for each seed."""

import time
from pathlib import Path

from context import arguments, device, generator, params, run
from latentpriors.fits import load_autoencoder, load_prior, samples
from latentpriors.priors.base import Standardization
from latentpriors.store import load_tensors, save_tensors, whole
from latentpriors.training import evaluate


def main() -> None:
    options = arguments(
        __doc__, dataset="a key of datasets in params.yaml", cell="the cell's name, which seeds the noise",
        prior="the folder of the cell's priors", decoder="the folder of the autoencoder's weights",
        codes="the folder of its codes", out="the folder for the samples",
    )  # fmt: skip
    where, n = device(), params(f"datasets.{options.dataset}.samples")
    with whole(Path(options.out)) as part:
        part.mkdir(parents=True)
        for path in sorted(Path(options.prior).glob("*.safetensors")):
            prior = load_prior(path, where)
            model = load_autoencoder(Path(options.decoder) / path.name, where)
            stored = load_tensors(Path(options.codes) / path.name, where)[0]
            noise, start = generator(where, "sample", options.cell, path.stem), time.perf_counter()
            codes = samples(prior, Standardization(stored["mean"], stored["scale"]), n, noise)
            seconds = time.perf_counter() - start
            # As bytes, since real images come as bytes too.
            images = (evaluate(model.decode, (codes,)) * 255).round().byte()
            save_tensors(
                part / path.name, {"codes": codes, "images": images}, {"seconds": seconds, "device": where.type}
            )


if __name__ == "__main__":
    run(main)
