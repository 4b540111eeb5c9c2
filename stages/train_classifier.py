"""Stage `train_classifier`: the classifiers that score a data set, one for each seed; in git, then frozen."""

from pathlib import Path

import torch

from context import arguments, device, generator, params, run, seed
from latentpriors.networks import Classifier
from latentpriors.store import load_tensors, save_tensors
from latentpriors.training import Budget, evaluate, train
from seeds import each_seed, gather, gather_facts


def main() -> None:
    options = arguments(
        __doc__, dataset="a key of datasets in params.yaml", block="classifier, or judge for the other architecture",
        images="the images' file", out="the classifiers' folder", metrics="the JSON file of their accuracies",
    )  # fmt: skip
    settings = params(f"datasets.{options.dataset}.{options.block}")
    where = device(settings["precision"])
    data = load_tensors(Path(options.images), where)[0]
    shape, splits = list(data["train.images"].shape[1:]), {}
    for split in ("train", "validation", "test"):
        splits[split] = data[f"{split}.images"].float() / 255, data[f"{split}.labels"]

    def fit(index: int, folder: Path) -> dict:
        seed(options.block, options.dataset, index)
        kwargs = {"shape": shape, "classes": int(splits["train"][1].max()) + 1} | settings["network"]
        classifier = Classifier(**kwargs).to(where)
        order = generator(where, options.block, options.dataset, index, "batches")
        budget = Budget(
            settings["steps"], settings["batch_size"], order, settings["precision"], label=f"{options.block} {index}"
        )
        train(classifier, splits["train"], budget, splits["validation"])
        save_tensors(folder / "classifier.safetensors", classifier.state_dict(), {"arguments": kwargs})
        return {name: accuracy(classifier, *splits[name]) for name in ("validation", "test")}

    folders = each_seed(
        f"{options.block}/{options.dataset}", settings["count"], settings | {"device": str(where)},
        lambda index: [Path(options.images)], fit,
    )  # fmt: skip
    gather(folders, "classifier.safetensors", Path(options.out))
    gather_facts(folders, Path(options.metrics))


def accuracy(classifier: Classifier, x: torch.Tensor, y: torch.Tensor) -> float:
    return 1 - float(evaluate(lambda x, y: classifier.validation((x, y)).repeat(len(y)), (x, y)).mean())


if __name__ == "__main__":
    run(main)
