"""Stage `score_codes`: how well an autoencoder's codes separate the classes, beside PCA with as many dimensions."""

from context import run
from pathlib import Path

from sklearn.decomposition import PCA

from latentpriors.metrics import class_structure
from latentpriors.over_seeds import merged
from latentpriors.processes import side_by_side
from latentpriors.store import load_tensors, save_json, seed_files


def score_codes(params: dict, images: Path, codes: Path, metrics: Path) -> None:
    """How well an autoencoder's codes separate the classes, beside PCA with as many dimensions.

    Arguments:
        images: The images' file.
        codes: The folder of an autoencoder's codes.
        metrics: The JSON file for the figures.
    """
    data, files = load_tensors(images)[0], seed_files(codes)
    labels = data["train.labels"], data["test.labels"]

    def structure(index: int) -> dict[str, float]:
        if index == len(files):
            dim = load_tensors(files[0])[0]["train"].shape[1]
            flat = [data[f"{split}.images"].flatten(1).float() / 255 for split in ("train", "test")]
            components = PCA(dim, random_state=0).fit(flat[0])
            train, test = (components.transform(x) for x in flat)
        else:
            stored = load_tensors(files[index])[0]
            train, test = stored["train"], stored["test"]
        return class_structure(train, labels[0], test, labels[1])

    *seeds, pca = side_by_side(structure, range(len(files) + 1), "cpu")
    save_json(metrics, merged(seeds) | {f"pca_{name}": found for name, found in pca.items()})


if __name__ == "__main__":
    run(score_codes)
