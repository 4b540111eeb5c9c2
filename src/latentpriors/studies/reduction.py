"""Images as points of a plane: how well a reduction to two dimensions keeps classes and neighbours."""

__all__ = ["plane_figures", "points_of", "t_sne"]

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.manifold import TSNE, trustworthiness
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor

from ..training import evaluate
from .heads import HeadsAAE

NEIGHBOURS = 5
MOST = 2000  # points of which trustworthiness is taken: it holds all their distances


def plane_figures(points: ArrayLike, images: ArrayLike, labels: ArrayLike) -> dict[str, float]:
    """Returns `knn_error` and `trustworthiness` of points (N, 2) of images (N, ...) with labels (N,).

    The first is the share whose five nearest other points vote for another label; the second, in [0, 1], falls with
    each point that is near in the plane and is not where the images are. It is taken of the first points alone.

    References:
        | Neighborhood Preservation in Nonlinear Projection Methods (Venna and Kaski, 2001), for the second
    """
    points, images, labels = np.asarray(points), np.asarray(images).reshape(len(labels), -1), np.asarray(labels)
    voted = KNeighborsClassifier(NEIGHBOURS).fit(points, labels).predict(None)  # by others than itself
    return {
        "knn_error": float((voted != labels).mean()),
        "trustworthiness": float(trustworthiness(images[:MOST], points[:MOST], n_neighbors=NEIGHBOURS)),
    }


@torch.no_grad()
def points_of(model: HeadsAAE, x: Tensor) -> Tensor:
    """Returns what the decoder sees of images (N, C, H, W), W y + z, with shape (N, D)."""

    def code(x: Tensor) -> Tensor:
        logits, z = model.heads(x)
        return model.code(logits.softmax(1), z)

    return evaluate(code, (x,)).float()


def t_sne(images: Tensor, seed: int) -> np.ndarray:
    """Returns a plane (N, 2) for images (N, C, H, W); each set of images has its own.

    References:
        | Visualizing Data using t-SNE (van der Maaten and Hinton, 2008)
    """
    return TSNE(random_state=seed).fit_transform(images.flatten(1).cpu().numpy())
