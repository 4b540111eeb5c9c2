"""Reproduces the cells of a table, those of different autoencoders side by side: dvc runs one stage at a time.

`dvc repro report@TABLE` does the same work one after the other; what this leaves undone it goes on with.
"""

__all__ = ["lanes"]

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from latentpriors.choices import unknown  # noqa: E402
from latentpriors.processes import processors  # noqa: E402
from latentpriors.program import Parser, program  # noqa: E402
from latentpriors.project.pipeline import Stage, producers, read_stages, upstream  # noqa: E402
from latentpriors.project.tables import read_tables  # noqa: E402
from latentpriors.yaml_files import read_yaml  # noqa: E402


def lanes(stages: Mapping[str, Stage], models: Mapping[str, dict], table: str) -> tuple[list[str], list[list[str]]]:
    """Returns the stages of a table that all autoencoders share, and for each autoencoder its own, in order.

    A shared stage that waits for an autoencoder's is in neither: `dvc repro report@TABLE` runs it in the end.

    Arguments:
        stages: All stages, as `read_stages` returns them.
        models: The autoencoders, as `read_tables` returns them.
        table: Its name, as in `report@TABLE`, which is in neither.

    Raises:
        ValueError: there is no such table.
    """
    if f"report@{table}" not in stages:
        known = [name.removeprefix("report@") for name in stages if name.startswith("report@")]
        raise ValueError(unknown("the table", table, known))
    direct, shared, own, late = producers(stages), [], {key: [] for key in models}, set()
    for name in upstream(direct, [f"report@{table}"])[:-1]:
        key = name.partition("@")[2]
        mine = [model for model in models if key == model or key.startswith(f"{model}-")]
        if mine:
            own[mine[0]].append(name)
        elif late.isdisjoint(direct[name]):
            shared.append(name)
            continue
        late.add(name)
    return shared, [lane for lane in own.values() if lane]


def reproduce(shared: list[str], own: list[list[str]]) -> int:
    """Runs the shared stages, then the lanes, returns dvc's exit status."""
    count = len(shared) + sum(map(len, own))
    with tqdm(total=count, desc="stages", unit="stage", disable=None) as bar:
        code = _run(shared, bar)
        if code:
            return code
        # One lane more than there are cores: each waits for dvc's lock file now and then.
        with ThreadPoolExecutor(processors() + 1) as pool:
            return max(pool.map(lambda lane: _run(lane, bar), own), default=0)


def _run(names: list[str], bar: tqdm) -> int:
    """Runs some stages, each after what it depends on, and shows which; dvc's messages only where it fails."""
    # Single items: of one process each, so that no lane waits for a file that another one only looks at.
    command = ["dvc", "--wait-for-lock", "repro", "--single-item", *names]
    output = []
    with subprocess.Popen(
        command,
        cwd=ROOT,
        encoding="utf-8",
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ,
    ) as dvc:
        for line in dvc.stdout:
            output.append(line)
            if found := re.search(r"^(?:Running stage|Stage) '(.+?)'", line):
                bar.set_postfix_str(found[1])
                bar.update()
    if dvc.returncode:
        tqdm.write("".join(output[-20:]), file=sys.stderr)
    return dvc.returncode


def main() -> int:
    parser = Parser(description=__doc__)
    parser.add_argument("table", help="a folder in tables/, such as digits-poster")
    table = parser.parse_args().table
    with program("lanes"):
        stages = read_stages(ROOT, read_yaml(ROOT / "params.yaml"))
        return reproduce(*lanes(stages, read_tables(ROOT)["models"], table))


if __name__ == "__main__":
    sys.exit(main())
