"""Stage `evolution`: what autoencoders with critics of images generate over the epochs of their training."""

from context import ROOT, run
from pathlib import Path

from latentpriors.evaluation.fcd import load_classifiers, load_reference
from latentpriors.evaluation.previews import save_grid
from latentpriors.over_seeds import curves, each_seed, facts_of, gather_curves
from latentpriors.project.code import fingerprints
from latentpriors.registry import find
from latentpriors.runs import device, generator, seed, value
from latentpriors.store import load_tensors, save_json, save_tensors, whole
from latentpriors.studies.evolution import SHOTS, evolve
from latentpriors.training import Protocol

# Rows of a table but for their latent dimension, which is the student report's.
AUTOENCODERS = ["aae_learned", "aae_learned_report", "vae_gan"]
METHODS = {"autoencoders": AUTOENCODERS, "priors": ["native"]}


def evolution(
    params: dict, dataset: str, images: Path, classifier: Path, reference: Path, metrics: Path, preview: Path
) -> None:
    """What autoencoders with critics of images generate over the epochs of their training, one seed each.

    Arguments:
        dataset: A key of datasets in params.yaml.
        images: The images' file.
        classifier: The classifiers' folder.
        reference: The file of the real images' moments.
        metrics: The JSON file for the figures.
        preview: The folder for curves and pictures.
    """
    own, shared = (value(params, f"datasets.{dataset}.{key}") for key in ("evolution", "autoencoder"))
    where = device(params, shared["precision"])
    data, classifiers = load_tensors(images, where)[0], load_classifiers(classifier, where)
    moments = load_reference(reference, classifiers)
    x = {split: data[f"{split}.images"].float() / 255 for split in ("train", "validation", "test")}
    # Of whole epochs, whatever the steps of a row are.
    steps = len(x["train"]) // shared["batch_size"] * max(own["epochs"])
    protocols = []
    for name in AUTOENCODERS:
        block = shared["network"] | value(params, f"autoencoders.{name}") | {"latent": own["latent"], "factor": 1}
        protocols.append(Protocol.of(name, block, shared | {"steps": steps}, where))

    def fit(index: int, folder: Path) -> dict:
        protocol, name = protocols[index], AUTOENCODERS[index]
        order = generator(where, "batches", dataset, 0)
        budget = protocol.budget(order, f"{dataset} {name}", index, curves(folder))
        seed("autoencoder", dataset, 0)
        model = find("autoencoders", protocol.method)(x["train"].shape[1:], **protocol.arguments).to(where)
        split = {key: (x[key], data[f"{key}.labels"])[: 1 + model.labels] for key in ("train", "validation")}
        found, rows = evolve(model, split, x["test"][:SHOTS], own["epochs"], classifiers, moments, budget)
        save_tensors(folder / "rows.safetensors", {"rows": rows})
        return found | protocol.facts

    settings = {"own": own, "device": str(where), "fits": [protocol.settings for protocol in protocols]}
    folders = each_seed(
        f"evolution/{dataset}", len(AUTOENCODERS), settings, lambda index: [images, reference], fit,
        fingerprints(ROOT, "evolution", **METHODS),
    )  # fmt: skip
    figures = dict(zip(AUTOENCODERS, facts_of(folders), strict=True))
    save_json(metrics, {"epochs": own["epochs"], "latent": own["latent"], "autoencoders": figures})
    logged = gather_curves(folders)
    logged.figure = logged.pop("seed").map(dict(enumerate(AUTOENCODERS))) + "_" + logged.figure
    with whole(preview) as part:
        (part / "grids").mkdir(parents=True)
        logged.assign(seed=0).to_csv(part / "curves.csv", index=False)
        for name, folder in zip(AUTOENCODERS, folders, strict=True):
            rows = load_tensors(folder / "rows.safetensors")[0]["rows"]
            save_grid(rows.flatten(0, 1), part / f"grids/{name}.png", 2 * SHOTS)


if __name__ == "__main__":
    run(evolution, **METHODS)
