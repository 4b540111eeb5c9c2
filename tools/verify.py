"""Says whether the committed tables belong to the committed code, or reruns cells beside them: `make verify`."""

__all__ = ["belong", "rerun"]

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from latentpriors.choices import unknown  # noqa: E402
from latentpriors.program import Parser, program  # noqa: E402
from latentpriors.project.pipeline import Stage, producers, read_locks, read_stages, upstream  # noqa: E402
from latentpriors.project.tables import read_tables  # noqa: E402
from latentpriors.project.verify import all_faults, verdict  # noqa: E402
from latentpriors.yaml_files import read_yaml  # noqa: E402

GUARD = "check"  # it writes a constant: that it would rerun changes no table
SHOWN = 5  # of the faults of a table


def main() -> int:
    parser = Parser(description=__doc__)
    parser.add_argument("--cells", default="", help="the rows to rerun, by their keys in cells.yaml, or all (none)")
    parser.add_argument("--table", default="digits-poster", help="whose rows `--cells all` means (%(default)s)")
    options = parser.parse_args()
    with program("verify"):
        return rerun(options.cells.split(), options.table) if options.cells.strip() else belong(ROOT)


def belong(root: Path) -> int:
    """Prints for each report whether all that it rests on is what dvc.lock recorded; returns 1 where one is not."""
    params = read_yaml(root / "params.yaml")
    stages = read_stages(root, params)
    lock, code = read_locks(root), 0
    wrong, direct = all_faults(root, stages, lock, params), producers(stages)
    for name, stage in stages.items():
        for title in (Path(out).stem for out in stage.outs if out.startswith("reports/")):
            needed = [other for other in upstream(direct, [name]) if other != GUARD]
            if name not in lock and not any((root / out).exists() for out in stage.outs):
                done = sum(other in lock for other in needed)
                print(f"{title}: has not been built yet ({done} of {len(needed)} stages)")
                continue
            bad = [other for other in needed if wrong[other]]
            count = f"{len(bad)} of its {len(needed)} stages do not belong to this code"
            print(f"{title}: {count if bad else f'belongs to this code ({len(needed)} stages)'}")
            for other in bad[:SHOWN]:
                more = f" (and {len(wrong[other]) - 1} more)" if len(wrong[other]) > 1 else ""
                print(f"  {other}: {wrong[other][0]}{more}")
            code = code or bool(bad)
    for reason in wrong.get(GUARD, []):
        print(f"note: since the last `dvc repro`, {reason}")
    print("Code counts by its fingerprints, which `pytest tests/project/test_code.py` computes again.")
    return int(code)


def rerun(keys: list[str], table: str) -> int:
    """Reruns rows from the raw data in a copy of the last commit; returns 1 where one is not in its interval."""
    (ROOT / ".work").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="verify-", dir=ROOT / ".work") as folder:
        copy = Path(folder) / "copy"
        subprocess.run(["git", "clone", "--quiet", "--shared", str(ROOT), str(copy)], check=True)
        if subprocess.run(["git", "status", "--porcelain", "-uno"], cwd=ROOT, capture_output=True).stdout:
            print("note: there are changes that are not committed; what is rerun is the last commit", flush=True)
        stages = read_stages(copy, read_yaml(copy / "params.yaml"))
        rows = _rows(read_tables(copy), keys, table)
        committed = {key: json.loads((copy / path).read_text(encoding="utf-8")) for key, path in rows.items()}
        makers = [name for name, stage in stages.items() if set(rows.values()) & set(stage.outs)]
        _run(copy, {name: stages[name] for name in upstream(producers(stages), makers)}, Path(folder) / "work")
        again = {key: json.loads((copy / path).read_text(encoding="utf-8"))["fcd"] for key, path in rows.items()}
    print("\n" + _shown(committed, again))
    return 1 - all(verdict(committed[key], again[key]) for key in rows)


def _rows(cells: dict, keys: list[str], table: str) -> dict[str, str]:
    """Returns where the figures of each row are."""
    listed = cells["real"] | cells["cells"]
    if keys == ["all"]:
        keys = [key for key, item in listed.items() if f"{item['dataset']}-{item['table']}" == table]
        if not keys:
            raise ValueError(unknown("the table", table, cells["tables"]))
    for key in keys:
        if key not in listed:
            raise ValueError(unknown("the cell", key, ("all", *listed)))
    return {key: f"metrics/{listed[key]['dataset']}/{listed[key]['table']}/{key}.json" for key in keys}


def _shown(committed: dict[str, dict], again: dict[str, float]) -> str:
    """Returns the table of the committed and the rerun FCD."""
    width = max(map(len, committed))
    lines = [f"{'cell':<{width}}  {'committed':>9}  {'95% interval':^18}  {'rerun':>9}  {'change':>7}"]
    for key, row in committed.items():
        span = "none: within 10%" if row.get("fcd_low") is None else f"{row['fcd_low']:.2f} to {row['fcd_high']:.2f}"
        change = f"{again[key] / row['fcd'] - 1:+.1%}"
        mark = "pass" if verdict(row, again[key]) else "FAIL"
        lines.append(f"{key:<{width}}  {row['fcd']:>9.3f}  {span:^18}  {again[key]:>9.3f}  {change:>7}  {mark}")
    return "\n".join(lines)


def _run(copy: Path, stages: dict[str, Stage], work: Path) -> None:
    """Runs stages as dvc does, their outputs deleted first; the frozen classifiers stay what they are."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "LATENTPRIORS_WORK": str(work)}
    for name, stage in stages.items():
        if stage.frozen:
            missing = [out for out in stage.outs if not (copy / out).exists()]
            if missing:
                raise ValueError(f"{missing[0]} is not in git; README.md says how classifiers are trained anew")
            continue
        for out in stage.outs:
            shutil.rmtree(copy / out) if (copy / out).is_dir() else (copy / out).unlink(missing_ok=True)
        print(f"rerunning {name}", flush=True)
        if subprocess.run(stage.cmd, shell=True, cwd=copy, env=environment).returncode:
            raise ValueError(f"{name} failed, so nothing can be said of the cells")


if __name__ == "__main__":
    sys.exit(main())
