"""The metric's own test: what it must find on features and classifiers that are right, and on wrong ones."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits

from latentpriors.evaluation.fcd import LAYERS, activations
from latentpriors.metrics import moments
from latentpriors.networks import Classifier
from latentpriors.report.plots.metric_check import corruption_curves
from latentpriors.studies import metric_check
from latentpriors.studies.corruptions import CORRUPTIONS
from latentpriors.studies.metric_check import STRENGTHS, agreement, follow, invariance, spearman

TABLE = pd.DataFrame(
    [(name, s, 0.5 + s * (k + 1)) for k, name in enumerate(CORRUPTIONS) for s in STRENGTHS],
    columns=["corruption", "strength", "fcd"],
)


@pytest.fixture(scope="module")
def digits() -> tuple[list[Classifier], torch.Tensor, torch.Tensor, dict[str, np.ndarray]]:
    """Two untrained classifiers, 300 digits, and the features of others."""
    torch.manual_seed(0)
    read = load_digits()
    images, labels = torch.tensor(read.images * 255 / 16).byte()[:, None], torch.tensor(read.target)
    classifiers = [Classifier((1, 8, 8), hidden=16).eval() for _ in range(2)]
    reference = {}
    for split, part in (("train", images[900:1200]), ("validation", images[300:600]), ("test", images[600:900])):
        for k, features in enumerate(activations(classifiers, part)):
            for layer, values in features.items():
                mean, cov = moments(values)
                name = f"{split}.{k}.{layer}"
                reference |= {f"{name}.mean": mean, f"{name}.cov": cov, f"{name}.features": values}
    return classifiers, images[:300], labels[:300], reference


def test_follow_returns_every_point_and_its_images(digits: tuple) -> None:
    _, images, labels, _ = digits
    table, examples = follow(*digits)
    assert list(table.columns) == ["corruption", "strength", "fcd"]
    assert len(table) == len(CORRUPTIONS) * len(STRENGTHS)
    floor = table[table.strength == 0].fcd
    assert floor.nunique() == 1
    assert (table[table.strength == STRENGTHS[-1]].fcd > 2 * floor.iloc[0]).all()
    tiles = examples.reshape(len(CORRUPTIONS), metric_check.EXAMPLES, len(STRENGTHS), 1, 8, 8)
    for row in range(metric_check.EXAMPLES):
        assert torch.equal(tiles[0, row, 0], images[labels == row][0])
        assert torch.equal(tiles[:, row, 0], tiles[:1, row, 0].expand(len(CORRUPTIONS), 1, 8, 8))
    assert (tiles[CORRUPTIONS.index("occlusion"), :, -1] == 0).float().mean() > 0.7
    assert table.equals(follow(*digits)[0])


def test_spearman_knows_a_curve_that_falls() -> None:
    assert spearman(TABLE) == dict.fromkeys(CORRUPTIONS, 1.0)
    falling = TABLE.assign(fcd=TABLE.fcd.where(TABLE.corruption != "blur", -TABLE.fcd))
    assert spearman(falling)["blur"] == -1
    # Two neighbours that change places among six: 1 − 6 · 2 / (6 · 35).
    swapped = TABLE[TABLE.corruption == "noise"].assign(fcd=[1.0, 3.0, 2.0, 4.0, 5.0, 6.0])
    assert spearman(swapped)["noise"] == pytest.approx(1 - 12 / 210)
    for value in (1.0, float("nan")):
        with pytest.raises(ValueError, match="FCD does not change with noise"):
            spearman(TABLE.assign(fcd=value))


def test_order_and_batches_do_not_matter_and_would_be_seen(digits: tuple) -> None:
    classifiers, images, _, reference = digits
    assert max(invariance(classifiers, images, reference).values()) < 1e-5
    for classifier in classifiers:  # batch statistics: what a forgotten eval() does
        classifier.train()
    try:
        assert invariance(classifiers, images, reference)["batch_size"] > 1e-3
    finally:
        for classifier in classifiers:
            classifier.eval()


def test_three_implementations_agree_and_a_wrong_one_is_seen(digits: tuple, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = digits[3]
    found = agreement(reference)
    assert set(found) == set(LAYERS)
    assert max(found.values()) < 1e-6
    for name in ("frechet_distance", "_by_square_root", "_by_eigenvalues"):
        with monkeypatch.context() as patch:
            right = getattr(metric_check, name)
            patch.setattr(metric_check, name, lambda *a, right=right: right(*a) * (1 + 1e-4))
            assert min(agreement(reference).values()) == pytest.approx(1e-4, rel=0.01)


@pytest.mark.parametrize("shape", [(8, 8), (6, 6, 3)])
def test_the_picture_has_a_curve_and_a_strip_for_each(shape: tuple[int, ...]) -> None:
    images = np.zeros((len(CORRUPTIONS) * 2 * len(STRENGTHS), *shape), dtype=np.uint8)
    figure = corruption_curves(TABLE, images)
    curves = [axes for axes in figure.axes if axes.get_title()]
    assert [axes.get_title() for axes in curves] == [name.replace("_", " ") for name in CORRUPTIONS]
    drawn = curves[1].lines[-1].get_ydata()
    assert list(drawn) == list(TABLE[TABLE.corruption == CORRUPTIONS[1]].fcd)
    with pytest.raises(ValueError, match="cannot be shared"):
        corruption_curves(TABLE, images[:-1])
