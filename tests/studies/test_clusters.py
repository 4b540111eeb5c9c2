"""Clusters of a head for the class: the paper's way to name them, on cases that are made up, and on images."""

import pytest
import torch
from test_few_labels import SETTINGS, patches
from torch import Tensor

from latentpriors.studies.clusters import cluster_figures, cluster_labels, k_means_figures
from latentpriors.studies.heads import HeadsAAE
from latentpriors.training import Budget, train


def test_a_cluster_has_the_label_of_its_surest_image() -> None:
    y = torch.tensor([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.5, 0.4], [0.3, 0.3, 0.4]])
    assert cluster_labels(y, torch.tensor([5, 9, 2, 8])).tolist() == [5, 2, 2]  # not the majority's: 9 is as frequent


@pytest.fixture(scope="module")
def model() -> HeadsAAE:
    """Eight clusters of images of four classes."""
    torch.manual_seed(0)
    model = HeadsAAE((1, 4, 4), 8, 1, **SETTINGS | {"encoder_learning_rate": 3e-3})
    train(model, (patches(0, 800)[0],), Budget(1500, 100, torch.Generator().manual_seed(1)))
    return model


def test_clusters_find_the_classes_without_labels(model: HeadsAAE) -> None:
    found = cluster_figures(model, patches(1, 200), patches(2, 400))
    assert found["error"] < 0.15
    assert found["nmi"] > 0.6
    assert found["classes_used"] >= 4


def test_another_order_of_the_clusters_changes_nothing(model: HeadsAAE) -> None:
    before = cluster_figures(model, patches(1, 200), patches(2, 400))
    order, heads = torch.randperm(8, generator=torch.Generator().manual_seed(0)), model.heads
    try:
        model.heads = lambda x: (heads(x)[0][:, order], heads(x)[1])
        model.decode, decode = lambda code: decode(torch.cat([code[:, order.argsort()], code[:, 8:]], 1)), model.decode
        after = cluster_figures(model, patches(1, 200), patches(2, 400))
    finally:
        del model.heads, model.decode
    assert {key: after[key] for key in ("error", "nmi", "classes_used")} == {
        key: before[key] for key in ("error", "nmi", "classes_used")
    }


def test_k_means_names_its_clusters_alike() -> None:
    def blobs(n: int) -> tuple[Tensor, Tensor]:
        y = torch.arange(n) % 3
        return 10 * torch.eye(3)[y] + torch.rand(n, 3, generator=torch.Generator().manual_seed(n)), y

    (train_codes, _), (validation, names), (test, labels) = blobs(300), blobs(60), blobs(90)
    codes = {"train": train_codes, "validation": validation, "test": test}
    assert k_means_figures(codes, names, labels, 3, 0) == {"error": 0.0, "nmi": pytest.approx(1.0)}
    wrong = k_means_figures(codes, (names + 1) % 3, labels, 3, 0)
    assert wrong == {"error": 1.0, "nmi": pytest.approx(1.0)}
