"""Stage `score_conditional`: how often the classifiers see the class that a conditional VAE was asked for."""

from context import run
from pathlib import Path

from latentpriors.evaluation.fcd import classifier_hash, load_classifiers
from latentpriors.evaluation.previews import save_grid
from latentpriors.fits import load_autoencoder
from latentpriors.metrics import student_interval
from latentpriors.over_seeds import merged
from latentpriors.runs import device, generator
from latentpriors.store import load_tensors, save_json, seed_files, whole
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
    where, paths = device(params), seed_files(weights)
    data, classifiers = load_tensors(images, where)[0], load_classifiers(classifier, where)
    pictures, labels = data["test.images"], data["test.labels"]
    models = [load_autoencoder(path, where) for path in paths]
    n = max(1, len(labels) // len(models[0].centers))  # as many as the test split has, so that both say as much
    seeds = [
        conditional_accuracy(model, classifiers, n, generator(where, "conditional", path.stem))
        for model, path in zip(models, paths, strict=True)
    ]
    figures = merged(seeds)
    _, low, high = student_interval(figures["accuracy_by_seed"])
    figures |= {"accuracy_low": low, "accuracy_high": high, "n_each_class": n}
    real = {f"real_{key}": found for key, found in class_accuracy(classifiers, pictures, labels).items()}
    save_json(metrics, figures | real | {"classifiers": classifier_hash(classifier)})
    with whole(preview) as part:
        part.mkdir(parents=True)
        grid = style_grid(models[0], STYLES, generator(where, "styles"))
        save_grid(grid, part / "conditional.png", len(models[0].centers))


if __name__ == "__main__":
    run(score_conditional)
