"""Stage `styles`: supervised adversarial autoencoders for each seed, whose decoders are told the class."""

import itertools
import shutil
from context import ROOT, run
from pathlib import Path

from latentpriors.evaluation.fcd import classifier_hash, load_classifiers
from latentpriors.evaluation.previews import save_grid
from latentpriors.over_seeds import curves, each_seed, facts_of, gather_curves, merged
from latentpriors.project.code import fingerprints
from latentpriors.runs import device, generator, seed, value
from latentpriors.store import load_tensors, save_json, whole
from latentpriors.studies.styles import StyleAAE, figures, style_grid
from latentpriors.training import Protocol, train

LIKE = "aae"  # the row whose settings it is trained with: the label alone makes the difference
CRITICS = {"blind": False, "told": True}  # whether it sees the class
ROWS = 6  # of the picture, with styles of test images, and again with styles that are drawn


def styles(params: dict, dataset: str, images: Path, classifier: Path, metrics: Path, preview: Path) -> None:
    """Supervised adversarial autoencoders for each seed, whose decoders are told the class.

    Arguments:
        dataset: A key of datasets in params.yaml.
        images: The images' file.
        classifier: The classifiers' folder.
        metrics: The JSON file for the figures.
        preview: The folder for curves and pictures.
    """
    own, shared = (value(params, f"datasets.{dataset}.{key}") for key in ("styles", "autoencoder"))
    where = device(params, shared["precision"])
    settings = shared["network"] | value(params, f"autoencoders.{LIKE}") | {"factor": own["factor"]}
    del settings["latent"]
    protocol = Protocol.of(LIKE, settings, shared, where)
    data, classifiers = load_tensors(images, where)[0], load_classifiers(classifier, where)
    data |= {key: x.float() / 255 for key, x in data.items() if key.endswith("images")}
    x, y = data["train.images"], data["train.labels"]
    classes = int(y.max()) + 1

    def fit(index: int, folder: Path) -> dict:
        log, facts = curves(folder), {}
        for style, (name, told) in itertools.product(own["dimensions"], CRITICS.items()):
            key = f"{name}_{style}"
            budget = protocol.budget(
                generator(where, "batches", dataset, index), f"{dataset} {key} {index}", index,
                lambda step, found, key=key: log(step, {f"{key}_{figure}": loss for figure, loss in found.items()}),
            )  # fmt: skip
            seed("styles", dataset, index)
            model = StyleAAE(x.shape[1:], classes, style, told, **protocol.arguments).to(where)
            found = train(model, (x, y), budget)
            found |= figures(model, data, classifiers, generator(where, "styles", dataset, index))
            facts |= {f"{key}_{figure}": number for figure, number in found.items()}
            grid = style_grid(model, data["test.images"][:ROWS], ROWS, generator(where, "styles", dataset, "grid"))
            save_grid(grid, folder / f"{key}.png", classes + 1)
        return facts | protocol.facts

    folders = each_seed(
        f"styles/{dataset}", params["seeds"], protocol.settings | {"own": own}, lambda index: [images], fit,
        fingerprints(ROOT, "styles", autoencoders=[LIKE]),
    )  # fmt: skip
    scored = {"dimensions": own["dimensions"], "classifiers": classifier_hash(classifier)}
    save_json(metrics, merged(facts_of(folders)) | scored)
    with whole(preview) as part:
        part.mkdir(parents=True)
        gather_curves(folders).to_csv(part / "curves.csv", index=False)
        (part / "grids").mkdir()
        for grid in folders[0].glob("*.png"):
            shutil.copyfile(grid, part / "grids" / grid.name)


if __name__ == "__main__":
    run(styles, autoencoders=[LIKE])
