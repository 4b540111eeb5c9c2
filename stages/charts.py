"""Stage `charts`: the script that draws the charts of pages, so that they need no network."""

from context import run
from pathlib import Path

from latentpriors.store import whole


def charts(params: dict, out: Path) -> None:
    """The script that draws the charts of pages, so that they need no network.

    Arguments:
        out: The file, beside the pages' folders.
    """
    import altair
    import vl_convert

    version = ".".join(altair.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    with whole(out) as part:
        part.write_text(vl_convert.javascript_bundle(vl_version=version), encoding="utf-8")


if __name__ == "__main__":
    run(charts)
