"""What is kept in git of a run: a grid of images without loss, and the codes as points of a plane."""

__all__ = ["latent_map", "read_grid", "save_grid"]

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from torch import Tensor

from ..store import whole

if TYPE_CHECKING:
    import pandas as pd

POINTS = 2000
PERPLEXITY = 70  # as in the poster


def save_grid(images: Tensor, path: Path, columns: int = 8) -> None:
    """Writes uint8 images (N, C, H, W) side by side as a PNG, without loss; N is a multiple of `columns`."""
    N, C, H, W = images.shape
    grid = images.cpu().numpy().reshape(N // columns, columns, C, H, W).transpose(0, 3, 1, 4, 2)
    grid = grid.reshape(N // columns * H, columns * W, C)
    with whole(path) as part:
        Image.fromarray(grid[:, :, 0] if C == 1 else grid).save(part, format="png")


def read_grid(path: Path, columns: int = 8) -> np.ndarray:
    """Returns the images of a grid with square images as an array (N, H, W) or (N, H, W, C)."""
    grid = np.asarray(Image.open(path))
    size = grid.shape[1] // columns
    tiles = grid.reshape(grid.shape[0] // size, size, columns, size, *grid.shape[2:]).swapaxes(1, 2)
    return tiles.reshape(-1, size, size, *grid.shape[2:])


def latent_map(codes: Tensor, labels: Tensor) -> "pd.DataFrame":
    """Returns the t-SNE of the first codes (N, D) as rows of x, y and label.

    References:
        | Visualizing Data using t-SNE (van der Maaten and Hinton, 2008)
    """
    # Imported here: only one stage draws the map.
    import pandas as pd
    from sklearn.manifold import TSNE

    codes, labels = codes[:POINTS].cpu().numpy(), labels[:POINTS].cpu().numpy()
    points = TSNE(perplexity=min(PERPLEXITY, (len(codes) - 1) / 3), random_state=0).fit_transform(codes)
    return pd.DataFrame(points.round(2), columns=["x", "y"]).assign(label=labels)
