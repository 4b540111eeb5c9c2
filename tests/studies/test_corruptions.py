"""Each corruption against a closed form, SciPy or brute force, over its strengths, and on hostile input."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_digits

from latentpriors.studies.corruptions import CORRUPTIONS, corrupt

SHAPES = [(1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 5, 9), (1, 1, 1)]


def labelled(shape: tuple[int, int, int], N: int = 30) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(256, (N, *shape), generator=generator, dtype=torch.uint8), torch.arange(N) % 10


@pytest.fixture(scope="module")
def digits() -> tuple[torch.Tensor, torch.Tensor]:
    read = load_digits()
    return torch.tensor(read.images * 255 / 16).byte()[:, None], torch.tensor(read.target)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_shapes_determinism_and_the_identity(name: str, shape: tuple[int, int, int]) -> None:
    images, labels = labelled(shape)
    before, state = images.clone(), torch.get_rng_state()
    unchanged = corrupt(images, name, 0, labels)
    assert torch.equal(unchanged, before)
    assert unchanged.data_ptr() != images.data_ptr()
    for strength in (0.001, 0.3, 1.0):
        found = corrupt(images, name, strength, labels, seed=1)
        assert (found.shape, found.dtype) == (images.shape, torch.uint8)
        assert torch.equal(found, corrupt(images, name, strength, labels, seed=1))
    assert torch.equal(images, before)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", ["noise", "occlusion", "class_dropping"])
def test_seeds_differ(name: str) -> None:
    images, labels = labelled((1, 8, 8))
    assert not torch.equal(corrupt(images, name, 0.4, labels, seed=0), corrupt(images, name, 0.4, labels, seed=1))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_greater_strength_changes_more(name: str, digits: tuple[torch.Tensor, torch.Tensor]) -> None:
    images, labels = digits
    changes = [
        (corrupt(images, name, strength, labels).float() - images.float()).abs().mean().item()
        for strength in (0, 0.2, 0.4, 0.6, 0.8)
    ]
    assert changes[0] == 0
    assert all(a < b for a, b in itertools.pairwise(changes)), changes


def test_noise_has_its_standard_deviation() -> None:
    grey = torch.full((50, 1, 28, 28), 127, dtype=torch.uint8)
    change = corrupt(grey, "noise", 0.1).float() - 127
    assert change.std().item() == pytest.approx(25.5, rel=0.02)
    assert abs(change.mean().item()) < 0.5


def test_blur_agrees_with_scipy_away_from_the_border() -> None:
    point = torch.zeros(1, 2, 28, 28, dtype=torch.uint8)
    point[:, :, 14, 14] = 255
    expected = gaussian_filter(point[0, 0].numpy().astype(float), 0.2 * 28 / 4, truncate=8)
    assert np.abs(corrupt(point, "blur", 0.2)[0, 1].numpy() - expected).max() <= 1
    flat = torch.full((2, 1, 5, 9), 77, dtype=torch.uint8)
    assert torch.equal(corrupt(flat, "blur", 0.9), flat)


@pytest.mark.parametrize("strength", [0.1, 0.25, 0.6, 1.0])
def test_occlusion_is_one_rectangle_that_grows(strength: float) -> None:
    white = torch.full((40, 3, 10, 20), 255, dtype=torch.uint8)
    covered = corrupt(white, "occlusion", strength)[:, 0] == 0
    height, width = round(math.sqrt(strength) * 10), round(math.sqrt(strength) * 20)
    assert (covered.any(2).sum(1) == height).all()
    assert (covered.any(1).sum(1) == width).all()
    assert (covered.sum((1, 2)) == height * width).all()
    less = corrupt(white, "occlusion", strength / 2)[:, 0] == 0
    assert not (less & ~covered).any()
    if strength == 0.1:
        assert len({tuple(part.any(1).nonzero()[0].tolist()) for part in covered}) > 2  # in different places


def test_swirl_turns_a_ramp_by_its_angle() -> None:
    # Bilinear interpolation is exact on a ramp, so that the turned ramp has a closed form.
    across = torch.arange(21.0) - 10
    ramp = (128 + 10 * across).round().byte().expand(1, 2, 21, 21).contiguous()
    down, across = torch.meshgrid(across, across, indexing="ij")
    angle = 0.5 * math.pi * (1 - (down**2 + across**2).sqrt() / 10.5).clamp(min=0)
    expected = 128 + 10 * (angle.sin() * down + angle.cos() * across)
    found = corrupt(ramp, "swirl", 0.5)
    assert (found[0, 1].float() - expected).abs().max() <= 1
    assert torch.equal(found[:, :, 0, 0], ramp[:, :, 0, 0])


def test_pixelation_averages_blocks() -> None:
    images = labelled((3, 28, 28))[0]
    blocks = images.double().reshape(-1, 3, 7, 4, 7, 4).mean((3, 5))
    expected = blocks.repeat_interleave(4, 2).repeat_interleave(4, 3)
    assert (corrupt(images, "pixelation", 0.75).double() - expected).abs().max() <= 0.51
    assert corrupt(images, "pixelation", 1.0).flatten(2).float().std(2).max() == 0


@pytest.mark.parametrize(("strength", "kept"), [(0.1, 9), (0.2, 8), (0.5, 5), (0.8, 2), (1.0, 1)])
def test_class_dropping_drops_classes_and_nothing_else(strength: float, kept: int) -> None:
    labels = (torch.arange(60) ** 2) % 13 % 10
    names = labels.unique()
    kept = max(1, len(names) - math.floor(strength * len(names) + 0.5))
    images = torch.stack([labels.byte(), torch.arange(60).byte()], 1)[
        :, :, None, None
    ]  # each shows its class and index
    found = corrupt(images, "class_dropping", strength, labels)
    classes, index = found[:, 0, 0, 0].long(), found[:, 1, 0, 0].long()
    assert len(classes.unique()) == kept
    assert torch.equal(labels[index], classes)  # whole images, not mixtures
    stays = torch.isin(labels, classes.unique())
    assert torch.equal(index[stays], torch.arange(60)[stays])
    repeats = index[~stays].bincount(minlength=60)[stays]
    assert repeats.max() - repeats.min() <= 1  # all images of the kept classes alike
    more = corrupt(images, "class_dropping", min(1.0, strength + 0.3), labels)[:, 0].unique()
    assert set(more.tolist()) <= set(classes.tolist())


@pytest.mark.parametrize("strength", [-0.1, 1.5, math.nan, math.inf])
def test_a_bad_strength_is_refused(strength: float) -> None:
    with pytest.raises(ValueError, match=r"strength is .*from 0 to 1"):
        corrupt(labelled((1, 8, 8))[0], "noise", strength)


@pytest.mark.parametrize(
    "images",
    [
        torch.zeros(3, 8, 8, dtype=torch.uint8),
        torch.zeros(0, 1, 8, 8, dtype=torch.uint8),
        torch.zeros(3, 1, 8, 8),
        torch.zeros(3, 1, 0, 8, dtype=torch.uint8),
    ],
)
@pytest.mark.parametrize("strength", [0, 0.5])
def test_bad_images_are_refused(images: torch.Tensor, strength: float) -> None:
    with pytest.raises(ValueError, match=r"uint8 \(N, C, H, W\) is needed"):
        corrupt(images, "blur", strength)


def test_bad_labels_and_names_are_refused() -> None:
    images, labels = labelled((1, 8, 8))
    for bad in (None, labels[:-1], labels[:, None], labels.float()):
        with pytest.raises(ValueError, match="one for each image"):
            corrupt(images, "class_dropping", 0.5, bad)
    with pytest.raises(ValueError, match="two classes or more"):
        corrupt(images, "class_dropping", 0.5, torch.zeros_like(labels))
    with pytest.raises(ValueError, match="'blurr' is unknown; choose from noise, blur"):
        corrupt(images, "blurr", 0.5)
