"""Class-conditional samples: accuracies on classifiers and decoders that can be seen through, and the stage."""

import json
from pathlib import Path

import numpy as np
import pytest
import score_conditional as stage
import torch
from PIL import Image
from torch import nn

from latentpriors.autoencoders.cvae import CVAE
from latentpriors.networks import Classifier
from latentpriors.priors.base import FORMAT
from latentpriors.store import save_tensors
from latentpriors.studies.conditional import class_accuracy, class_samples, conditional_accuracy, style_grid

K = 4


class Pixels(nn.Module):
    """A classifier that takes the brightest of the first pixels for the class, `shift` classes further."""

    def __init__(self, shift: int = 0):
        super().__init__()
        self.logits, self.shift, self.shape = nn.Linear(1, K), shift, (1, 2, 2)

    def activations(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x.flatten(1)[:, :K].roll(self.shift, 1), x.flatten(1)


class Clear(CVAE):
    """Its images are its codes, a pixel for each dimension."""

    def __init__(self, centers: torch.Tensor):
        super().__init__((1, 2, 2), latent=K, network="mlp", hidden=4, classes=len(centers))
        self.centers.data.copy_(centers)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(z).reshape(-1, 1, 2, 2)


def test_the_accuracy_of_known_answers() -> None:
    answers, labels = torch.tensor([0, 1, 1, 2, 3, 3]), torch.tensor([0, 1, 2, 2, 2, 3])
    pictures = (255 * nn.functional.one_hot(answers, K)).byte().reshape(-1, 1, 2, 2)
    found = class_accuracy([Pixels()], pictures, labels)
    assert found["accuracy_by_class"] == pytest.approx([1, 1, 1 / 3, 1])
    assert found["accuracy"] == pytest.approx((3 + 1 / 3) / 4)
    # The second says 1, 2, 2, 3, 0, 0: right for one of the three images of class 2.
    both = class_accuracy([Pixels(), Pixels(1)], pictures, labels)
    assert both["accuracy_by_class"] == pytest.approx([1 / 2, 1 / 2, 1 / 3, 1 / 2])
    assert both["accuracy_by_classifier"] == pytest.approx([(3 + 1 / 3) / 4, 1 / 12])
    assert both["accuracy"] == pytest.approx(np.mean(both["accuracy_by_classifier"]))


def test_classes_that_are_apart_are_drawn_and_swapped_ones_are_not(generator: torch.Generator) -> None:
    apart = 20 * torch.eye(K) - 10
    assert conditional_accuracy(Clear(apart), [Pixels()], 50, generator)["accuracy"] > 0.98
    swapped = conditional_accuracy(Clear(apart[[1, 0, 2, 3]]), [Pixels()], 50, generator)
    assert swapped["accuracy_by_class"] == pytest.approx([0, 0, 1, 1], abs=0.05)


def test_a_label_that_was_never_learned_gives_chance(generator: torch.Generator) -> None:
    found = conditional_accuracy(Clear(torch.zeros(K, K)), [Pixels()], 2000, generator)
    assert found["accuracy"] == pytest.approx(1 / K, abs=0.025)


def test_samples_come_with_their_classes_and_noise_of_their_own(generator: torch.Generator) -> None:
    model = Clear(torch.randn(3, K))
    pictures, y = class_samples(model, 5, generator)
    assert y.tolist() == [0, 1, 2] * 5
    assert pictures.dtype == torch.uint8
    assert len(pictures.flatten(1).unique(dim=0)) == 15
    again = class_samples(model, 5, torch.Generator().manual_seed(1))[0]
    assert torch.equal(pictures, again)


def test_the_grid_has_styles_as_rows_and_classes_as_columns(generator: torch.Generator) -> None:
    model = Clear(torch.randn(3, K))
    grid = style_grid(model, 2, generator).reshape(2, 3, K).float() / 255
    noise = torch.randn(2, K, generator=torch.Generator().manual_seed(1))
    expected = torch.sigmoid(noise[:, None] + model.centers.detach())
    assert torch.allclose(grid, expected, atol=0.003)


def test_too_little_is_refused(generator: torch.Generator) -> None:
    with pytest.raises(ValueError, match="0 images of each class"):
        conditional_accuracy(Clear(torch.zeros(K, K)), [Pixels()], 0, generator)
    with pytest.raises(ValueError, match="3 images and 2 labels"):
        class_accuracy([Pixels()], torch.zeros(3, 1, 2, 2).byte(), torch.zeros(2))


def test_the_stage(tmp_path: Path) -> None:
    size = {"shape": [1, 8, 8], "latent": 2, "network": "mlp", "hidden": 8, "classes": 3}
    for index in range(2):
        about = {"name": "cvae", "arguments": size, "format": FORMAT}
        save_tensors(tmp_path / f"weights/seed{index}.safetensors", CVAE(**size).state_dict(), about)
        about = {"arguments": {"shape": [1, 8, 8], "classes": 3}}
        save_tensors(tmp_path / f"classifier/{index}.safetensors", Classifier((1, 8, 8), classes=3).state_dict(), about)
    test = {"test.images": torch.randint(256, (12, 1, 8, 8)).byte(), "test.labels": torch.arange(12) % 3}
    save_tensors(tmp_path / "images", test)
    names = ("images", "weights", "classifier", "metrics", "preview")
    stage.score_conditional({"device": "cpu"}, "cvae", **{name: tmp_path / name for name in names})
    found = json.loads((tmp_path / "metrics").read_text())
    assert found["accuracy"] == pytest.approx(np.mean(found["accuracy_by_seed"]))
    assert found["accuracy"] == pytest.approx(np.mean(found["accuracy_by_class"]))
    assert found["accuracy_low"] <= found["accuracy"] <= found["accuracy_high"]
    assert (len(found["accuracy_by_seed"]), found["n_each_class"], len(found["real_accuracy_by_class"])) == (2, 4, 3)
    assert np.asarray(Image.open(tmp_path / "preview/conditional.png")).shape == (8 * 8, 3 * 8)
