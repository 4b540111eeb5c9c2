"""Stage `reduction`: adversarial autoencoders with cluster heads in the plane, beside PCA, t-SNE and an autoencoder."""

from context import ROOT, run
from pathlib import Path

import pandas as pd
from sklearn.decomposition import PCA

from latentpriors.fits import fit_autoencoder, load_codes
from latentpriors.over_seeds import curves, each_seed, facts_of, gather_curves, merged
from latentpriors.project.code import fingerprints
from latentpriors.runs import device, generator, seed, value
from latentpriors.store import load_tensors, save_json, whole
from latentpriors.studies.clusters import cluster_figures
from latentpriors.studies.heads import HeadsAAE, draw_labels, head_figures
from latentpriors.studies.reduction import plane_figures, points_of, t_sne
from latentpriors.training import Protocol, train

LIKE = "aae"  # the row whose settings it is trained with, but for those that the study has
PLAIN = "ae"  # the autoencoder beside it
SHOWN = 1000  # points of each picture


def reduction(params: dict, dataset: str, images: Path, metrics: Path, preview: Path) -> None:
    """Adversarial autoencoders with cluster heads in the plane, beside PCA, t-SNE and an autoencoder.

    Arguments:
        dataset: A key of datasets in params.yaml.
        images: The images' file.
        metrics: The JSON file for the figures.
        preview: The folder for curves and points.
    """
    own, shared = (value(params, f"datasets.{dataset}.{key}") for key in ("reduction", "autoencoder"))
    where = device(params, shared["precision"])
    settings = shared["network"] | value(params, f"autoencoders.{LIKE}") | {"style": 2}
    settings |= {key: own[key] for key in own if key not in ("clusters", "labels")}
    del settings["latent"]
    protocol = Protocol.of(LIKE, settings, shared, where)
    plain = shared["network"] | value(params, f"autoencoders.{PLAIN}") | {"latent": 2, "factor": own["factor"]}
    plain = Protocol.of(PLAIN, plain, shared, where)
    data = load_tensors(images, where)[0]
    splits = ("train", "validation", "test")
    x = {split: data[f"{split}.images"].float() / 255 for split in splits}
    y = {split: data[f"{split}.labels"].long() for split in splits}
    classes, pairs = int(y["train"].max()) + 1, {split: (x[split], y[split]) for split in splits}

    def fit(index: int, folder: Path) -> dict:
        log, facts, planes = curves(folder), {}, {}
        for count in (0, *own["labels"]):
            budget = protocol.budget(
                generator(where, "batches", dataset, index), f"{dataset} plane {count} {index}", index,
                lambda step, found, count=count: log(step, {f"{count}_{turn}": loss for turn, loss in found.items()}),
            )  # fmt: skip
            told = draw_labels(y["train"], count, classes, seed("reduction", dataset, count, index)) if count else None
            seed("reduction", dataset, index)
            labelled = (x["train"][told], y["train"][told]) if count else None
            K = classes if count else own["clusters"]
            model = HeadsAAE(x["train"].shape[1:], K, labelled=labelled, **protocol.arguments).to(where)
            last = train(model, (x["train"],), budget)
            found = {f"last_{turn}": loss for turn, loss in last.items()}
            found |= head_figures(model, *pairs["test"]) if count else cluster_figures(
                model, pairs["validation"], pairs["test"]
            )  # fmt: skip
            facts |= {f"aae_{count}_{figure}": number for figure, number in found.items()}
            planes[f"aae_{count}"] = points_of(model, x["test"]).cpu().numpy()
        seed("autoencoder", dataset, index)
        budget = plain.budget(generator(where, "batches", dataset, index), f"{dataset} plane {PLAIN} {index}", index)
        arguments = {"shape": list(x["train"].shape[1:])} | plain.arguments
        (scratch := folder / PLAIN).mkdir()
        fit_autoencoder(PLAIN, arguments, x, budget, generator(where, "reduction", dataset, index), scratch)
        planes[PLAIN] = load_codes(scratch / "codes.safetensors", where)["test"].cpu().numpy()
        flat = {split: x[split].flatten(1).cpu().numpy() for split in ("train", "test")}
        planes["pca"] = PCA(2, random_state=0).fit(flat["train"]).transform(flat["test"])
        planes["t_sne"] = t_sne(x["test"], index)
        labels = y["test"].cpu().numpy()
        for name, points in planes.items():
            found = plane_figures(points, flat["test"], labels)
            facts |= {f"{name}_{figure}": number for figure, number in found.items()}
        if index == 0:
            shown = [
                pd.DataFrame(points[:SHOWN].round(3), columns=["x", "y"]).assign(label=labels[:SHOWN], plane=name)
                for name, points in planes.items()
            ]
            pd.concat(shown).to_csv(folder / "points.csv", index=False)
        return facts | protocol.facts

    folders = each_seed(
        f"reduction/{dataset}", params["seeds"], protocol.settings | {"own": own, "plain": plain.settings},
        lambda index: [images], fit, fingerprints(ROOT, "reduction", autoencoders=[LIKE, PLAIN]),
    )  # fmt: skip
    facts = {"classes": classes} | {key: own[key] for key in own if key != "factor"}
    save_json(metrics, merged(facts_of(folders)) | facts)
    with whole(preview) as part:
        part.mkdir(parents=True)
        gather_curves(folders).to_csv(part / "curves.csv", index=False)
        pd.read_csv(folders[0] / "points.csv").to_csv(part / "points.csv", index=False)


if __name__ == "__main__":
    run(reduction, autoencoders=[LIKE, PLAIN])
