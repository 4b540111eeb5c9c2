"""Stage `score`: the figures of a cell from its samples, and a preview small enough for git.

With --images and --dataset it scores anyone's images, a folder of pictures or an .npz or .npy file, and prints the row.
"""

import math
import shutil
import sys
from pathlib import Path

from context import ROOT, arguments, device, params, run
from latentpriors.evaluation import code_figures, image_figures, merged, nearest_images
from latentpriors.outsiders import read_images, row
from latentpriors.previews import save_grid
from latentpriors.scoring import activations, classifier_hash, distances, load_classifiers, load_reference, summary
from latentpriors.store import load_json, load_tensors, save_json, whole
from seeds import side_by_side


def main() -> None:
    if "--images" in sys.argv:
        return outsider()
    options = arguments(
        __doc__, samples="the folder of the cell's samples", fit="the folder of its prior's curves and facts",
        data="the real images' file", codes="the folder of the autoencoder's codes", reference="the reference's file",
        classifier="the classifiers' folder", judge="the other architecture's", metrics="the JSON file for the figures",
        preview="the folder for pictures and curves",
    )  # fmt: skip
    where, facts = device(), load_json(Path(options.fit) / "facts.json")
    classifiers, judges = load_classifiers(options.classifier, where), load_classifiers(options.judge, where)
    reference = load_reference(options.reference)
    files = sorted(Path(options.samples).glob("seed*.safetensors"))

    def score(index: int) -> tuple:
        drawn, codes = load_tensors(files[index])[0], load_tensors(Path(options.codes) / files[index].name)[0]
        found, judged = (activations(scorers, drawn["images"].to(where)) for scorers in (classifiers, judges))
        beside = {"fcd_judge": float(distances(judged, reference, "judge")["logits"].mean())}
        beside |= image_figures(found, reference) | code_figures(drawn["codes"], codes)
        test, validation = (distances(found, reference, split) for split in ("test", "validation"))
        return test, validation, beside, found[0]["penultimate"]

    test, validation, beside, features = zip(*side_by_side(score, range(len(files)), where.type), strict=True)
    # A yardstick's images are the validation split's own: against themselves they would look too good.
    validation = [] if facts["yardstick"] else validation
    seconds, first = [load_tensors(path)[1]["seconds"] for path in files], load_tensors(files[0])[0]["images"]
    figures = summary(test, validation, len(first), features[0].shape[1]) | merged(beside) | facts
    figures |= {"sample_seconds": sum(seconds) / len(seconds), "classifier_hash": classifier_hash(options.classifier)}
    if "nll" in facts:
        width = load_tensors(files[0])[0]["codes"].shape[1]
        figures["bits_per_dimension"] = facts["nll"] / width / math.log(2)
    data = load_tensors(Path(options.data))[0]
    named = {"train": "train.features", "test": "test.0.penultimate.features"}
    real = [(reference[name], data[f"{split}.images"]) for split, name in named.items()]
    with whole(Path(options.preview)) as part:
        shutil.copytree(options.fit, part, ignore=lambda folder, names: {"facts.json", "shots.safetensors"})
        save_grid(first[:64], part / "samples.png")
        save_grid(nearest_images(features[0], first, *real), part / "nearest.png")
        for name, images in load_tensors(Path(options.samples) / "pictures.safetensors")[0].items():
            save_grid(images, part / f"{name}.png")
    save_json(Path(options.metrics), figures)


def outsider() -> None:
    options = arguments(
        __doc__, images="a folder of pictures, or an .npz or .npy file", dataset="a key of datasets in params.yaml"
    )
    params(f"datasets.{options.dataset}")
    home = ROOT / "data" / options.dataset
    if not (home / "reference.safetensors").is_file():
        missing = f"the real images' activations are missing: run `dvc repro reference@{options.dataset}` once"
        raise ValueError(f"{missing}; the classifiers are in git and are not trained again")
    classifiers, reference = load_classifiers(home / "classifier"), load_reference(home / "reference.safetensors")
    images = read_images(Path(options.images), classifiers[0].shape)
    found = activations(classifiers, images)
    width, test = found[0]["penultimate"].shape[1], distances(found, reference, "test")
    figures = summary([test], [], len(images), width) | image_figures(found, reference)
    print(row(figures | {"classifier_hash": classifier_hash(home / "classifier")}))


if __name__ == "__main__":
    run(main)
