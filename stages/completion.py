"""Stage `completion`: images completed from a part of them, by a network and by a conditional VAE, for each seed."""

import shutil
from pathlib import Path

import torch

from context import ROOT, arguments, device, generator, params, run, seed
from latentpriors.completion import Baseline, completions
from latentpriors.completion_vae import CompletionVAE, figures
from latentpriors.previews import save_grid
from latentpriors.store import load_tensors, whole
from latentpriors.training import Budget, train
from seeds import curves, each_seed, gather_curves, gather_facts

MODELS = {"baseline": Baseline, "cvae": CompletionVAE}
CODE = [ROOT / f"src/latentpriors/{name}.py" for name in ("completion", "completion_vae")]  # a finished seed's
SHOWN = 8  # test images in the picture for each number of quarters


def main() -> None:
    options = arguments(
        __doc__, dataset="a key of datasets in params.yaml", images="the images' file",
        metrics="the JSON file for the figures", preview="the folder for curves and pictures",
    )  # fmt: skip
    dataset, own, shared = (
        options.dataset,
        params(f"datasets.{options.dataset}.completion"),
        params(f"datasets.{options.dataset}.autoencoder"),
    )
    where, latent = device(shared["precision"]), shared["network"]["latent"]
    data = load_tensors(Path(options.images), where)[0]
    images = {split: data[f"{split}.images"].float() / 255 for split in ("train", "validation", "test")}
    kwargs = {key: value for key, value in shared["network"].items() if key != "latent"}
    steps = round(own["factor"] * shared["steps"])

    def fit(index: int, folder: Path) -> dict:
        log, facts, pictures = curves(folder), {}, []
        for quarters in own["quarters"]:
            models = {}
            for name, cls in MODELS.items():
                budget = Budget(
                    steps, shared["batch_size"], generator(where, "batches", dataset, index), shared["precision"],
                    log=lambda step, found, key=f"{name}_{quarters}": log(
                        step, {f"{key}_{figure}": value for figure, value in found.items()}
                    ),
                    label=f"{dataset} {name} {quarters} {index}", row=index,
                )  # fmt: skip
                seed("completion", dataset, index)
                extra = {} if cls is Baseline else {"latent": latent}
                model = models[name] = cls(images["train"].shape[1:], quarters, **kwargs, **extra).to(where)
                found = train(model, (images["train"],), budget, (images["validation"],))
                model.generator = generator(where, "completion", dataset, quarters, index)
                found |= figures(model, images["test"], own["samples"])
                facts |= {f"{name}_{quarters}_{figure}": value for figure, value in found.items()}
            pictures.append(completions(*models.values(), images["test"][:SHOWN]))
        save_grid(torch.cat(pictures), folder / "completions.png")
        return facts | {"steps": steps, "samples": own["samples"], "device": where.type}

    settings = {"shared": shared, "own": own, "device": str(where)}
    folders = each_seed(
        f"completion/{dataset}", params("seeds"), settings, lambda index: [Path(options.images), *CODE], fit
    )
    gather_facts(folders, Path(options.metrics))
    with whole(Path(options.preview)) as part:
        part.mkdir(parents=True)
        gather_curves(folders).to_csv(part / "curves.csv", index=False)
        shutil.copyfile(folders[0] / "completions.png", part / "completions.png")


if __name__ == "__main__":
    run(main)
