"""Stage `score_likelihood`: what autoencoders say of test images in nats, and whether their codes meet their priors."""

from context import run
from pathlib import Path

from latentpriors.fits import load_autoencoder, load_codes
from latentpriors.likelihood.collapse import VERDICTS
from latentpriors.likelihood.terms import likelihood_figures
from latentpriors.over_seeds import merged
from latentpriors.processes import side_by_side
from latentpriors.runs import device, generator
from latentpriors.store import load_tensors, save_json, seed_files


def score_likelihood(params: dict, autoencoder: str, images: Path, weights: Path, codes: Path, metrics: Path) -> None:
    """What autoencoders say of test images in nats, and whether their codes meet their priors.

    Arguments:
        autoencoder: A key of autoencoders in params.yaml.
        images: The images' file.
        weights: The folder of the autoencoder's weights.
        codes: The folder of its codes.
        metrics: The JSON file for the figures.
    """
    where, files = device(params), seed_files(weights)
    data = load_tensors(images, where)[0]
    test, validation = (data[f"{split}.images"].float() / 255 for split in ("test", "validation"))
    models = [load_autoencoder(path, where) for path in files]

    def figures(index: int) -> dict[str, float | str]:
        # The names leave out the method: what is compared gets the same noise.
        stored = load_codes(codes / files[index].name, where)
        noise = generator(where, "likelihood", files[index].stem)
        return likelihood_figures(models[index], test, stored, noise, labels=data["test.labels"], validation=validation)

    save_json(metrics, merged(side_by_side(figures, range(len(files)), where.type), VERDICTS))


if __name__ == "__main__":
    run(score_likelihood, priors=["native"])  # of autoencoders without a prior of their own
