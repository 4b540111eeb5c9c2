"""Stage `train_autoencoder`: an autoencoder for each seed, the codes of every split, curves and a latent map."""

from pathlib import Path

import torch

from context import arguments, device, generator, params, run, seed
from latentpriors.fits import fit_autoencoder, load_autoencoder
from latentpriors.previews import latent_map, save_grid
from latentpriors.registry import find
from latentpriors.store import load_tensors, whole
from latentpriors.training import Budget
from latentpriors.walks import COLUMNS, line_images, shown
from seeds import curves, each_seed, gather, gather_curves, gather_facts


def main() -> None:
    options = arguments(
        __doc__, dataset="a key of datasets in params.yaml", autoencoder="a key of autoencoders in params.yaml",
        images="the images' file", weights="the folder for weights", codes="the folder for codes",
        preview="the folder for curves and map", metrics="the JSON file for the facts",
    )  # fmt: skip
    dataset, name = options.dataset, options.autoencoder
    shared, own = params(f"datasets.{dataset}.autoencoder"), dict(params(f"autoencoders.{name}"))
    factor, where = own.pop("factor", None), device(shared["precision"])  # closed forms have no factor and no steps
    data = load_tensors(Path(options.images), where)[0]
    images = {split: data[f"{split}.images"].float() / 255 for split in ("train", "validation", "test")}
    labels = {split: data[f"{split}.labels"] for split in ("train", "validation")}

    def fit(index: int, folder: Path) -> dict:
        # The names of a seed leave out the method: one start and one order of the data for all that is compared.
        steps, order = round((factor or 1) * shared["steps"]), generator(where, "batches", dataset, index)
        budget = Budget(
            steps, shared["batch_size"], order, shared["precision"],
            log=curves(folder), label=f"{dataset} {name} {index}", row=index,
        )  # fmt: skip
        seed("autoencoder", dataset, index)
        kwargs = {"shape": list(images["train"].shape[1:])} | shared["network"] | own
        figures = fit_autoencoder(
            name, kwargs, images, budget, generator(where, "codes", dataset, index), folder, labels
        )
        spent = {"steps": steps, "factor": factor} if factor else {}
        return figures | spent | {"device": where.type}

    find("autoencoders", name)  # loaded now: finished seeds are found by the method's source too
    settings = {"shared": shared, "own": own, "factor": factor, "device": str(where)}
    folders = each_seed(
        f"autoencoder/{dataset}-{name}", params("seeds"), settings, lambda index: [Path(options.images)], fit
    )
    gather(folders, "weights.safetensors", Path(options.weights))
    gather(folders, "codes.safetensors", Path(options.codes))
    gather_facts(folders, Path(options.metrics))
    with whole(Path(options.preview)) as part:
        part.mkdir(parents=True)
        gather_curves(folders).to_csv(part / "curves.csv", index=False)
        codes = load_tensors(folders[0] / "codes.safetensors")[0]["test"]
        latent_map(codes, data["test.labels"].cpu()).to_csv(part / "map.csv", index=False)
        model = load_autoencoder(folders[0] / "weights.safetensors", "cpu")
        shots = load_tensors(folders[0] / "shots.safetensors")[0]
        save_grid(line_images(model, codes), part / "interpolation.png")
        save_grid(torch.cat(shown(shots)), part / "training.png", 2 * COLUMNS)


if __name__ == "__main__":
    run(main)
