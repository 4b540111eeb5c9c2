"""What of ours answers a published figure: the metrics of a row by seed, or those of a study, run by run."""

__all__ = ["item_of", "runs_of"]

from pathlib import Path

from ..store import load_json
from ..studies.trials import load_log

FILES = (".json", ".csv")


def runs_of(key: str, metric: str, cells: dict, folder: Path) -> list[float]:
    """Returns the figure of each seed; FOLDER/METRIC is one of a folder of its own, as likelihood/elbo.

    A key that is a file of the folder, such as mnist/aae/clusters.json, is a study's; of a log, a .csv file, the column
    of the metric is returned, a figure for each run.

    Raises:
        ValueError: the key is neither that nor in cells.yaml, there is no such metric, or a run of a log has failed.
    """
    if key.endswith(FILES):
        path = folder / key
    else:
        item, (group, _, metric) = item_of(key, cells), metric.rpartition("/")
        own = f"{group or 'autoencoders'}/{item['autoencoder']}" if key in cells["models"] else key
        path = folder / item["dataset"] / item["table"] / f"{own}.json"
    if path.suffix == ".csv":
        log = load_log(path)
        if metric not in log or log[metric].isna().any():
            raise ValueError(f"{path} has no {metric} of each run")
        return log[metric].tolist()
    figures = load_json(path)
    if f"{metric}_by_seed" not in figures:
        raise ValueError(f"{path} has no {metric}_by_seed; name a metric that is given for each seed")
    return figures[f"{metric}_by_seed"]


def item_of(key: str, cells: dict) -> dict:
    """Returns the line of a key in cells.yaml; of a study's file, its path as all that it shares with others."""
    if key.endswith(FILES):
        return {"dataset": key}
    for group in ("cells", "models", "real"):
        if key in cells[group]:
            return cells[group][key]
    raise ValueError(f"{key} is not among the cells, models and real rows of cells.yaml, nor a file of metrics")
