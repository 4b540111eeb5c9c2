"""Stage `exact_grades`: what the metrics say of samples whose true difference is known."""

from context import run
from pathlib import Path

from latentpriors.processes import side_by_side
from latentpriors.runs import seed, value
from latentpriors.store import save_json
from latentpriors.studies.densities import DENSITIES
from latentpriors.studies.exact_grades import grade


def exact_grades(params: dict, metrics: Path) -> None:
    """What the metrics say of samples whose true difference is known.

    Arguments:
        metrics: The JSON file for the grades.
    """
    n, names = value(params, "exact.test"), list(DENSITIES)
    found = side_by_side(lambda i: grade(names[i], n, seed("exact", "grades", names[i])), range(len(names)), "cpu")
    save_json(metrics, {"n_samples": n, "rows": [row for rows in found for row in rows]})


if __name__ == "__main__":
    run(exact_grades)
