"""Stage `score_conditional`: how often the classifiers see the class that a conditional VAE was asked for."""

from context import run
from pathlib import Path

from latentpriors.evaluation.fcd import classifier_hash, load_classifiers
from latentpriors.evaluation.previews import save_grid
from latentpriors.fits import load_autoencoder
from latentpriors.metrics import student_interval
from latentpriors.runs import device, generator
from latentpriors.store import load_tensors, save_json, whole
from latentpriors.studies.conditional import class_accuracy, conditional_accuracy, style_grid

STYLES = 8  # rows of the picture


def score_conditional(
    params: dict, autoencoder: str, images: Path, weights: Path, classifier: Path, metrics: Path, preview: Path
) -> None:
    """How often the classifiers see the class that a conditional VAE was asked for.

    Arguments:
        autoencoder: A key of autoencoders in params.yaml.
        images: The images' file.
        weights: The folder of its weights.
        classifier: The classifiers' folder.
        metrics: The JSON file for the figures.
        preview: The folder for the picture.
    """
    where, paths = device(params), sorted(weights.glob("seed*.safetensors"))
    data, classifiers = load_tensors(images, where)[0], load_classifiers(classifier, where)
    pictures, labels = data["test.images"], data["test.labels"]
    if not paths:
        raise ValueError(f"there are no weights in {weights}; run train_autoencoder first")
    models = [load_autoencoder(path, where) for path in paths]
    n = max(1, len(labels) // len(models[0].centers))  # as many as the test split has, so that both say as much
    seeds = [
        conditional_accuracy(model, classifiers, n, generator(where, "conditional", path.stem))
        for model, path in zip(models, paths, strict=True)
    ]
    mean, low, high = student_interval([found["accuracy"] for found in seeds])
    figures = {"accuracy": mean, "accuracy_low": low, "accuracy_high": high}
    for key in ("accuracy_by_class", "accuracy_by_classifier"):
        figures[key] = [sum(values) / len(seeds) for values in zip(*(found[key] for found in seeds), strict=True)]
    real = {f"real_{key}": found for key, found in class_accuracy(classifiers, pictures, labels).items()}
    by_seed = {"accuracy_by_seed": [found["accuracy"] for found in seeds], "n_each_class": n}
    save_json(metrics, figures | by_seed | real | {"classifiers": classifier_hash(classifier)})
    with whole(preview) as part:
        part.mkdir(parents=True)
        grid = style_grid(models[0], STYLES, generator(where, "styles"))
        save_grid(grid, part / "conditional.png", len(models[0].centers))


if __name__ == "__main__":
    run(score_conditional)
