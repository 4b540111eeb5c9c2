"""Prints what each metric costs at MNIST's sizes: 10,000 samples, 50,000 training rows; random data.

OMP_NUM_THREADS=1 python tools/metric_costs.py      (processor seconds: with more threads those of all of them)
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from latentpriors import metrics  # noqa: E402
from latentpriors.program import Parser  # noqa: E402

N, TRAIN = 10_000, 50_000
LOGITS, PENULTIMATE, CODES = 10, 48, 16  # dimensions
SIZES = [1000, 2000, 5000, 10_000]


def main() -> None:
    Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    random = np.random.default_rng(0)
    rows = [row for D in (LOGITS, PENULTIMATE) for row in of_features(D, random)] + of_codes(random)
    print(f"{N:,} against {N:,} rows, {TRAIN:,} training rows\n")
    print(pd.DataFrame(rows).to_markdown(index=False, floatfmt=("", ".0f", ".2f")))


def of_features(D: int, random: np.random.Generator) -> list[dict]:
    real, fake, train = (random.normal(size=(n, D)) for n in (N, N, TRAIN))
    mean, cov = metrics.moments(real)
    return [
        row("frechet_distance", D, lambda: metrics.frechet_distance(*metrics.moments(fake), mean, cov)),
        row("extrapolated_frechet", D, lambda: metrics.extrapolated_frechet(fake, mean, cov, SIZES, 0)),
        row("kernel_distance", D, lambda: metrics.kernel_distance(real, fake)),
        row("precision_recall", D, lambda: metrics.precision_recall(real, fake)),
        row("density_coverage", D, lambda: metrics.density_coverage(real, fake)),
        row("class_balance", D, lambda: metrics.class_balance(fake)),
        row("nearest", D, lambda: metrics.nearest(fake, train)),
        row("memorization", D, lambda: metrics.memorization(fake, train, real)),
    ]


def of_codes(random: np.random.Generator) -> list[dict]:
    # Ten clusters, as codes of digits have: k-means takes longer where there are none.
    labels = random.integers(10, size=TRAIN + N)
    codes = random.normal(size=(10, CODES))[labels] + random.normal(size=(TRAIN + N, CODES)) / 2
    train, test, drawn = codes[:TRAIN], codes[TRAIN:], random.normal(size=(N, CODES))
    metrics.two_sample_test(test[:100], drawn[:100])  # imports scikit-learn
    return [
        row("nearest", CODES, lambda: metrics.nearest(drawn, train)),
        row("memorization", CODES, lambda: metrics.memorization(drawn, train, test)),
        row("sliced_wasserstein", CODES, lambda: metrics.sliced_wasserstein(test, drawn)),
        row("two_sample_test", CODES, lambda: metrics.two_sample_test(test, drawn)),
        row("class_structure", CODES, lambda: metrics.class_structure(train, labels[:TRAIN], test, labels[TRAIN:])),
    ]


def row(name: str, D: int, work: Callable[[], object]) -> dict:
    start = time.process_time()
    work()
    return {"metric": name, "dimensions": D, "seconds": time.process_time() - start}


if __name__ == "__main__":
    main()
