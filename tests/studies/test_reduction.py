"""Images in the plane: what counts as kept, and cluster heads that stay apart."""

import numpy as np
import pytest
import torch
from test_few_labels import SETTINGS, patches
from torch.nn.functional import pdist

from latentpriors.studies.heads import HeadsAAE, draw_labels, head_figures
from latentpriors.studies.reduction import plane_figures, points_of, t_sne
from latentpriors.training import Budget, train


def test_a_plane_that_keeps_all_and_one_that_keeps_nothing() -> None:
    random, labels = np.random.default_rng(0), np.arange(300) % 3
    images = random.normal(size=(300, 2)) + 20 * np.eye(2)[labels % 2] + 40 * labels[:, None]
    assert plane_figures(images, images, labels) == {"knn_error": 0, "trustworthiness": 1}
    lost = plane_figures(random.permutation(images), images, labels)
    assert lost["knn_error"] == pytest.approx(2 / 3, abs=0.1)
    assert lost["trustworthiness"] == pytest.approx(0.5, abs=0.05)


def test_a_point_does_not_vote_for_itself() -> None:
    random = np.random.default_rng(0)
    points = np.concatenate([random.normal(size=(20, 2)), 50 + 1e-3 * random.normal(size=(3, 2))])
    labels = np.repeat([0, 1], [20, 3])  # two of five votes for each of the three; three with its own
    assert plane_figures(points, points, labels)["knn_error"] == pytest.approx(3 / 23)


def plane(apart: float, labelled: tuple | None, x: torch.Tensor) -> HeadsAAE:
    torch.manual_seed(0)
    model = HeadsAAE((1, 4, 4), 4, 2, labelled, apart=apart, **SETTINGS | {"learning_rate": 2e-3}, label_rate=4e-3)
    train(model, (x,), Budget(1500, 100, torch.Generator().manual_seed(1)))
    return model


def test_the_code_is_the_head_and_the_style_and_heads_stay_apart() -> None:
    (x, y), (test, labels) = patches(0, 800), patches(1, 400)
    told = draw_labels(y, 16, 4, 0)
    model = plane(4.0, (x[told], y[told]), x)
    assert head_figures(model, test, labels)["error"] < 0.1
    assert pdist(model.centres.detach()).min() > 3
    points = points_of(model, test)
    logits, z = model.heads(test)
    expected = logits.softmax(1) @ model.centres + z
    assert torch.allclose(points, expected, atol=1e-5)
    assert plane_figures(points, test, labels)["knn_error"] < 0.1


def test_heads_that_are_too_near_cost_what_is_lacking() -> None:
    torch.manual_seed(0)
    near, far = (HeadsAAE((1, 4, 4), 3, 2, apart=2.0, **SETTINGS) for _ in range(2))
    far.load_state_dict(near.state_dict())
    with torch.no_grad():
        near.centres.copy_(torch.tensor([[0.0, 0], [0.5, 0], [0, 5]]))  # the first two lack 1.5
        far.centres.copy_(near.centres)
        far.apart = 0.1
    x = patches(0, 50)[0]
    costs = [float(model((x,), "reconstruction").detach()) for model in (near, far)]
    assert costs[0] - costs[1] == pytest.approx(1.5, abs=1e-4)


def test_t_sne_has_a_point_for_each_image() -> None:
    x = patches(0, 120)[0]
    planes = [t_sne(x, seed) for seed in (0, 0)]
    assert planes[0].shape == (120, 2)
    assert np.array_equal(*planes)
