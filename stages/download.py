"""Stage `download`: the raw files of a data set, from the cache, a mirror or the public sources, checked."""

import os
from pathlib import Path

from context import arguments, params, run
from latentpriors.data import fetch, resources, unpack
from latentpriors.store import whole


def main() -> None:
    options = arguments(__doc__, dataset="a key of datasets in params.yaml", out="the folder for the raw files")
    source = params(f"datasets.{options.dataset}.source")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "latentpriors"
    with whole(Path(options.out)) as part:
        part.mkdir(parents=True)
        fetch(
            options.dataset,
            resources(source["reader"]),
            part / source["reader"] / "raw",
            cache,
            os.environ.get("LATENTPRIORS_MIRROR", "").split(),
            source["mirrors"],
        )
        unpack(source["reader"], part)


if __name__ == "__main__":
    run(main)
