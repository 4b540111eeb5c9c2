"""Stage `reference`: the classifiers' activations of real images, and their moments for each split."""

from context import run
from pathlib import Path

import torch

from latentpriors.evaluation.fcd import activations, load_classifiers
from latentpriors.metrics import moments
from latentpriors.runs import device
from latentpriors.store import load_tensors, save_tensors


def reference(params: dict, images: Path, classifier: Path, judge: Path, out: Path) -> None:
    """The classifiers' activations of real images, and their moments for each split.

    Arguments:
        images: The images' file.
        classifier: The classifiers' folder.
        judge: The other architecture's.
        out: The file of activations and moments.
    """
    where, tensors = device(params), {}
    data, classifiers = load_tensors(images, where)[0], load_classifiers(classifier, where)
    n = len(data["test.images"])
    for split in ("train", "validation", "test"):
        # Equal counts: the distance between fits depends on the numbers of samples.
        for k, features in enumerate(activations(classifiers, data[f"{split}.images"][:n])):
            for layer, values in features.items():
                tensors |= _moments(f"{split}.{k}.{layer}", values)
                tensors[f"{split}.{k}.{layer}.features"] = torch.tensor(values)
    for k, features in enumerate(activations(load_classifiers(judge, where), data["test.images"])):
        for layer, values in features.items():
            tensors |= _moments(f"judge.{k}.{layer}", values)
    # All of them for one classifier: a sample may be a copy of any training image.
    features = activations(classifiers[:1], data["train.images"])[0]["penultimate"]
    tensors["train.features"] = torch.tensor(features)
    tensors["test.shares"] = torch.bincount(data["test.labels"].long()).double() / n
    save_tensors(out, tensors)


def _moments(name: str, values: object) -> dict[str, torch.Tensor]:
    mean, covariance = moments(values)
    return {f"{name}.mean": torch.tensor(mean), f"{name}.cov": torch.tensor(covariance)}


if __name__ == "__main__":
    run(reference)
