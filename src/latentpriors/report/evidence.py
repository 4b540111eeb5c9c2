"""What of ours answers a published figure: the metrics of a row, by seed."""

__all__ = ["item_of", "runs_of"]

from pathlib import Path

from ..store import load_json


def runs_of(key: str, metric: str, cells: dict, folder: Path) -> list[float]:
    """Returns the figure of each seed; FOLDER/METRIC is one of a folder of its own, as likelihood/elbo."""
    item, (group, _, metric) = item_of(key, cells), metric.rpartition("/")
    own = f"{group or 'autoencoders'}/{item['autoencoder']}" if key in cells["models"] else key
    path = folder / item["dataset"] / item["table"] / f"{own}.json"
    figures = load_json(path)
    if f"{metric}_by_seed" not in figures:
        raise ValueError(f"{path} has no {metric}_by_seed; name a metric that is given for each seed")
    return figures[f"{metric}_by_seed"]


def item_of(key: str, cells: dict) -> dict:
    for group in ("cells", "models", "real"):
        if key in cells[group]:
            return cells[group][key]
    raise ValueError(f"{key} is not among the cells, models and real rows of cells.yaml")
