"""Stage `reference`: the classifiers' activations of real images, and their moments for each split."""

from pathlib import Path

import torch

from context import arguments, device, run
from latentpriors.metrics import moments
from latentpriors.scoring import activations, load_classifiers
from latentpriors.store import load_tensors, save_tensors


def main() -> None:
    options = arguments(
        __doc__,
        images="the images' file",
        classifier="the classifiers' folder",
        out="the file of activations and moments",
    )
    where = device()
    data, classifiers, tensors = (
        load_tensors(Path(options.images), where)[0],
        load_classifiers(options.classifier, where),
        {},
    )
    n = len(data["test.images"])
    for split in ("train", "validation", "test"):
        # Equal counts: the distance between fits depends on the numbers of samples.
        for k, features in enumerate(activations(classifiers, data[f"{split}.images"][:n])):
            for layer, values in features.items():
                mean, covariance = moments(values)
                name = f"{split}.{k}.{layer}"
                tensors |= {f"{name}.mean": torch.tensor(mean), f"{name}.cov": torch.tensor(covariance)}
                tensors[f"{name}.features"] = torch.tensor(values)
    save_tensors(Path(options.out), tensors)


if __name__ == "__main__":
    run(main)
