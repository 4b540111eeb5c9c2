"""What is imported before any work begins: in a small table it takes as long as the work."""

import json
import subprocess
import sys
from pathlib import Path

HEAVY = ["matplotlib", "pandas", "scipy.stats", "sklearn", "torchvision"]
# What stages import since they use it whenever they run; scikit-learn brings SciPy's statistics and pandas.
USED = {
    "audit": {"matplotlib", "pandas"},
    "calibration": {"matplotlib", "pandas"},
    "clusters": {"sklearn", "scipy.stats", "pandas"},
    "exact": {"pandas"},
    "exact_report": {"matplotlib", "pandas"},
    "evolution": set(),
    "four_points": {"pandas", "scipy.stats"},
    "few_labels": {"sklearn", "scipy.stats", "pandas"},
    "metric_check": {"pandas"},
    "open_choices": {"pandas"},
    "reduction": {"sklearn", "scipy.stats", "pandas"},
    "replication": {"pandas"},
    "report": {"matplotlib", "pandas"},
    "score_codes": {"sklearn", "scipy.stats", "pandas"},
    "sweep": {"pandas"},
    "tune": {"pandas"},
    "tuning_report": {"matplotlib", "pandas"},
}
# Each in a process of its own, forked from one that has imported PyTorch.
IMPORT = """
import importlib, json, multiprocessing, sys
import torch

def heavy(name):
    importlib.import_module(name)
    return [each for each in HEAVY if each in sys.modules]

names, HEAVY = map(json.loads, sys.argv[1:])
with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
    print(json.dumps(dict(zip(names, pool.map(heavy, names, chunksize=1)))))
"""


def test_a_stage_imports_what_it_uses(root: Path) -> None:
    names = [*sorted(path.stem for path in (root / "stages").glob("*.py")), "latentpriors.priors"]
    path = {"PYTHONPATH": ":".join(str(root / folder) for folder in ("stages", "src", "tools"))}
    command = [sys.executable, "-c", IMPORT, json.dumps(names), json.dumps(HEAVY)]
    done = subprocess.run(command, env=path, capture_output=True, encoding="utf-8", check=True)
    too_much = {name: set(found) - USED.get(name, set()) for name, found in json.loads(done.stdout).items()}
    assert {name: found for name, found in too_much.items() if found} == {}
