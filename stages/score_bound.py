"""Stage `score_bound`: what decoders with priors that were fitted afterwards say of test images in nats."""

from context import run
from pathlib import Path

from latentpriors.fits import load_autoencoder, load_codes
from latentpriors.likelihood.two_stage import two_stage_figures
from latentpriors.over_seeds import merged
from latentpriors.priors.base import FittedPrior
from latentpriors.processes import side_by_side
from latentpriors.runs import device, generator
from latentpriors.store import load_tensors, save_json, seed_files


def score_bound(
    params: dict, autoencoder: str, prior: str, images: Path, weights: Path, codes: Path, priors: Path, metrics: Path
) -> None:
    """What decoders with priors that were fitted afterwards say of test images in nats.

    Arguments:
        autoencoder: A key of autoencoders in params.yaml.
        prior: A key of priors in params.yaml.
        images: The images' file.
        weights: The folder of the autoencoder's weights.
        codes: The folder of its codes.
        priors: The folder of the cell's priors.
        metrics: The JSON file for the figures.
    """
    where, files = device(params), seed_files(priors)
    data = load_tensors(images, where)[0]
    test, validation = (data[f"{split}.images"].float() / 255 for split in ("test", "validation"))

    def figures(index: int) -> dict[str, float | str]:
        # The names leave out the method: what is compared gets the same noise, and so do the autoencoders' own priors.
        name = files[index].name
        model, fitted = load_autoencoder(weights / name, where), FittedPrior.load(files[index], where)
        stored = load_codes(codes / name, where)
        return two_stage_figures(
            model, fitted, test, stored, generator(where, "likelihood", files[index].stem), validation
        )

    save_json(metrics, merged(side_by_side(figures, range(len(files)), where.type)))


if __name__ == "__main__":
    run(score_bound)
