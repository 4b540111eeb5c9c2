"""Completing an image from a part of it: a network that gives one answer, and a conditional VAE that has many."""

__all__ = ["SAMPLES_SHOWN", "Baseline", "CompletionVAE", "completions", "figures", "seen_quarters"]

import math

import torch
from torch import Tensor
from torch.distributions import Independent, Normal, kl_divergence
from torch.nn.functional import binary_cross_entropy_with_logits

from ..autoencoders.base import mean_and_scale
from ..networks import build_decoder, build_encoder
from ..training import Game, Player, evaluate

SAMPLES_SHOWN = 5  # of a model that has many answers, in a row of the picture


class Baseline(Game):
    r"""p(y | x): missing pixels y from the seen part x, each a Bernoulli of its own, Σ_i −log p(y_i | x) in nats.

    Pixels that depend on each other given x are beyond it: where two answers are equally likely, it gives their mean.
    The networks see the image with zeros for what is missing, and which pixels are seen as one channel more. Pixels
    are in [0, 1] and not binarized, so the least loss is the entropy of Bernoulli(y), not 0.

    References:
        | Learning Structured Output Representation using Deep Conditional Generative Models (Sohn et al., 2015)

    Arguments:
        shape: The images' (C, H, W).
        quarters: How many are seen, as in `seen_quarters`.
        network, channels, hidden: Of the networks, as for autoencoders; `hidden` is also the width of what the decoder
            is told of x.
        learning_rate: Of Adam.
        latent: The dimension of a code that the decoder sees too; the baseline has none.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        quarters: int,
        network: str = "conv",
        channels: tuple[int, ...] = (16, 32),
        hidden: int = 256,
        learning_rate: float = 1e-3,
        latent: int = 0,
    ):
        super().__init__()
        C, H, W = shape
        self.learning_rate = learning_rate
        self.register_buffer("seen", seen_quarters(H, W, quarters)[None, None])
        self.features = build_encoder(network, (C + 1, H, W), hidden, list(channels), hidden)
        self.decoder = build_decoder(network, shape, hidden + latent, list(channels), hidden)

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return self.validation(batch)

    def players(self) -> dict[str, Player]:
        return {"model": Player(self.parameters(), self.learning_rate)}

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns the mean cross-entropy of the missing pixels in nats."""
        return self.nll(batch[0]).mean()

    def nll(self, x: Tensor, samples: int = 1) -> Tensor:
        """Returns −log p(y | x) in nats, (N,), of images (N, C, H, W); exact, whatever `samples` is."""
        return self.cross_entropy(x, self.decoder(self.told(x)))

    def complete(self, x: Tensor) -> Tensor:
        """Returns the images (N, C, H, W) with the means of the missing pixels in their place."""
        return self.filled(x, self.decoder(self.told(x)))

    def told(self, x: Tensor) -> Tensor:
        """Returns what the decoder is told of the seen part of images (N, C, H, W), (N, hidden)."""
        return self.features(self.with_mask(x * self.seen))

    def with_mask(self, x: Tensor) -> Tensor:
        """Returns images (N, C, H, W) with the mask as one channel more."""
        return torch.cat([x, self.seen.expand(len(x), 1, *x.shape[2:])], 1)

    def filled(self, x: Tensor, logits: Tensor) -> Tensor:
        """Returns images (N, C, H, W) with what the logits say in place of the missing pixels."""
        return torch.where(self.seen > 0, x, torch.sigmoid(logits.float()))

    def cross_entropy(self, x: Tensor, logits: Tensor) -> Tensor:
        """Returns the cross-entropy of the missing pixels in nats, (N,), from images and logits (N, C, H, W)."""
        each = binary_cross_entropy_with_logits(logits.float(), x, reduction="none")
        return (each * (1 - self.seen)).flatten(1).sum(1)


class CompletionVAE(Baseline):
    r"""p(y | x) = ∫ p(y | x, z) p(z | x) dz: a code z tells the possible answers apart, pixels are Bernoulli given it.

    Minimizes E_q[−log p(y | x, z)] + KL(q(z | x, y) || p(z | x)). The prior network p(z | x) and the recognition
    network q(z | x, y), which sees the whole image, are Gaussians with diagonal covariance; the generation network
    p(y | x, z) is the baseline's with z beside what it is told of x.

    Of pixels that are not binarized both models give exp(−cross-entropy), the geometric mean of the likelihoods of
    images drawn from Bernoulli(y). For the baseline that is the mean log-likelihood of such images; the mixture over z
    would gain more from seeing each of them, so the comparison favours the baseline.

    References:
        | Learning Structured Output Representation using Deep Conditional Generative Models (Sohn et al., 2015)
        | Importance Weighted Autoencoders (Burda et al., 2016), for the likelihood

    Arguments:
        shape, quarters, network, channels, hidden, learning_rate: As for the baseline.
        latent: D, the dimension of the codes.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        quarters: int,
        network: str = "conv",
        channels: tuple[int, ...] = (16, 32),
        hidden: int = 256,
        learning_rate: float = 1e-3,
        latent: int = 8,
    ):
        super().__init__(shape, quarters, network, channels, hidden, learning_rate, latent)
        C, H, W = shape
        sizes = (C + 1, H, W), 2 * latent, list(channels), hidden
        self.prior_network, self.recognition_network = (build_encoder(network, *sizes) for _ in range(2))

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns the mean negative bound on log p(y | x) in nats."""
        return sum(self.terms(batch[0])).mean()

    def terms(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Returns −log p(y | x, z) at one z of q and KL(q(z | x, y) || p(z | x)), in nats, (N,), of images."""
        q = self.recognition(x)
        return self.cross_entropy(x, self.logits(self.told(x), self.draw(q))), kl_divergence(q, self.prior(x))

    def nll(self, x: Tensor, samples: int = 1) -> Tensor:
        r"""Returns −log (1/S) Σ_s p(y | x, z_s) p(z_s | x) / q(z_s | x, y) with z_s ~ q, in nats, (N,), float64.

        Importance sampling: its expectation is above −log p(y | x), falls with S, and is the negative bound at S = 1.

        Arguments:
            x: Images (N, C, H, W).
            samples: S.
        """
        told, prior, q = self.told(x), self.prior(x), self.recognition(x)
        total = torch.full((len(x),), -math.inf, dtype=torch.float64, device=x.device)
        for _ in range(samples):
            z = self.draw(q)
            log_joint = prior.log_prob(z).double() - self.cross_entropy(x, self.logits(told, z)).double()
            total = torch.logaddexp(total, log_joint - q.log_prob(z).double())
        return math.log(samples) - total

    def complete(self, x: Tensor) -> Tensor:
        """Returns the images (N, C, H, W) with one of the possible answers in place of the missing pixels."""
        return self.filled(x, self.logits(self.told(x), self.draw(self.prior(x))))

    def logits(self, told: Tensor, z: Tensor) -> Tensor:
        """Returns the logits (N, C, H, W) of the pixels from what is told of x, (N, hidden), and codes (N, D)."""
        return self.decoder(torch.cat([told, z.to(told)], 1))

    def prior(self, x: Tensor) -> Independent:
        """Returns p(z | x), with batch shape (N,) and event shape (D,); it sees no missing pixel."""
        return _gaussian(self.prior_network(self.with_mask(x * self.seen)))

    def recognition(self, x: Tensor) -> Independent:
        """Returns q(z | x, y), with batch shape (N,) and event shape (D,)."""
        return _gaussian(self.recognition_network(self.with_mask(x)))

    def draw(self, gaussian: Independent) -> Tensor:
        """Returns a code (N, D) of each, by the game's noise; gradients pass."""
        return gaussian.mean + gaussian.stddev * self.noise(*gaussian.mean.shape)


def seen_quarters(height: int, width: int, quarters: int) -> Tensor:
    """Returns 1 where pixels are seen and 0 elsewhere, (height, width): lower left, then upper left, then lower right.

    Raises:
        ValueError: none or all of the image would be missing.
    """
    if quarters not in (1, 2, 3):
        raise ValueError(f"{quarters} of four quarters cannot be the seen part of an image; give 1, 2 or 3")
    seen, down, across = torch.zeros(height, width), height // 2, width // 2
    seen[down:, :across] = 1
    if quarters > 1:
        seen[:, :across] = 1
    if quarters > 2:
        seen[down:] = 1
    return seen


def figures(model: Baseline, x: Tensor, samples: int) -> dict[str, float]:
    """Returns the mean `nll` of the missing pixels in nats, by S samples where it is estimated, and a bound's terms."""
    found = {"nll": evaluate(lambda x: model.nll(x, samples), (x,))}
    if isinstance(model, CompletionVAE):
        terms = evaluate(lambda x: torch.stack(model.terms(x), 1), (x,))
        found |= {"reconstruction": terms[:, 0], "kl": terms[:, 1], "bound": terms.sum(1)}
    return {key: float(value.double().mean()) for key, value in found.items()}


@torch.no_grad()
def completions(one: Baseline, many: Baseline, x: Tensor) -> Tensor:
    """Returns pictures as bytes, (8 N, C, H, W), a row for each of the images (N, C, H, W) in [0, 1].

    In a row: the seen part on grey, the truth, the answer of one model and `SAMPLES_SHOWN` answers of another.
    """
    grey = torch.where(one.seen > 0, x, torch.full_like(x, 0.5))
    row = [grey, x, one.complete(x), *(many.complete(x) for _ in range(SAMPLES_SHOWN))]
    return (torch.stack(row, 1).flatten(0, 1) * 255).round().byte()


def _gaussian(outputs: Tensor) -> Independent:
    return Independent(Normal(*mean_and_scale(outputs)), 1)
