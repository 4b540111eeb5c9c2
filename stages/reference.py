"""Stage `reference`: the classifiers' activations of real images, and their moments for each split."""

from pathlib import Path

import torch

from context import arguments, device, run
from latentpriors.metrics import moments
from latentpriors.scoring import activations, load_classifiers
from latentpriors.store import load_tensors, save_tensors


def main() -> None:
    options = arguments(
        __doc__, images="the images' file", classifier="the classifiers' folder", judge="the other architecture's",
        out="the file of activations and moments",
    )  # fmt: skip
    where, tensors = device(), {}
    data, classifiers = load_tensors(Path(options.images), where)[0], load_classifiers(options.classifier, where)
    n = len(data["test.images"])
    for split in ("train", "validation", "test"):
        # Equal counts: the distance between fits depends on the numbers of samples.
        for k, features in enumerate(activations(classifiers, data[f"{split}.images"][:n])):
            for layer, values in features.items():
                mean, covariance = moments(values)
                name = f"{split}.{k}.{layer}"
                tensors |= {f"{name}.mean": torch.tensor(mean), f"{name}.cov": torch.tensor(covariance)}
                tensors[f"{name}.features"] = torch.tensor(values)
    for k, features in enumerate(activations(load_classifiers(options.judge, where), data["test.images"])):
        for layer, values in features.items():
            mean, covariance = moments(values)
            tensors |= {
                f"judge.{k}.{layer}.mean": torch.tensor(mean),
                f"judge.{k}.{layer}.cov": torch.tensor(covariance),
            }
    # All of them for one classifier: a sample may be a copy of any training image.
    features = activations(classifiers[:1], data["train.images"])[0]["penultimate"]
    tensors["train.features"] = torch.tensor(features)
    tensors["test.shares"] = torch.bincount(data["test.labels"].long()).double() / n
    save_tensors(Path(options.out), tensors)


if __name__ == "__main__":
    run(main)
