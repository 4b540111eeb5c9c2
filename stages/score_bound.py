"""Stage `score_bound`: what decoders with priors that were fitted afterwards say of test images in nats."""

from pathlib import Path

from context import arguments, device, generator, run
from latentpriors.fits import load_autoencoder, load_prior
from latentpriors.likelihoods import summary
from latentpriors.store import load_tensors, save_json
from latentpriors.two_stage_bounds import two_stage_figures
from seeds import side_by_side


def main() -> None:
    options = arguments(
        __doc__, images="the images' file", weights="the folder of an autoencoder's weights",
        codes="the folder of its codes", prior="the folder of the cell's priors",
        metrics="the JSON file for the figures",
    )  # fmt: skip
    where, files = device(), sorted(Path(options.prior).glob("seed*.safetensors"))
    data = load_tensors(Path(options.images), where)[0]
    images, validation = (data[f"{split}.images"].float() / 255 for split in ("test", "validation"))

    def figures(index: int) -> dict[str, float | str]:
        # The names leave out the method: what is compared gets the same noise, and so do the autoencoders' own priors.
        name = files[index].name
        model, prior = load_autoencoder(Path(options.weights) / name, where), load_prior(files[index], where)
        codes = load_tensors(Path(options.codes) / name, where)[0]
        noise = generator(where, "likelihood", files[index].stem)
        return two_stage_figures(model, prior, images, codes, noise, validation)

    if not files:
        raise ValueError(f"there are no priors in {options.prior}; run fit_prior first")
    save_json(Path(options.metrics), summary(side_by_side(figures, range(len(files)), where.type)))


if __name__ == "__main__":
    run(main)
