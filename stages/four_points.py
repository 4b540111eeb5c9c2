"""Stage `four_points`: the posteriors of AVB and of the VAE on four images whose best ELBO is known."""

from context import ROOT, run
from pathlib import Path

import pandas as pd

from latentpriors.over_seeds import each_seed, facts_of, merged
from latentpriors.project.code import fingerprints
from latentpriors.registry import find
from latentpriors.runs import device, generator, seed, value
from latentpriors.store import load_tensors, save_json, save_tensors, whole
from latentpriors.studies.four_points import BEST, IMAGES, LATENT, posteriors
from latentpriors.training import Protocol

METHODS = {"autoencoders": ["vae", "avb"]}
SHOWN = 400  # codes of each image in the picture


def four_points(params: dict, metrics: Path, points: Path) -> None:
    """The posteriors of AVB and of the VAE on four images whose best ELBO is known.

    Arguments:
        metrics: The JSON file for the figures.
        points: The CSV file for codes of each image.
    """
    shared, names = value(params, "four_points"), METHODS["autoencoders"]
    where = device(params, shared["precision"])
    blocks = [shared["network"] | value(params, f"autoencoders.{name}") for name in names]
    protocols = [Protocol.of(name, block, shared, where) for name, block in zip(names, blocks, strict=True)]

    def fit(index: int, folder: Path) -> dict:
        # Seeds are the outer loop: five cost what is missing to three.
        run_seed, which = divmod(index, len(names))
        protocol = protocols[which]
        budget = protocol.budget(generator(where, "four_points", run_seed), f"{names[which]} {run_seed}", index)
        seed("four_points", run_seed)
        model = find("autoencoders", protocol.method)(IMAGES.shape[1:], LATENT, **protocol.arguments).to(where)
        found, codes = posteriors(model, budget)
        save_tensors(folder / "codes.safetensors", {"codes": codes[:, :SHOWN].contiguous()})
        return found | protocol.facts

    settings = {"device": str(where), "fits": [protocol.settings for protocol in protocols]}
    folders = each_seed(
        "four_points", params["seeds"] * len(names), settings, lambda index: [], fit,
        fingerprints(ROOT, "four_points", **METHODS),
    )  # fmt: skip
    figures = {name: merged(facts_of(folders[which :: len(names)])) for which, name in enumerate(names)}
    save_json(metrics, {"best": BEST, "autoencoders": figures})
    rows = []
    for name, folder in zip(names, folders, strict=False):  # those of the first seed
        for label, z in enumerate(load_tensors(folder / "codes.safetensors")[0]["codes"].numpy().round(3)):
            rows.append(pd.DataFrame(z, columns=["x", "y"]).assign(label=label, autoencoder=name))
    with whole(points) as part:
        pd.concat(rows).to_csv(part, index=False)


if __name__ == "__main__":
    run(four_points, **METHODS)
