"""Stage `completion`: images completed from a part of them, by a network and by a conditional VAE, for each seed."""

import shutil
from context import ROOT, run
from pathlib import Path

import torch

from latentpriors.evaluation.previews import save_grid
from latentpriors.over_seeds import curves, each_seed, facts_of, gather_curves, merged
from latentpriors.project.code import fingerprints
from latentpriors.runs import device, generator, seed, value
from latentpriors.store import load_tensors, save_json, whole
from latentpriors.studies.completion import Baseline, CompletionVAE, completions, figures
from latentpriors.training import Protocol, train

MODELS = {"baseline": Baseline, "cvae": CompletionVAE}
SHOWN = 8  # test images in the picture for each number of quarters


def completion(params: dict, dataset: str, images: Path, metrics: Path, preview: Path) -> None:
    """Images completed from a part of them, by a network and by a conditional VAE, for each seed.

    Arguments:
        dataset: A key of datasets in params.yaml.
        images: The images' file.
        metrics: The JSON file for the figures.
        preview: The folder for curves and pictures.
    """
    own, shared = (value(params, f"datasets.{dataset}.{key}") for key in ("completion", "autoencoder"))
    where, latent = device(params, shared["precision"]), shared["network"]["latent"]
    data = load_tensors(images, where)[0]
    train_images, validation, test = (data[f"{s}.images"].float() / 255 for s in ("train", "validation", "test"))
    kwargs = {key: setting for key, setting in shared["network"].items() if key != "latent"}
    protocol = Protocol.of("completion", kwargs, shared, where, own["factor"])

    def fit(index: int, folder: Path) -> dict:
        log, facts, pictures = curves(folder), {}, []
        for quarters in own["quarters"]:
            models = {}
            for name, cls in MODELS.items():
                budget = protocol.budget(
                    generator(where, "batches", dataset, index), f"{dataset} {name} {quarters} {index}", index,
                    lambda step, found, key=f"{name}_{quarters}": log(
                        step, {f"{key}_{figure}": loss for figure, loss in found.items()}
                    ),
                )  # fmt: skip
                seed("completion", dataset, index)
                extra = {} if cls is Baseline else {"latent": latent}
                model = models[name] = cls(train_images.shape[1:], quarters, **kwargs, **extra).to(where)
                found = train(model, (train_images,), budget, (validation,))
                model.generator = generator(where, "completion", dataset, quarters, index)
                found |= figures(model, test, own["samples"])
                facts |= {f"{name}_{quarters}_{figure}": loss for figure, loss in found.items()}
            pictures.append(completions(*models.values(), test[:SHOWN]))
        save_grid(torch.cat(pictures), folder / "completions.png")
        return facts | {"steps": protocol.steps, "samples": own["samples"], "device": where.type}

    folders = each_seed(
        f"completion/{dataset}", params["seeds"], protocol.settings | {"own": own, "latent": latent},
        lambda index: [images], fit, fingerprints(ROOT, "completion"),
    )  # fmt: skip
    save_json(metrics, merged(facts_of(folders)))
    with whole(preview) as part:
        part.mkdir(parents=True)
        gather_curves(folders).to_csv(part / "curves.csv", index=False)
        shutil.copyfile(folders[0] / "completions.png", part / "completions.png")


if __name__ == "__main__":
    run(completion)
