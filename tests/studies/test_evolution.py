"""Looks at what is generated over epochs: when they happen, what of, and that they change nothing."""

import pytest
import torch

from latentpriors.autoencoders.aae_learned import AAELearned
from latentpriors.studies import evolution
from latentpriors.training import Budget

SIZES = {"latent": 3, "network": "mlp", "channels": (), "hidden": 16, "code_hidden": (16,)}
X = torch.rand(60, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def trained(epochs: list[int], monkeypatch: pytest.MonkeyPatch, **settings: object):
    """Returns the model, what `evolve` returns of it, and which images were scored."""
    seen = []
    monkeypatch.setattr(evolution, "activations", lambda classifiers, images: seen.append(images))
    monkeypatch.setattr(evolution, "distances", lambda *_: {"logits": torch.tensor([float(len(seen))])})
    torch.manual_seed(0)
    model = AAELearned((1, 8, 8), **SIZES, **settings)
    data = {"train": (X,), "validation": (X[:20],)}
    budget = Budget(6 * max(epochs), 10, torch.Generator().manual_seed(0))
    return model, evolution.evolve(model, data, X[:8], epochs, [], {}, budget), seen


@pytest.mark.parametrize("schedule", ["paper", "report"])
def test_every_epoch_that_is_asked_for_has_its_samples_and_reconstructions(
    schedule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (found, rows), seen = trained([1, 2, 5], monkeypatch, schedule=schedule)
    assert found == {"samples": [1, 3, 5], "reconstructions": [2, 4, 6]}
    assert [len(images) for images in seen] == [20] * 6
    assert rows.shape == (3, 16, 1, 8, 8)
    assert torch.equal(rows[2, :8], seen[4][:8])  # samples, of the model's own prior
    assert torch.equal(rows[2, 8:], seen[5][:8])  # reconstructions of the first images
    assert not torch.equal(rows[0], rows[2])


def test_looks_change_nothing_of_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    often, once = (trained(epochs, monkeypatch)[0].state_dict() for epochs in ([1, 2, 3, 4], [4]))
    assert all(torch.equal(often[key], once[key]) for key in once)
