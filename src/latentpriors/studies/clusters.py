"""Classes that nobody named: clusters of a head for the class, each named by one image, against labels."""

__all__ = ["cluster_figures", "cluster_labels", "k_means_figures"]

import torch
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score
from torch import Tensor

from ..training import evaluate
from .heads import HeadsAAE, head_figures


def cluster_labels(y: Tensor, labels: Tensor) -> Tensor:
    """Returns a label for each of K clusters, (K,): that of the image which has the highest probability for it.

    References:
        | Adversarial Autoencoders (Makhzani et al., 2015), section 6

    Arguments:
        y: The probabilities (N, K) of images.
        labels: Their labels (N,).

    Example:
        >>> y = torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
        >>> cluster_labels(y, torch.tensor([7, 3, 3]))  # the first image for cluster 0, the last for cluster 1
        tensor([7, 3])
    """
    return labels[y.argmax(0)]


@torch.no_grad()
def cluster_figures(
    model: HeadsAAE, validation: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor]
) -> dict[str, float]:
    """Returns `error`, the share of test images whose cluster has another label, `nmi`, and the figures of the heads.

    Validation images name the clusters, by `cluster_labels`. `nmi` is the normalized mutual information of clusters and
    labels, which needs no names.

    Arguments:
        model: A model that was trained without labels.
        validation: Images (N, C, H, W) and their labels (N,).
        test: Such.
    """
    (x, labels), named = test, evaluate(lambda x: model.heads(x)[0].softmax(1), validation[:1])
    names = cluster_labels(named, validation[1])
    found = evaluate(lambda x: model.heads(x)[0].argmax(1), (x,))
    return head_figures(model, x, labels) | {
        "error": float((names[found] != labels).double().mean()),
        "nmi": float(normalized_mutual_info_score(labels.cpu(), found.cpu())),
    }


def k_means_figures(
    codes: dict[str, Tensor], validation_labels: Tensor, test_labels: Tensor, clusters: int, seed: int
) -> dict[str, float]:
    """Returns the same of k-means on codes: a cluster has the label of the validation code nearest to its centre.

    Arguments:
        codes: Of an autoencoder, "train", "validation" and "test", with shape (N, D).
        validation_labels: The labels (N,) of "validation".
        test_labels: Those of "test".
        clusters: How many.
        seed: Of the first centres.
    """
    parts = {split: codes[split].cpu().numpy() for split in ("train", "validation", "test")}
    means = KMeans(clusters, n_init=10, random_state=seed).fit(parts["train"])
    names = cluster_labels(torch.from_numpy(-means.transform(parts["validation"])), validation_labels.cpu())
    found, labels = torch.from_numpy(means.predict(parts["test"])).long(), test_labels.cpu()
    return {
        "error": float((names[found] != labels).double().mean()),
        "nmi": float(normalized_mutual_info_score(labels, found)),
    }
