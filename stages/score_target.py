"""Stage `score_target`: what an autoencoder has made of its target, in pictures, and where classes are asked for."""

from context import run
from pathlib import Path

import torch

from latentpriors.evaluation.fcd import load_classifiers
from latentpriors.evaluation.interpolation import images as decoded
from latentpriors.evaluation.previews import save_grid
from latentpriors.fits import load_autoencoder, load_codes
from latentpriors.over_seeds import merged
from latentpriors.runs import device, generator, value
from latentpriors.store import load_tensors, save_json, seed_files, whole
from latentpriors.studies.targets import STEPS, asked_figures, class_codes, points, target_grids
from latentpriors.targets import make_target


@torch.no_grad()
def score_target(
    params: dict, autoencoder: str, images: Path, weights: Path, codes: Path, classifier: Path, judge: Path,
    metrics: Path, preview: Path,
) -> None:  # fmt: skip
    """What an autoencoder has made of its target, in pictures, and where classes are asked for.

    Arguments:
        autoencoder: A key of autoencoders in params.yaml.
        images: The images' file.
        weights: The folder of its weights.
        codes: The folder of its codes, of two dimensions.
        classifier: The classifiers' folder.
        judge: The other architecture's.
        metrics: The JSON file for the figures.
        preview: The folder for the pictures.
    """
    where, block = device(params), value(params, f"autoencoders.{autoencoder}")
    scorers, files = [load_classifiers(folder, where) for folder in (classifier, judge)], seed_files(weights)
    data, kind = load_tensors(images, where)[0], block.get("target", "normal")
    labels = {split: data[f"{split}.labels"] for split in ("train", "test")}
    share, models = block.get("label_share", 0.0), [load_autoencoder(path, where) for path in files]
    target = make_target(kind, 2, block.get("classes", 10)).to(where)
    seeds = []
    # Without labels no class has a place: nothing can be asked for.
    for path, model in zip(files, models, strict=True) if share and target.classes > 1 else ():
        n = max(1, len(labels["test"]) // target.classes)
        draws = class_codes(target, n, generator(where, "target", path.stem))
        seeds.append(asked_figures(model, draws, *scorers, load_codes(codes / path.name, where), labels))
    save_json(metrics, merged(seeds) | {"target": kind, "label_share": share})
    held_out = load_codes(codes / files[0].name, where)["test"]
    drawn = target.draw(torch.full((len(held_out),), -1), generator(where, "target", "points"))
    with whole(preview) as part:
        part.mkdir(parents=True)
        points(held_out, labels["test"], drawn).to_csv(part / "points.csv", index=False)
        save_grid(decoded(models[0], target_grids(target, kind)), part / "grid.png", STEPS)


if __name__ == "__main__":
    run(score_target)
