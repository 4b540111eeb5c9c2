"""Stage `clusters`: adversarial autoencoders whose head for the class has no labels, beside k-means on codes."""

import shutil
from context import ROOT, run
from pathlib import Path

from latentpriors.evaluation.previews import save_grid
from latentpriors.fits import load_codes
from latentpriors.over_seeds import curves, each_seed, facts_of, gather_curves, merged
from latentpriors.project.code import fingerprints
from latentpriors.runs import device, generator, seed, value
from latentpriors.store import load_tensors, save_json, seed_files, whole
from latentpriors.studies.clusters import cluster_figures, k_means_figures
from latentpriors.studies.heads import HeadsAAE, heads_grid
from latentpriors.training import Protocol, train

LIKE = "aae"  # the row whose settings it is trained with, but for those that the study has
OWN = ("factor", "style", "noise_scale", "normalized", "encoder_learning_rate")
STYLES = 7  # rows of the picture beside that of the style 0


def clusters(params: dict, dataset: str, images: Path, codes: Path, metrics: Path, preview: Path) -> None:
    """Adversarial autoencoders whose head for the class has no labels, beside k-means on codes.

    Arguments:
        dataset: A key of datasets in params.yaml.
        images: The images' file.
        codes: The folder of the codes of an autoencoder, which k-means parts.
        metrics: The JSON file for the figures.
        preview: The folder for curves and the pictures.
    """
    own, shared = (value(params, f"datasets.{dataset}.{key}") for key in ("clusters", "autoencoder"))
    where, files = device(params, shared["precision"]), seed_files(codes)
    settings = shared["network"] | value(params, f"autoencoders.{LIKE}")
    settings |= {key: own[key] for key in OWN}
    del settings["latent"]
    protocol = Protocol.of(LIKE, settings, shared, where)
    data = load_tensors(images, where)[0]
    x, validation, test = (data[f"{split}.images"].float() / 255 for split in ("train", "validation", "test"))
    names, labels = (data[f"{split}.labels"].long() for split in ("validation", "test"))

    def fit(index: int, folder: Path) -> dict:
        log, facts, stored = curves(folder), {}, load_codes(files[index % len(files)], where)
        for count in own["counts"]:
            budget = protocol.budget(
                generator(where, "batches", dataset, index), f"{dataset} {count} clusters {index}", index,
                lambda step, found, count=count: log(step, {f"{count}_{turn}": loss for turn, loss in found.items()}),
            )  # fmt: skip
            seed("clusters", dataset, index)
            model = HeadsAAE(x.shape[1:], count, **protocol.arguments).to(where)
            last = train(model, (x,), budget)
            found = {f"last_{turn}": loss for turn, loss in last.items()}
            found |= cluster_figures(model, (validation, names), (test, labels))
            others = k_means_figures(stored, names, labels, count, index)
            found |= {f"k_means_{figure}": number for figure, number in others.items()}
            facts |= {f"{count}_{figure}": number for figure, number in found.items()}
            grid = heads_grid(model, STYLES, generator(where, "clusters", dataset, "grid"))
            save_grid(grid, folder / f"{count}.png", count)
        return facts | protocol.facts

    folders = each_seed(
        f"clusters/{dataset}", params["seeds"], protocol.settings | {"own": own},
        lambda index: [images, files[index % len(files)]], fit, fingerprints(ROOT, "clusters", autoencoders=[LIKE]),
    )  # fmt: skip
    save_json(metrics, merged(facts_of(folders)) | {key: own[key] for key in own if key != "factor"})
    with whole(preview) as part:
        (part / "grids").mkdir(parents=True)
        gather_curves(folders).to_csv(part / "curves.csv", index=False)
        for grid in folders[0].glob("*.png"):
            shutil.copyfile(grid, part / "grids" / grid.name)


if __name__ == "__main__":
    run(clusters, autoencoders=[LIKE])
