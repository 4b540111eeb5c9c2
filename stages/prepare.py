"""Stage `prepare`: raw files to uint8 images and labels of the train, validation and test splits."""

from pathlib import Path

from context import arguments, params, run
from latentpriors.data import read, split
from latentpriors.store import save_tensors


def main() -> None:
    options = arguments(
        __doc__, dataset="a key of datasets in params.yaml", raw="the raw files", out="the images' safetensors file"
    )
    settings = params(f"datasets.{options.dataset}")
    splits = split(read(settings["source"]["reader"], Path(options.raw)), **settings["split"])
    tensors = {f"{name}.images": images for name, (images, _) in splits.items()}
    tensors |= {f"{name}.labels": labels for name, (_, labels) in splits.items()}
    save_tensors(Path(options.out), tensors)


if __name__ == "__main__":
    run(main)
