"""What a few labels are worth to those who see codes of an autoencoder: its neighbours, and a graph of all."""

__all__ = ["errors_of_codes"]

import numpy as np
from numpy.typing import ArrayLike
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import LabelSpreading

COUNTS = (1, 3, 5)  # of neighbours, chosen by cross-validation on the labelled codes
GRAPH = 10  # neighbours of a code along which labels spread
KEPT = 0.99  # the paper's α, the share of what a code is told by its neighbours and not by its own label


def errors_of_codes(
    train: ArrayLike, labels: ArrayLike, told: ArrayLike, test: ArrayLike, test_labels: ArrayLike
) -> dict[str, float]:
    """Returns the shares of test codes whose label is wrong, by two methods that see codes and few labels.

    `knn_error` is that of a vote of the nearest labelled codes; how many of them, is chosen by five-fold
    cross-validation on these, by two folds where a class has fewer than five. `spreading_error` lets labels spread
    over all training codes along a graph of neighbours. Codes are standardized.

    References:
        | Learning with Local and Global Consistency (Zhou et al., 2004), for the second

    Arguments:
        train: Codes (N, D) of the training images.
        labels: Their labels (N,), of which only those that are told are looked at.
        told: The indices (L,) of these, at least two of each class.
        test: Codes (M, D) of test images.
        test_labels: Their labels (M,).

    Raises:
        ValueError: a class has one label.
    """
    train, labels, told, test, test_labels = map(np.asarray, (train, labels, told, test, test_labels))
    scaler = StandardScaler().fit(train)
    train, test = scaler.transform(train), scaler.transform(test)
    least = np.unique(labels[told], return_counts=True)[1].min()
    if least < 2:
        raise ValueError("a class has one label; to choose how many neighbours vote, at least two are needed")
    counts = [count for count in COUNTS if count <= len(told) // 2]  # so many are in the smaller part of two
    folds = StratifiedKFold(5 if least >= 5 else 2, shuffle=True, random_state=0)
    search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": counts}, cv=folds)
    partial = np.full(len(labels), -1)
    partial[told] = labels[told]
    spreading = LabelSpreading(kernel="knn", n_neighbors=GRAPH, alpha=KEPT, max_iter=1000)
    return {
        "knn_error": 1 - float(search.fit(train[told], labels[told]).score(test, test_labels)),
        "spreading_error": 1 - float(spreading.fit(train, partial).score(test, test_labels)),
    }
