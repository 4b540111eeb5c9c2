"""Stage `few_labels`: adversarial autoencoders that learn classes from a few labels, for each draw of these."""

import shutil
from context import ROOT, run
from pathlib import Path

from latentpriors.evaluation.previews import save_grid
from latentpriors.fits import load_codes
from latentpriors.over_seeds import curves, each_seed, facts_of, gather_curves, merged
from latentpriors.project.code import fingerprints
from latentpriors.runs import device, generator, seed, value
from latentpriors.store import load_tensors, save_json, seed_files, whole
from latentpriors.studies.few_labels import errors_of_codes
from latentpriors.studies.heads import HeadsAAE, draw_labels, head_figures, heads_grid
from latentpriors.training import Protocol, train

LIKE = "aae"  # the row whose settings it is trained with, but for those that the study has
OWN = ("factor", "style", "noise_scale", "normalized", "label_rate")
# The same network with and without the images that have no label.
MODELS = {"aae": None, "labels_only": ("labels",)}
STYLES = 7  # rows of the picture beside that of the style 0


def few_labels(params: dict, dataset: str, images: Path, codes: Path, metrics: Path, preview: Path) -> None:
    """Adversarial autoencoders that learn classes from a few labels, for each draw of these.

    Arguments:
        dataset: A key of datasets in params.yaml.
        images: The images' file.
        codes: The folder of the codes of an autoencoder, to which neighbours and the spreading of labels go.
        metrics: The JSON file for the figures.
        preview: The folder for curves and the pictures.
    """
    own, shared = (value(params, f"datasets.{dataset}.{key}") for key in ("few_labels", "autoencoder"))
    where, files = device(params, shared["precision"]), seed_files(codes)
    settings = shared["network"] | value(params, f"autoencoders.{LIKE}")
    settings |= {key: own[key] for key in OWN}
    del settings["latent"]
    protocol = Protocol.of(LIKE, settings, shared, where)
    data = load_tensors(images, where)[0]
    x, test = (data[f"{split}.images"].float() / 255 for split in ("train", "test"))
    y, test_labels = (data[f"{split}.labels"].long() for split in ("train", "test"))
    classes = int(y.max()) + 1

    def fit(index: int, folder: Path) -> dict:
        log, facts, stored = curves(folder), {}, load_codes(files[index % len(files)], where)
        for count in own["labels"]:
            told = draw_labels(y, count, classes, seed("few_labels", dataset, count, index))
            for name, turns in MODELS.items():
                key = f"{name}_{count}"
                budget = protocol.budget(
                    generator(where, "batches", dataset, index), f"{dataset} {key} {index}", index,
                    lambda step, found, key=key: log(step, {f"{key}_{turn}": loss for turn, loss in found.items()}),
                )  # fmt: skip
                seed("few_labels", dataset, index)
                model = HeadsAAE(x.shape[1:], classes, labelled=(x[told], y[told]), **protocol.arguments).to(where)
                model.turns = turns or model.turns
                last = train(model, (x,), budget)
                found = {f"last_{turn}": loss for turn, loss in last.items()} | head_figures(model, test, test_labels)
                if turns:
                    del found["reconstruction"]  # its decoder has learned nothing
                facts |= {f"{key}_{figure}": number for figure, number in found.items()}
                if turns is None:
                    grid = heads_grid(model, STYLES, generator(where, "few_labels", dataset, "grid"))
                    save_grid(grid, folder / f"{count}.png", classes)
            found = errors_of_codes(*(tensor.cpu() for tensor in (
                stored["train"], y, told, stored["test"], test_labels
            )))  # fmt: skip
            facts |= {f"codes_{count}_{figure}": number for figure, number in found.items()}
        return facts | protocol.facts

    folders = each_seed(
        f"few_labels/{dataset}", own["draws"], protocol.settings | {"own": own},
        lambda index: [images, files[index % len(files)]], fit, fingerprints(ROOT, "few_labels", autoencoders=[LIKE]),
    )  # fmt: skip
    facts = {"classes": classes} | {key: own[key] for key in own if key not in ("factor", "draws")}
    save_json(metrics, merged(facts_of(folders)) | facts)
    with whole(preview) as part:
        (part / "grids").mkdir(parents=True)
        gather_curves(folders).to_csv(part / "curves.csv", index=False)
        for grid in folders[0].glob("*.png"):
            shutil.copyfile(grid, part / "grids" / grid.name)


if __name__ == "__main__":
    run(few_labels, autoencoders=[LIKE])
