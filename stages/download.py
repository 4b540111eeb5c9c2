"""Stage `download`: the raw files of a data set, from the cache, a mirror or the public sources, checked."""

import os
from context import run
from pathlib import Path

from latentpriors.data import fetch, resources, unpack
from latentpriors.runs import value
from latentpriors.store import whole


def download(params: dict, dataset: str, out: Path) -> None:
    """The raw files of a data set, from the cache, a mirror or the public sources, checked.

    Arguments:
        dataset: A key of datasets in params.yaml.
        out: The folder for the raw files.
    """
    source = value(params, f"datasets.{dataset}.source")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "latentpriors"
    mirrors = os.environ.get("LATENTPRIORS_MIRROR", "").split()
    with whole(out) as part:
        part.mkdir(parents=True)
        folder = part / source["reader"] / "raw"
        fetch(dataset, resources(source["reader"]), folder, cache, mirrors, source["mirrors"])
        unpack(source["reader"], part)


if __name__ == "__main__":
    run(download)
