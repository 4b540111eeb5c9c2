"""Stage `score_likelihood`: what autoencoders say of test images in nats, and whether their codes meet their priors."""

from pathlib import Path

from context import arguments, device, generator, run
from latentpriors.fits import load_autoencoder
from latentpriors.likelihoods import likelihood_figures, summary
from latentpriors.store import load_tensors, save_json
from seeds import side_by_side


def main() -> None:
    options = arguments(
        __doc__, images="the images' file", weights="the folder of an autoencoder's weights",
        codes="the folder of its codes", metrics="the JSON file for the figures",
    )  # fmt: skip
    where, files = device(), sorted(Path(options.weights).glob("seed*.safetensors"))
    data = load_tensors(Path(options.images), where)[0]
    images, validation = (data[f"{split}.images"].float() / 255 for split in ("test", "validation"))
    models = [load_autoencoder(path, where) for path in files]

    def figures(index: int) -> dict[str, float | str]:
        # The names leave out the method: what is compared gets the same noise.
        codes = load_tensors(Path(options.codes) / files[index].name, where)[0]
        noise = generator(where, "likelihood", files[index].stem)
        return likelihood_figures(
            models[index], images, codes, noise, labels=data["test.labels"], validation=validation
        )

    if not files:
        raise ValueError(f"there are no weights in {options.weights}; run train_autoencoder first")
    save_json(Path(options.metrics), summary(side_by_side(figures, range(len(files)), where.type)))


if __name__ == "__main__":
    run(main)
