"""A supervised adversarial autoencoder: the decoder is told the class, so that the code holds the style alone."""

__all__ = ["StyleAAE", "figures", "style_grid"]

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot, softplus

from ..autoencoders.base import bernoulli_cross_entropy
from ..evaluation.interpolation import images
from ..metrics import class_structure, sliced_wasserstein, two_sample_test
from ..networks import MLP, Classifier, build_decoder, build_encoder
from ..training import Game, Player, evaluate
from .conditional import class_accuracy


class StyleAAE(Game):
    r"""p(x | y, z) with given classes y: an adversarial autoencoder whose code z is made to look like N(0, I).

    Minimizes Σ_i −log p(x_i | y, z) in nats at z = encode(x), against a critic as that of `AAE`. What the class says
    of an image the decoder need not be told by z, and where z is independent of y, one z is one style in all classes.
    The paper's critic sees z alone: it asks q(z) to be N(0, I), and classes may still have parts of their own in it.
    One that is told the class, which is ours, asks so of q(z | y) for every y, which is independence.

    References:
        | Adversarial Autoencoders (Makhzani et al., 2015), section 4

    Arguments:
        shape: The images' (C, H, W).
        classes: K; labels are 0, 1 ... K − 1.
        style: D, the dimension of the style.
        told: Whether the critic sees the class too.
        network, channels, hidden: Of the networks, as for autoencoders.
        learning_rate: Of Adam, for encoder and decoder.
        critic_hidden: The widths of the critic's hidden layers.
        critic_learning_rate: Of the critic.
        encoder_learning_rate: Of the encoder in its turn against the critic.
    """

    turns = ("reconstruction", "critic", "encoder")
    ema = 0.05

    def __init__(
        self,
        shape: tuple[int, int, int],
        classes: int,
        style: int,
        told: bool = False,
        network: str = "conv",
        channels: tuple[int, ...] = (16, 32),
        hidden: int = 256,
        learning_rate: float = 1e-3,
        critic_hidden: tuple[int, ...] = (256, 256),
        critic_learning_rate: float = 1e-3,
        encoder_learning_rate: float = 1e-3,
    ):
        super().__init__()
        self.classes, self.style, self.told = classes, style, told
        self.latent = style + classes  # what is decoded has both
        self.learning_rate, self.encoder_learning_rate = learning_rate, encoder_learning_rate
        self.critic_learning_rate = critic_learning_rate
        self.decoder = build_decoder(network, shape, self.latent, list(channels), hidden)
        self.encoder = build_encoder(network, shape, style, list(channels), hidden)
        self.critic = MLP(self.latent if told else style, 1, list(critic_hidden), torch.nn.SiLU)

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        x, y = batch
        if turn == "reconstruction":
            return self.nll(x, y).mean()
        if turn == "critic":
            with torch.no_grad():
                fake = self.encoder(x)
            return (softplus(-self.judged(self.noise(*fake.shape), y)) + softplus(self.judged(fake, y))).mean()
        return softplus(-self.judged(self.encoder(x), y)).mean()

    def players(self) -> dict[str, Player]:
        learned = [*self.encoder.parameters(), *self.decoder.parameters()]
        return {
            "reconstruction": Player(learned, self.learning_rate),
            "critic": Player(self.critic.parameters(), self.critic_learning_rate, betas=(0.5, 0.9)),
            "encoder": Player(self.encoder.parameters(), self.encoder_learning_rate, betas=(0.5, 0.9)),
        }

    def judged(self, z: Tensor, y: Tensor) -> Tensor:
        """Returns the critic's logits (N, 1) that styles (N, D) of classes (N,) are drawn from N(0, I)."""
        return self.critic(self.joined(z, y) if self.told else z)

    def nll(self, x: Tensor, y: Tensor) -> Tensor:
        """Returns −log p(x | y, z) in nats, (N,), at the codes of images (N, C, H, W) with classes (N,)."""
        return bernoulli_cross_entropy(x, self.decoder(self.joined(self.encoder(x), y)))

    def joined(self, z: Tensor, y: Tensor) -> Tensor:
        """Returns what the decoder sees, (N, D + K), of styles (N, D) and classes (N,)."""
        return torch.cat([z, one_hot(y.long(), self.classes).to(z)], 1)

    def decode(self, joined: Tensor) -> Tensor:
        """Returns the means (N, C, H, W) of the pixels, in [0, 1], of what `joined` returns."""
        return torch.sigmoid(self.decoder(joined).float())


@torch.no_grad()
def figures(
    model: StyleAAE, data: dict[str, Tensor], classifiers: list[Classifier], generator: torch.Generator
) -> dict[str, float | list[float]]:
    """Returns what a trained model makes of styles and classes.

    `reconstruction` is that of test images in nats. `accuracy` and `accuracy_by_class` are how often the frozen
    classifiers see the class that is asked for, as many images as the test split has, with styles from N(0, I).
    `knn` and `probe` are how well the class can be read from the style, where chance is the share of the largest class,
    `chance`. `mismatch_sliced_wasserstein`, its `mismatch_floor` and `mismatch_accuracy` compare the styles of test
    images with N(0, I) as `likelihood.code_mismatch` does, here in units of N(0, I).

    Arguments:
        model: The trained model.
        data: Images in [0, 1] as "train.images" and "test.images", with shape (N, C, H, W), and their "labels".
        classifiers: The frozen ones.
        generator: Of the styles that are drawn.
    """
    test, y = data["test.images"], data["test.labels"]
    styles = {split: evaluate(model.encoder, (data[f"{split}.images"],)).float() for split in ("train", "test")}
    drawn, again = (torch.randn(styles["test"].shape, generator=generator, device=y.device) for _ in range(2))
    asked = torch.arange(len(y), device=y.device) % model.classes
    found = class_accuracy(classifiers, images(model, model.joined(drawn, asked)), asked)
    labels = [data[f"{split}.labels"].cpu() for split in ("train", "test")]
    held_out, drawn, again = (z.double().cpu().numpy() for z in (styles["test"], drawn, again))
    structure = class_structure(styles["train"].cpu(), labels[0], held_out, labels[1])
    return {
        "reconstruction": float(evaluate(model.nll, (test, y)).mean()),
        **{key: found[key] for key in ("accuracy", "accuracy_by_class")},
        **{key: structure[key] for key in ("knn", "probe")},
        "chance": float(np.bincount(labels[1]).max() / len(labels[1])),
        "mismatch_sliced_wasserstein": sliced_wasserstein(drawn, held_out),
        "mismatch_floor": sliced_wasserstein(drawn, again),
        "mismatch_accuracy": two_sample_test(drawn, held_out),
    }


@torch.no_grad()
def style_grid(model: StyleAAE, x: Tensor, rows: int, generator: torch.Generator) -> Tensor:
    """Returns pictures as bytes, (2 rows (K + 1), C, H, W): rows of one style, with an image and then the K classes.

    The first rows have the styles of images x, (rows, C, H, W), and begin with them; the others have styles drawn from
    N(0, I), and begin with a blank.
    """
    K = model.classes
    drawn = torch.randn(rows, model.style, generator=generator, device=x.device)
    styles = torch.cat([model.encoder(x), drawn])
    y = torch.arange(K, device=x.device).repeat(len(styles))
    grid = images(model, model.joined(styles.repeat_interleave(K, 0), y)).unflatten(0, (len(styles), K))
    first = torch.cat([(x * 255).round().byte(), torch.zeros_like(x).byte()]).to(grid.device)
    return torch.cat([first[:, None], grid], 1).flatten(0, 1)
