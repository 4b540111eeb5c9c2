"""Metrics and previews of a made-up table, as the stages write them."""

__all__ = ["FCD", "REAL", "SCALE", "Folder", "edit", "figures", "written"]

import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from latentpriors.evaluation.previews import save_grid

# flow and gmm are a planted tie on each autoencoder; native is far off.
FCD = {
    "native": [40.0, 41.0, 39.5],
    "flow": [4.0, 4.2, 4.1],
    "gmm": [4.1, 4.0, 4.15],
    "wgan": [8.0, 8.3, 8.1],
    "reconstruction": [0.5, 0.6, 0.5],
}
REAL = {"digits-real": {"dataset": "digits", "table": "poster"}}
SCALE = {"ae": 1.0, "vae": 3.0, "aae": 1.5}


def figures(values: list[float], **more) -> dict:
    mean = float(np.mean(values))
    facts = {
        "fcd": mean,
        "fcd_low": mean - 1 if len(values) > 1 else None,
        "fcd_high": mean + 1 if len(values) > 1 else None,
        "fcd_classifier_std": 0.1,
        "fcd_penultimate": None,
        "fcd_relative": mean / 300,
        "fcd_validation": mean,
        "fcd_judge": mean * 1.2,
        "fcd_infinity": mean - 0.2,
        "fcd_by_count": {"100": mean + 0.6, "200": mean + 0.2, "400": mean},
        "n_samples": 400,
        "seeds": len(values),
        "fcd_by_seed": values,
        "fcd_by_classifier": [mean, mean * 1.1, mean * 0.9],
        "kernel_distance": mean / 10,
        "precision": 1 / (1 + mean),
        "recall": 0.5,
        "density": 1 / (2 + mean),
        "coverage": 1 / (1 + mean),
        "class_distance": 0.1,
        "classes_missing": 0.0,
        "confidence": 0.9,
        "feature_c_t": 0.4,
        "feature_authenticity": 0.55,
        "feature_authenticity_held_out": 0.56,
        "feature_copies": 0.012,
        "code_c_t": -0.3,
        "code_authenticity": 0.54,
        "code_authenticity_held_out": 0.55,
        "code_copies": 0.011,
        "sliced_wasserstein": mean / 20,
        "two_sample_accuracy": 0.6,
        "planted_figure": 7.125,
        "yardstick": False,
    }
    return facts | {"parameters": 1234, "seconds": 2.5, "device": "cpu", "steps": 600} | more


def edit(path: Path, **changes) -> None:
    """Changes keys of a file of figures; those that become ... are removed."""
    read = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in read.items() if value is not ...}))


Folder = tuple[Path, dict]


def written(root: Path, autoencoders: tuple[str, ...] = ("ae", "vae", "aae")) -> Folder:
    """Writes metrics and previews of a table, as the stages do."""
    shared, cells = root / "digits", {}
    table = shared / "poster"
    curve = pd.DataFrame({"step": [1, 2, 3], "seed": 0, "figure": "validation", "value": [2.0, 1.0, 0.9]})

    def grid(path: Path, count: int, columns: int = 8) -> None:
        save_grid(torch.randint(256, (count, 1, 8, 8)).byte(), path, columns)

    (shared / "poster/codes").mkdir(parents=True)
    for autoencoder in autoencoders:
        own = shared / "poster/autoencoders" / autoencoder
        own.mkdir(parents=True)
        (shared / f"poster/autoencoders/{autoencoder}.json").write_text(json.dumps({"steps": 2000, "seconds": 7.5}))
        structure = {"knn": 0.9, "probe": 0.91, "nmi": 0.6, "pca_knn": 0.88, "pca_probe": 0.8, "pca_nmi": 0.55}
        (shared / f"poster/codes/{autoencoder}.json").write_text(json.dumps(structure))
        curve.to_csv(own / "curves.csv", index=False)
        plane = pd.DataFrame({"x": torch.randn(30), "y": torch.randn(30), "label": np.arange(30) % 10})
        plane.to_csv(own / "map.csv", index=False)
        grid(own / "interpolation.png", 32)
        grid(own / "training.png", 48, 16)
        for prior, values in FCD.items():
            key = f"digits-{autoencoder}-{prior}"
            cells[key] = {"dataset": "digits", "autoencoder": autoencoder, "prior": prior, "table": "poster"}
            (table / key).mkdir(parents=True)
            scale = SCALE[autoencoder] if prior != "reconstruction" else 1.0
            density = {"nll": 12.5, "nll_validation": 12.4} if prior != "wgan" else {}
            row = figures([v * scale for v in values], yardstick=prior == "reconstruction", **density)
            (table / f"{key}.json").write_text(json.dumps(row))
            grid(table / key / "samples.png", 64)
            grid(table / key / "nearest.png", 24)
            if prior in ("native", "flow", "wgan"):
                grid(table / key / "walk.png", 32)
                grid(table / key / "skipped.png", 16)
            if prior in ("flow", "wgan"):
                grid(table / key / "training.png", 40)
            (curve if prior in ("flow", "wgan") else curve[:0]).to_csv(table / key / "curves.csv", index=False)
            plane = pd.DataFrame(torch.randn(40, 2).numpy(), columns=["x", "y"])
            plane.assign(source=["held-out codes", "prior samples"] * 20).to_csv(table / key / "plane.csv", index=False)
    (table / "digits-real").mkdir()
    grid(table / "digits-real" / "samples.png", 64)
    grid(table / "digits-real" / "nearest.png", 24)
    real = figures([0.2], yardstick=True, fcd_train=0.15) | {"seeds": 0}
    (table / "digits-real.json").write_text(json.dumps(real))
    (shared / "classifier.json").write_text(json.dumps({"validation": 0.985, "test": 0.98}))
    (shared / "judge.json").write_text(json.dumps({"validation": 0.975, "test": 0.97}))
    return shared, cells
