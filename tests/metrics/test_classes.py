"""Class balance against counting and SciPy."""

import math

import numpy as np
import pytest
import torch
from scipy.special import softmax
from scipy.stats import entropy

from latentpriors.metrics import class_balance


def logits_of(labels: list[int], classes: int, sure: float = 50.0) -> np.ndarray:
    return sure * np.eye(classes)[labels]


def test_shares_by_counting() -> None:
    found = class_balance(logits_of([0, 0, 0, 1, 2, 2], 4))
    assert found.shares == pytest.approx((3 / 6, 1 / 6, 2 / 6, 0))
    assert found.total_variation == pytest.approx(1 / 4 + 1 / 12)  # what is above a quarter
    assert found.missing == 1
    assert found.confidence == pytest.approx(1)
    assert found.entropy == pytest.approx(0, abs=1e-12)


def test_against_a_reference() -> None:
    logits = logits_of([0] * 90 + [1] * 9 + [2], 3)
    found = class_balance(logits, [0.9, 0.09, 0.01])
    assert found.total_variation == pytest.approx(0)
    assert found.missing == 0
    assert class_balance(logits, torch.tensor([0.0, 0.5, 0.5])).total_variation == pytest.approx(0.9)
    assert class_balance(logits, [0.0, 0.5, 0.5]).missing == 1  # 0.01 is less than 0.05; 0.09 is not
    assert class_balance(logits_of([0], 2), [1.0, 0.0]).missing == 0  # nothing is expected of class 1


def test_confidence_and_entropy_agree_with_scipy() -> None:
    logits = 3 * np.random.default_rng(0).normal(size=(200, 10))
    p, found = softmax(logits, axis=1), class_balance(torch.tensor(logits))
    assert found.confidence == pytest.approx(p.max(1).mean())
    assert found.entropy == pytest.approx(entropy(p, axis=1).mean())
    # Logarithms of probabilities are logits too, and neither order nor a common shift matters.
    for same in (np.log(p), logits[::-1] + 1000):
        again = class_balance(same)
        assert again.shares == found.shares
        assert again[1:] == pytest.approx(found[1:])


def test_no_idea_and_extreme_logits() -> None:
    found = class_balance(np.zeros((5, 8)))
    assert found.confidence == pytest.approx(1 / 8)
    assert found.entropy == pytest.approx(math.log(8))
    assert class_balance([[1e30, -1e30], [-1e30, 1e30]]) == ((0.5, 0.5), 0, 0, 1, 0)


def test_bad_input_is_refused() -> None:
    logits = np.zeros((5, 3))
    for bad in ([0.5, 0.5], [0.5, 0.6, 0.1], [1.5, -0.5, 0], [np.nan, 0.5, 0.5], 1.0):
        with pytest.raises(ValueError, match="reference"):
            class_balance(logits, bad)
    with pytest.raises(ValueError, match="one class"):
        class_balance(np.zeros((5, 1)))
