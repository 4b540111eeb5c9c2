"""Principal component analysis: the best linear autoencoder, in closed form."""

__all__ = ["PCA"]

import math

import torch
from torch import Tensor, nn

from ..priors.gaussian import Gaussian
from ..training import Budget
from .base import Autoencoder, NativePrior


class PCA(Autoencoder):
    r"""z = W (x − m) and x̂ = Wᵀ z + m: the rows of W are the D principal axes of the training images, m their mean.

    No other linear map to D numbers and back has a smaller squared error. It learns nothing by gradients: steps,
    batches and the network's size have no effect. Decoded images are clipped to [0, 1]. The native prior is the
    codes' own Gaussian, N(0, diag(variances)).

    References:
        | Neural Networks and Principal Component Analysis (Baldi and Hornik, 1989)
        | Probabilistic Principal Component Analysis (Tipping and Bishop, 1999), whose prior it is
    """

    pixels = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        P = math.prod(self.shape)
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(P, self.latent))
        self.decoder = nn.Sequential(nn.Linear(self.latent, P), nn.Unflatten(1, self.shape))
        self.register_buffer("variances", torch.ones(self.latent))

    @torch.no_grad()
    def fit(self, data: tuple[Tensor, ...], validation: tuple[Tensor, ...], budget: Budget) -> dict[str, float]:
        """Finds mean and axes of images (N, C, H, W); returns the squared errors an image, summed over pixels.

        Raises:
            ValueError: there are not more images than D, fewer than D pixels, or entries that are not finite.
        """
        x = data[0].flatten(1).double()
        if min(len(x) - 1, x.shape[1]) < self.latent:
            raise ValueError(f"{len(x)} images of {x.shape[1]} pixels do not have {self.latent} principal axes")
        if not x.isfinite().all():
            raise ValueError("the training images have entries that are not finite; clean them first")
        # Its signs are settled by the largest entry of each axis, so that two machines agree.
        from sklearn import decomposition  # here: a stage that looks for a method imports them all

        found = decomposition.PCA(self.latent, svd_solver="covariance_eigh").fit(x.cpu().numpy())
        self._set(*map(torch.from_numpy, (found.mean_, found.components_, found.explained_variance_)))
        figures = {"reconstruction": self._error(data[0])}
        figures |= {"validation": self._error(validation[0])} if validation else {}
        budget.log(1, figures)
        budget.look(1)
        self.eval()
        return figures

    def decode(self, z: Tensor) -> Tensor:
        return self.decoder(z).float().clamp(0, 1)

    def native(self) -> NativePrior:
        prior = Gaussian(self.latent).to(self.variances.device)
        prior.cholesky = torch.diag(self.variances.sqrt())
        return NativePrior("gaussian", {}, prior.state_dict())

    def _set(self, mean: Tensor, axes: Tensor, variances: Tensor) -> None:
        self.encoder[1].weight.copy_(axes)
        self.encoder[1].bias.copy_(-axes @ mean)
        self.decoder[0].weight.copy_(axes.T)
        self.decoder[0].bias.copy_(mean)
        self.variances.copy_(variances)

    def _error(self, x: Tensor) -> float:
        return float((self.decode(self.encode(x)[0]) - x).square().flatten(1).sum(1).mean())
