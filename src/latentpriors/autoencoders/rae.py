"""The regularized autoencoder: small codes and a smooth decoder in the place of noise."""

__all__ = ["RAE", "REGULARIZERS", "jacobian_penalty"]

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from .base import Autoencoder, bernoulli_cross_entropy

REGULARIZERS = ("gradient", "weights", "spectral")


class RAE(Autoencoder):
    r"""Minimizes reconstruction + β |z|² / 2 + λ R with z = encode(x) and a regularizer R of the decoder.

    The reconstruction is the Bernoulli cross-entropy summed over pixels, in nats; |z|² / 2 is in nats what a code far
    from zero costs under N(0, I). It has no prior of its own: `native` is the naive N(0, I), and a mixture of
    Gaussians fitted afterwards is the paper's. The best weights are those with the best validation reconstruction +
    β |z|² / 2.

    References:
        | From Variational to Deterministic Autoencoders (Ghosh et al., 2020)

    Arguments:
        code_weight: β.
        regularizer: "gradient" (R is the squared norm of the decoder's Jacobian, |∂x̂/∂z|²: the images' squared change
            for each unit that a code moves), "weights" (R is the sum of the decoder's squared weights) or "spectral"
            (each of the decoder's layers is divided by its largest singular value; no λ).
        decoder_weight: λ, in nats for each unit of R.
    """

    def __init__(
        self, *args, code_weight: float = 0.5, regularizer: str = "gradient", decoder_weight: float = 0.1, **kwargs
    ):
        super().__init__(*args, **kwargs)
        if regularizer not in REGULARIZERS:
            raise ValueError(f"regularizer {regularizer!r} is unknown; choose from {', '.join(REGULARIZERS)}")
        self.code_weight, self.regularizer, self.decoder_weight = code_weight, regularizer, decoder_weight
        if regularizer == "spectral":
            for layer in self.decoder.modules():
                if isinstance(layer, (nn.Linear, nn.ConvTranspose2d)):
                    spectral_norm(layer)

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        x, z, loss = batch[0], *self._without_decoder(batch[0])
        if self.regularizer == "gradient":
            return loss + self.decoder_weight * jacobian_penalty(self.decode, z, self.noise(*x.shape)).mean()
        if self.regularizer == "weights":
            return loss + self.decoder_weight * sum(p.square().sum() for p in self.decoder.parameters())
        return loss

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns reconstruction + β |z|² / 2 in nats."""
        return self._without_decoder(batch[0])[1]

    def _without_decoder(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The codes, and the loss but for the decoder's regularizer."""
        z = self.codes(x).float()
        size = 0.5 * z.square().sum(1)
        return z, (bernoulli_cross_entropy(x, self.decoder(z)) + self.code_weight * size).mean()


def jacobian_penalty(decode: Callable[[Tensor], Tensor], z: Tensor, noise: Tensor) -> Tensor:
    r"""Returns an unbiased estimate of |∂decode(z)/∂z|², the squared Frobenius norm, (N,), which can be differentiated.

    E |Jᵀ v|² = |J|² for v ~ N(0, I): one backward pass in the place of one for each pixel.

    References:
        | A Stochastic Estimator of the Trace of the Influence Matrix (Hutchinson, 1989)

    Arguments:
        decode: From codes (N, D) to images.
        z: Codes (N, D).
        noise: v, of the images' shape.
    """
    if not z.requires_grad:
        z = z.detach().requires_grad_()
    (product,) = torch.autograd.grad((decode(z) * noise).sum(), z, create_graph=True)
    return product.square().sum(1)
