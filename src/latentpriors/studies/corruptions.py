"""Corruptions of images at growing strength: what a metric that follows image quality must notice."""

__all__ = ["CORRUPTIONS", "corrupt"]

import math

import torch
from torch import Generator, Tensor, nn

# At strength 1 the blur's standard deviation is this share of the shorter side, and the swirl turns the center so far.
BLUR, TURN = 0.25, math.pi


def corrupt(images: Tensor, name: str, strength: float, labels: Tensor | None = None, seed: int = 0) -> Tensor:
    """Returns as many images, corrupted; at strength 0 they are unchanged.

    A seed fixes all that is random apart from the strength, so that growing strengths are one corruption that grows.

    - noise: Gaussian, with a standard deviation of strength times the range of pixels, cut to that range.
    - blur: a Gaussian filter with a standard deviation of strength / 4 of the shorter side.
    - occlusion: a black rectangle of this share of the area, somewhere else in each image.
    - swirl: a rotation by up to strength × 180 degrees at the center, falling off linearly to the nearest border.
    - pixelation: averages of blocks in the place of pixels; of rows and columns of blocks this share fewer.
    - class_dropping: this share of the classes is dropped, repeated images of the others take their places.

    References:
        | GANs Trained by a Two Time-Scale Update Rule, appendix (Heusel et al., 2017)

    Arguments:
        images: uint8, with shape (N, C, H, W).
        name: One of `CORRUPTIONS`.
        strength: From 0 to 1.
        labels: The classes, with shape (N,); class dropping alone needs them. One class always stays.
        seed: Of everything random.

    Raises:
        ValueError: an unknown name, a strength outside of [0, 1], or images or labels that do not fit.
    """
    _check(images, name, strength, labels)
    if strength == 0:
        return images.clone()
    generator = Generator().manual_seed(seed)
    if name == "class_dropping":
        return images[_kept_classes(labels.cpu(), strength, generator).to(images.device)]
    corrupted = _PIXELS[name](images.float() / 255, strength, generator)
    return (255 * corrupted).round().byte()


def _noise(x: Tensor, strength: float, generator: Generator) -> Tensor:
    return (x + strength * torch.randn(x.shape, generator=generator).to(x.device)).clamp(0, 1)


def _blur(x: Tensor, strength: float, generator: Generator) -> Tensor:
    H, W = x.shape[2:]
    spread = BLUR * strength * min(H, W)

    def filters(size: int) -> Tensor:
        # A softmax of rows: the part of the Gaussian beyond the border is shared among the pixels inside.
        place = torch.arange(size, device=x.device, dtype=x.dtype)
        return (-0.5 * ((place - place[:, None]) / spread) ** 2).softmax(1)

    return filters(H) @ x @ filters(W).T


def _occlusion(x: Tensor, strength: float, generator: Generator) -> Tensor:
    corner = torch.rand(2, len(x), 1, generator=generator).to(x.device)
    covered = []
    for size, u in zip(x.shape[2:], corner, strict=True):
        length = round(math.sqrt(strength) * size)
        start = (u * (size - length + 1)).floor()
        place = torch.arange(size, device=x.device)
        covered.append((place >= start) & (place < start + length))
    return x * ~(covered[0][:, None, :, None] & covered[1][:, None, None, :])


def _swirl(x: Tensor, strength: float, generator: Generator) -> Tensor:
    N, C, H, W = x.shape
    center = torch.tensor([(H - 1) / 2, (W - 1) / 2], device=x.device).clamp(min=0.5)
    down, across = (torch.arange(size, device=x.device) - (size - 1) / 2 for size in (H, W))
    down, across = torch.meshgrid(down, across, indexing="ij")
    angle = TURN * strength * (1 - (down**2 + across**2).sqrt() / min(H, W) * 2).clamp(min=0)
    rows = angle.cos() * down - angle.sin() * across
    columns = angle.sin() * down + angle.cos() * across
    grid = torch.stack([columns / center[1], rows / center[0]], -1)
    # All images move alike: as channels of one image they need one grid.
    return nn.functional.grid_sample(
        x.reshape(1, N * C, H, W), grid[None], padding_mode="border", align_corners=True
    ).reshape(x.shape)


def _pixelation(x: Tensor, strength: float, generator: Generator) -> Tensor:
    def averages(size: int) -> Tensor:
        blocks = max(1, round((1 - strength) * size))
        block = torch.arange(size, device=x.device) * blocks // size
        return nn.functional.normalize((block == block[:, None]).to(x.dtype), p=1)

    return averages(x.shape[2]) @ x @ averages(x.shape[3]).T


def _kept_classes(labels: Tensor, strength: float, generator: Generator) -> Tensor:
    """Returns for each image the index of the one in its place: its own, or that of an image of a kept class."""
    classes = labels.unique()
    order = classes[torch.randperm(len(classes), generator=generator)]
    dropped = torch.isin(labels, order[: min(math.floor(strength * len(order) + 0.5), len(order) - 1)])
    index, kept = torch.arange(len(labels)), (~dropped).nonzero()[:, 0]
    kept = kept[torch.randperm(len(kept), generator=generator)]
    index[dropped] = kept[torch.arange(int(dropped.sum())) % len(kept)]
    return index


_PIXELS = {"noise": _noise, "blur": _blur, "occlusion": _occlusion, "swirl": _swirl, "pixelation": _pixelation}
CORRUPTIONS = (*_PIXELS, "class_dropping")


def _check(images: Tensor, name: str, strength: float, labels: Tensor | None) -> None:
    if name not in CORRUPTIONS:
        raise ValueError(f"corruption {name!r} is unknown; choose from {', '.join(CORRUPTIONS)}")
    if not 0 <= strength <= 1:
        raise ValueError(f"strength is {strength}; it goes from 0 to 1")
    if images.dtype != torch.uint8 or images.ndim != 4 or 0 in images.shape:
        raise ValueError(f"images are {images.dtype} {tuple(images.shape)}; uint8 (N, C, H, W) is needed")
    if name == "class_dropping":
        if labels is None or labels.shape != images.shape[:1] or labels.is_floating_point():
            raise ValueError("class dropping needs whole labels with shape (N,), one for each image")
        if len(labels.unique()) < 2:
            raise ValueError("class dropping needs two classes or more; all labels are the same")
