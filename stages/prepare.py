"""Stage `prepare`: raw files to uint8 images and labels of the train, validation and test splits."""

from context import run
from pathlib import Path

from latentpriors.data import read, split
from latentpriors.runs import value
from latentpriors.store import save_tensors


def prepare(params: dict, dataset: str, raw: Path, out: Path) -> None:
    """Raw files to uint8 images and labels of the train, validation and test splits.

    Arguments:
        dataset: A key of datasets in params.yaml.
        raw: The raw files.
        out: The images' safetensors file.
    """
    settings = value(params, f"datasets.{dataset}")
    splits = split(read(settings["source"]["reader"], raw), **settings["split"])
    tensors = {f"{name}.images": images for name, (images, _) in splits.items()}
    tensors |= {f"{name}.labels": labels for name, (_, labels) in splits.items()}
    save_tensors(out, tensors)


if __name__ == "__main__":
    run(prepare)
