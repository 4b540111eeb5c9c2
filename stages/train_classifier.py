"""Stage `train_classifier`: the classifiers that score a data set, one for each seed; in git, then frozen."""

from context import ROOT, run
from pathlib import Path

import torch

from latentpriors.networks import Classifier
from latentpriors.over_seeds import each_seed, facts_of, gather, merged
from latentpriors.project.code import fingerprints
from latentpriors.runs import device, generator, seed, value
from latentpriors.store import load_tensors, save_json, save_tensors
from latentpriors.training import Budget, evaluate, train


def train_classifier(params: dict, dataset: str, block: str, images: Path, out: Path, metrics: Path) -> None:
    """The classifiers that score a data set, one for each seed; in git, then frozen.

    Arguments:
        dataset: A key of datasets in params.yaml.
        block: `classifier`, or `judge` for the other architecture.
        images: The images' file.
        out: The classifiers' folder.
        metrics: The JSON file of their accuracies.
    """
    settings = value(params, f"datasets.{dataset}.{block}")
    where = device(params, settings["precision"])
    data = load_tensors(images, where)[0]
    shape, splits = list(data["train.images"].shape[1:]), {}
    for split in ("train", "validation", "test"):
        splits[split] = data[f"{split}.images"].float() / 255, data[f"{split}.labels"]

    def fit(index: int, folder: Path) -> dict:
        seed(block, dataset, index)
        kwargs = {"shape": shape, "classes": int(splits["train"][1].max()) + 1} | settings["network"]
        classifier = Classifier(**kwargs).to(where)
        order = generator(where, block, dataset, index, "batches")
        budget = Budget(
            settings["steps"], settings["batch_size"], order, settings["precision"], label=f"{block} {index}"
        )
        train(classifier, splits["train"], budget, splits["validation"])
        save_tensors(folder / "classifier.safetensors", classifier.state_dict(), {"arguments": kwargs})
        return {name: accuracy(classifier, *splits[name]) for name in ("validation", "test")}

    folders = each_seed(
        f"{block}/{dataset}", settings["count"], settings | {"device": str(where)}, lambda index: [images], fit,
        fingerprints(ROOT, "train_classifier"),
    )  # fmt: skip
    gather(folders, "classifier.safetensors", out)
    save_json(metrics, merged(facts_of(folders)))


def accuracy(classifier: Classifier, x: torch.Tensor, y: torch.Tensor) -> float:
    return 1 - float(evaluate(lambda x, y: classifier.validation((x, y)).repeat(len(y)), (x, y)).mean())


if __name__ == "__main__":
    run(train_classifier)
