"""Codes against prior samples, and codes against labels."""

__all__ = ["class_structure", "sliced_wasserstein", "two_sample_test"]

import numpy as np
from numpy.typing import ArrayLike

from .arrays import array, count, pair
from .neighbours import neighbours

NEIGHBOURS = 5
BATCH = 16  # projections at once


def sliced_wasserstein(a: ArrayLike, b: ArrayLike, seed: int = 0, projections: int = 500) -> float:
    r"""Returns the sliced Wasserstein-2 distance, the root of the mean of W2² over random one-dimensional projections.

    W2² of two sets of numbers is the mean squared difference of their quantiles, here exact for unequal counts too.
    The unit is that of the features; moving a set by v moves the figure by about |v| / √D.

    References:
        | Wasserstein Barycenter and its Application to Texture Mixing (Rabin et al., 2011)
        | Sliced and Radon Wasserstein Barycenters of Measures (Bonneel et al., 2015)

    Arguments:
        a: With shape (N, D).
        b: With shape (M, D).
        seed: Of the directions.
        projections: How many directions.

    Raises:
        ValueError: wrong shapes, no rows, entries that are not finite, different dimensions, no projection, or a
            negative seed.

    Example:
        >>> round(sliced_wasserstein([[0], [1]], [[4], [3]]), 6)  # in one dimension: each quantile has moved by 3
        3.0
        >>> round(sliced_wasserstein([[0, 0, 0, 0]], [[10, 0, 0, 0]]))  # about 10 / √4
        5
    """
    a, b = pair(a, b, ("codes a", "codes b"))
    projections, seed = count(projections, "projections"), count(seed, "seed", 0)
    directions = np.random.default_rng(seed).normal(size=(projections, a.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    i, j, weight = _quantiles(len(a), len(b))
    total = 0.0
    for start in range(0, projections, BATCH):
        u, v = (np.sort(directions[start : start + BATCH] @ x.T) for x in (a, b))
        total += float((((u[:, i] - v[:, j]) ** 2) @ weight).sum())
    return float(np.sqrt(total / projections))


def two_sample_test(a: ArrayLike, b: ArrayLike, seed: int = 0) -> float:
    """Returns the held-out accuracy of a classifier that tells two sets of codes apart: 0.5 where it cannot.

    The classifier is a vote of the five nearest neighbours in pooled units of standard deviation; it told flows and
    mixtures from codes of MNIST more clearly than boosted trees or small networks did. Each half of the rows is held
    out once, so that chance moves the figure by about 0.5 / √(N + M). The larger set is cut at random to the smaller
    one's count. Rows that are in both sets push the figure below 0.5.

    References:
        | Revisiting Classifier Two-Sample Tests (Lopez-Paz and Oquab, 2017)

    Arguments:
        a: With shape (N, D), at least 10 rows.
        b: With shape (M, D), at least 10 rows.
        seed: Of the halves.

    Raises:
        ValueError: wrong shapes, too few rows, entries that are not finite, different dimensions, or a negative seed.

    Example:
        >>> a, b = np.random.default_rng(0).normal(size=(2, 200, 3))
        >>> abs(two_sample_test(a, b) - 0.5) < 0.1  # both from one distribution: chance
        True
        >>> two_sample_test(a, b + 10)
        1.0
    """
    a, b = pair(a, b, ("codes a", "codes b"), least=2 * NEIGHBOURS)
    random, n = np.random.default_rng(count(seed, "seed", 0)), min(len(a), len(b))
    x = np.concatenate([random.permutation(codes)[:n] for codes in (a, b)])
    scale = x.std(0)
    x = (x - x.mean(0)) / np.where(scale > 0, scale, 1)
    y, half = np.repeat([0, 1], n), np.tile(np.arange(n) % 2, 2)
    hits = 0.0
    for held_out in (half == 0, half == 1):
        votes = y[~held_out][neighbours(x[held_out], x[~held_out], NEIGHBOURS)[1]].mean(1) > 0.5
        hits += (votes == y[held_out]).sum()
    return float(hits / len(y))


def class_structure(
    train_codes: ArrayLike, train_labels: ArrayLike, test_codes: ArrayLike, test_labels: ArrayLike, seed: int = 0
) -> dict[str, float]:
    """Returns how well codes separate classes, from 0 to 1: "knn", "probe" and "nmi", on the test codes.

    "knn" is the accuracy of the vote of five neighbours, "probe" that of a multinomial logistic regression on
    standardized codes, and "nmi" the normalized mutual information of labels and k-means clusters, as many as there
    are classes. Only the labels of the first two are seen in fitting; k-means sees codes alone.

    References:
        | Understanding intermediate layers using linear classifier probes (Alain and Bengio, 2016)
        | Cluster Ensembles (Strehl and Ghosh, 2002), for the normalized mutual information

    Arguments:
        train_codes, test_codes: With shapes (N, D) and (M, D).
        train_labels, test_labels: With shapes (N,) and (M,), of at least two classes.
        seed: Of the k-means starts.

    Raises:
        ValueError: wrong shapes, too few rows, entries that are not finite, labels that are no whole numbers, a
            single class, or a negative seed.

    Example:
        >>> codes, labels = np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 2
        >>> codes += 20 * labels[:, None]  # two classes far apart
        >>> scores = class_structure(codes[:20], labels[:20], codes[20:], labels[20:])
        >>> {name: round(score, 6) for name, score in scores.items()}
        {'knn': 1.0, 'probe': 1.0, 'nmi': 1.0}
    """
    from sklearn.cluster import KMeans
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import normalized_mutual_info_score
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, x_test = pair(train_codes, test_codes, ("training codes", "test codes"))
    y, y_test = _labels(train_labels, len(x), "training"), _labels(test_labels, len(x_test), "test")
    classes = len(np.unique(y))
    if min(classes, len(np.unique(y_test))) < 2 or len(x) < NEIGHBOURS:
        raise ValueError(f"at least two classes and {NEIGHBOURS} training codes are needed")
    knn = KNeighborsClassifier(NEIGHBOURS, algorithm="brute").fit(x, y)
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(x, y)
    clusters = KMeans(classes, n_init=4, random_state=count(seed, "seed", 0)).fit(x).predict(x_test)
    return {
        "knn": float(knn.score(x_test, y_test)),
        "probe": float(probe.score(x_test, y_test)),
        "nmi": float(normalized_mutual_info_score(y_test, clusters)),
    }


def _quantiles(n: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The ranks in sets of n and of m numbers that meet, and the probability of each meeting."""
    ends = np.unique(np.concatenate([np.arange(1, n + 1) * m, np.arange(1, m + 1) * n]))  # in units of 1 / (n m)
    starts = np.concatenate([[0], ends[:-1]])
    return starts // m, starts // n, (ends - starts) / (n * m)


def _labels(labels: ArrayLike, N: int, name: str) -> np.ndarray:
    labels = array(labels, f"{name} labels")
    if labels.shape != (N,) or not np.isfinite(labels).all() or (labels != labels.round()).any():
        raise ValueError(f"{name} labels have shape {labels.shape}; a whole number for each of {N} codes is needed")
    return labels.astype(np.int64)
