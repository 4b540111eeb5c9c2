"""Stage `train_autoencoder`: an autoencoder for each seed, the codes of every split, curves and a latent map."""

from context import ROOT, run
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from latentpriors.evaluation.interpolation import COLUMNS, line_images, shown
from latentpriors.evaluation.previews import POINTS, latent_map, save_grid
from latentpriors.fits import fit_autoencoder, load_autoencoder
from latentpriors.over_seeds import curves, each_seed, facts_of, gather, gather_curves, merged
from latentpriors.project.code import fingerprints
from latentpriors.runs import device, generator, seed, value
from latentpriors.store import load_tensors, save_json, whole
from latentpriors.training import Protocol

if TYPE_CHECKING:
    import pandas as pd


def train_autoencoder(
    params: dict, dataset: str, autoencoder: str, images: Path, weights: Path, codes: Path, preview: Path, metrics: Path
) -> None:
    """An autoencoder for each seed, the codes of every split, curves and a latent map.

    Arguments:
        dataset: A key of datasets in params.yaml.
        autoencoder: A key of autoencoders in params.yaml.
        images: The images' file.
        weights: The folder for weights.
        codes: The folder for codes.
        preview: The folder for curves and map.
        metrics: The JSON file for the facts.
    """
    shared, block = value(params, f"datasets.{dataset}.autoencoder"), value(params, f"autoencoders.{autoencoder}")
    where = device(params, shared["precision"])
    data = load_tensors(images, where)[0]
    pictures = {split: data[f"{split}.images"].float() / 255 for split in ("train", "validation", "test")}
    labels = {split: data[f"{split}.labels"] for split in ("train", "validation")}
    block = {"shape": list(pictures["train"].shape[1:])} | shared["network"] | block
    protocol = Protocol.of(autoencoder, block, shared, where)

    def fit(index: int, folder: Path) -> dict:
        # The names of a seed leave out the method: one start and one order of the data for all that is compared.
        order = generator(where, "batches", dataset, index)
        budget = protocol.budget(order, f"{dataset} {autoencoder} {index}", index, curves(folder))
        seed("autoencoder", dataset, index)
        noise = generator(where, "codes", dataset, index)
        figures = fit_autoencoder(protocol.method, protocol.arguments, pictures, budget, noise, folder, labels)
        return figures | protocol.facts

    folders = each_seed(
        f"autoencoder/{dataset}-{autoencoder}", params["seeds"], protocol.settings, lambda index: [images], fit,
        fingerprints(ROOT, "train_autoencoder", autoencoders=[autoencoder]),
    )  # fmt: skip
    gather(folders, "weights.safetensors", weights)
    gather(folders, "codes.safetensors", codes)
    save_json(metrics, merged(facts_of(folders)))
    with whole(preview) as part:
        part.mkdir(parents=True)
        gather_curves(folders).to_csv(part / "curves.csv", index=False)
        held_out = load_tensors(folders[0] / "codes.safetensors")[0]["test"]
        _map(held_out, data["test.labels"].cpu()).to_csv(part / "map.csv", index=False)
        model = load_autoencoder(folders[0] / "weights.safetensors", "cpu")
        shots = load_tensors(folders[0] / "shots.safetensors")[0]
        save_grid(line_images(model, held_out), part / "interpolation.png")
        save_grid(torch.cat(shown(shots)), part / "training.png", 2 * COLUMNS)


def _map(codes: torch.Tensor, labels: torch.Tensor) -> "pd.DataFrame":
    """Returns the map of the first codes (N, D) and their labels (N,); codes that are all alike are one point."""
    import pandas as pd

    if (codes != codes[0]).any():
        return latent_map(codes, labels)
    # An encoder has collapsed: t-SNE would divide by the spread of its codes, and the process die of it.
    return pd.DataFrame({"label": labels[:POINTS].numpy()}).assign(x=0.0, y=0.0)[["x", "y", "label"]]


if __name__ == "__main__":
    run(train_autoencoder)
