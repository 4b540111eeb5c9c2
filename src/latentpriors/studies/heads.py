"""An adversarial autoencoder whose encoder has a head for the class and one for the style: few labels, or none."""

__all__ = ["HeadsAAE", "check_labels", "draw_labels", "head_figures", "heads_grid"]


import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot, pdist, relu, softplus

from ..autoencoders.base import bernoulli_cross_entropy
from ..evaluation.interpolation import images
from ..networks import MLP, build_decoder, build_encoder
from ..networks.conv import ConvEncoder
from ..training import Game, Player, evaluate

TURNS = ("reconstruction", "critics", "encoder", "labels")
LEAST_SHARE = 0.1  # of 1 / K: a class that is the likeliest for less of the images is not used


class HeadsAAE(Game):
    r"""The code of an image is a class y, K probabilities, and a style z; each is made to look like its prior.

    Four losses in turn: −log p(x | y, z) in nats; a critic for each head, as that of `AAE`, which tell the encoder's
    y from one-hot draws of K equally likely classes and its z from N(0, s² I); the encoder's against both; and where
    there are labelled images, the cross-entropy of y on a batch of these. Without labels the classes are clusters.

    References:
        | Adversarial Autoencoders (Makhzani et al., 2015), sections 5 to 7

    Arguments:
        shape: The images' (C, H, W).
        classes: K.
        style: D, the dimension of the style.
        labelled: The images (L, C, H, W) that have labels (L,), and these; None where there are none.
        style_scale: s.
        noise_scale: The standard deviation of the noise that is added to what the encoder sees in training.
        label_rate: Adam's learning rate for the labels' turn.
        momentum: Adam's first, of the critics and of the encoder in its turn against them.
        order: Of the turns in a round; that of the labels is left out where none are labelled.
        decay: Whether the learning rates fall, by a cosine to zero; else they stay, after the warm-up.
        apart: η. Where it is above 0, the decoder sees W y + z, D dimensions, and not y beside z; two rows of W (K, D),
            the cluster heads, that are nearer to each other than η cost what is lacking, in nats (section 7).
        normalized: Whether the encoder has batch normalization before each activation.
        network, channels, hidden: Of the networks, as for autoencoders.
        learning_rate: Of Adam, for encoder and decoder.
        critic_hidden: The widths of the critics' hidden layers.
        critic_learning_rate: Of the critics.
        encoder_learning_rate: Of the encoder in its turn against them.

    Raises:
        ValueError: a class has no labelled image, a label is none of the classes, the order lacks a turn or has one
            that is unknown, or the encoder is of a kind that cannot be normalized.
    """

    ema = 0.05

    def __init__(
        self,
        shape: tuple[int, int, int],
        classes: int,
        style: int,
        labelled: tuple[Tensor, Tensor] | None = None,
        style_scale: float = 1.0,
        noise_scale: float = 0.0,
        label_rate: float = 1e-3,
        momentum: float = 0.5,
        order: tuple[str, ...] = TURNS,
        decay: bool = True,
        normalized: bool = False,
        apart: float = 0.0,
        network: str = "conv",
        channels: tuple[int, ...] = (16, 32),
        hidden: int = 256,
        learning_rate: float = 1e-3,
        critic_hidden: tuple[int, ...] = (256, 256),
        critic_learning_rate: float = 1e-3,
        encoder_learning_rate: float = 1e-3,
    ):
        super().__init__()
        if labelled is not None:
            check_labels(labelled[1], classes)
        if sorted(order) != sorted(TURNS):
            raise ValueError(f"order: {', '.join(TURNS)} are needed, once each, not {', '.join(order)}")
        self.turns = tuple(turn for turn in order if labelled or turn != "labels")
        self.decay = decay
        self.classes, self.style, self.labelled = classes, style, labelled
        self.latent = style if apart else classes + style  # what the decoder sees
        self.style_scale, self.noise_scale, self.momentum = style_scale, noise_scale, momentum
        self.learning_rate, self.label_rate = learning_rate, label_rate
        self.critic_learning_rate, self.encoder_learning_rate = critic_learning_rate, encoder_learning_rate
        self.decoder = build_decoder(network, shape, self.latent, list(channels), hidden)
        self.encoder = build_encoder(network, shape, classes + style, list(channels), hidden)
        if normalized:
            _normalize(self.encoder)
        self.apart = apart
        self.style_critic, self.class_critic = (MLP(size, 1, list(critic_hidden), nn.SiLU) for size in (style, classes))
        if apart:
            self.centres = nn.Parameter(apart * torch.randn(classes, style))

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        if turn == "labels":
            x, y = self.labelled
            index = torch.randint(len(y), (len(batch[0]),), generator=self.generator, device=y.device)
            return cross_entropy(self.heads(self.noisy(x[index]))[0].float(), y[index].long())
        x = batch[0]
        if turn == "reconstruction":
            logits, z = self.heads(self.noisy(x))
            loss = bernoulli_cross_entropy(x, self.decoder(self.code(logits.softmax(1), z))).mean()
            return loss + relu(self.apart - pdist(self.centres)).sum() if self.apart else loss
        if turn == "critics":
            with torch.no_grad():
                logits, z = self.heads(self.noisy(x))
            drawn = torch.randint(self.classes, (len(x),), generator=self.generator, device=x.device)
            real = one_hot(drawn, self.classes).to(z), self.style_scale * self.noise(*z.shape)
            return sum((softplus(-self.judged(*real)) + softplus(self.judged(logits.softmax(1), z))).mean(0))
        logits, z = self.heads(self.noisy(x))
        return sum(softplus(-self.judged(logits.softmax(1), z)).mean(0))

    def players(self) -> dict[str, Player]:
        learned, critics = (
            [weight for part in parts for weight in part.parameters()]
            for parts in ((self.encoder, self.decoder), (self.style_critic, self.class_critic))
        )
        learned += [self.centres] if self.apart else []
        betas = (self.momentum, 0.9)
        found = {
            "reconstruction": Player(learned, self.learning_rate),
            "critics": Player(critics, self.critic_learning_rate, betas=betas),
            "encoder": Player(self.encoder.parameters(), self.encoder_learning_rate, betas=betas),
            "labels": Player(self.encoder.parameters(), self.label_rate),
        }
        return {turn: found[turn] for turn in self.turns}

    def schedule(self, progress: float) -> float:
        return super().schedule(progress) if self.decay else min(1.0, progress / 0.05)

    def heads(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the logits (N, K) of the classes and the styles (N, D) of images (N, C, H, W)."""
        return self.encoder(x).split([self.classes, self.style], 1)

    def code(self, y: Tensor, z: Tensor) -> Tensor:
        """Returns what the decoder sees of probabilities (N, K) and styles (N, D): (N, K + D), or W y + z, (N, D)."""
        return y @ self.centres + z if self.apart else torch.cat([y, z], 1)

    def judged(self, y: Tensor, z: Tensor) -> Tensor:
        """Returns the critics' logits (N, 2) that probabilities (N, K), and styles (N, D), are draws of the priors."""
        return torch.cat([self.class_critic(y), self.style_critic(z)], 1)

    def noisy(self, x: Tensor) -> Tensor:
        """Returns what the encoder sees of images (N, C, H, W) in training."""
        return x + self.noise_scale * self.noise(*x.shape) if self.noise_scale else x

    def decode(self, code: Tensor) -> Tensor:
        """Returns the means (N, C, H, W) of the pixels, in [0, 1], of what `code` returns."""
        return torch.sigmoid(self.decoder(code).float())


def draw_labels(y: Tensor, count: int, classes: int, seed: int) -> Tensor:
    """Returns the indices (count,) of images whose labels are told, equally many of each class.

    Arguments:
        y: The labels (N,) of all images.
        count: How many, a multiple of the classes.
        classes: K.
        seed: Of the draw.

    Raises:
        ValueError: there are fewer labels than classes, not equally many of each, or too few images of a class.
    """
    if count < classes or count % classes:
        raise ValueError(f"{count} labels of {classes} classes: a multiple is needed, equally many of each")
    random, each, found = torch.Generator().manual_seed(seed), count // classes, []
    for label in range(classes):
        own = (y == label).nonzero()[:, 0].cpu()
        if len(own) < each:
            raise ValueError(f"class {label} has {len(own)} images, and {each} labels of it are asked for")
        found.append(own[torch.randperm(len(own), generator=random)[:each]])
    return torch.cat(found).to(y.device)


@torch.no_grad()
def head_figures(model: HeadsAAE, x: Tensor, y: Tensor) -> dict[str, float]:
    """Returns `error`, the share of images (N, C, H, W) whose class is not their label (N,), and what the heads do.

    `reconstruction` is in nats. `classes_used` is how many classes are the likeliest for more than a tenth of the 1 / K
    of the images that each would have; `confidence` is the mean of the likeliest class's probability.
    """
    logits, z = evaluate(lambda x: torch.cat(model.heads(x), 1), (x,)).float().split([model.classes, model.style], 1)
    probabilities = logits.softmax(1)
    confidence, found = probabilities.max(1)
    shares = torch.bincount(found, minlength=model.classes) / len(x)
    losses = evaluate(
        lambda x, code: bernoulli_cross_entropy(x, model.decoder(code)), (x, model.code(probabilities, z))
    )
    return {
        "error": float((found != y).double().mean()),
        "reconstruction": float(losses.mean()),
        "confidence": float(confidence.mean()),
        "classes_used": int((shares > LEAST_SHARE / model.classes).sum()),
    }


@torch.no_grad()
def heads_grid(model: HeadsAAE, rows: int, generator: torch.Generator) -> Tensor:
    """Returns pictures as bytes, ((rows + 1) K, C, H, W): a column for each class, and a row for each style.

    The first row has the style 0, the others styles from N(0, s² I).
    """
    where = next(model.parameters()).device
    drawn = model.style_scale * torch.randn(rows, model.style, generator=generator, device=where)
    z = torch.cat([torch.zeros_like(drawn[:1]), drawn]).repeat_interleave(model.classes, 0)
    y = torch.eye(model.classes, device=where).repeat(rows + 1, 1)
    return images(model, model.code(y, z))


def check_labels(y: Tensor, classes: int) -> None:
    """Raises ValueError where labels (L,) are not 0 to K − 1, each at least once."""
    if int(y.min()) < 0 or int(y.max()) >= classes:
        raise ValueError(f"labels from {int(y.min())} to {int(y.max())}: 0 to {classes - 1} are the classes")
    missing = set(range(classes)) - set(y.tolist())
    if missing:
        raise ValueError(f"{len(y)} labels and none of class {min(missing)}; each of {classes} classes needs one")


def _normalize(encoder: nn.Module) -> None:
    """Puts batch normalization before each activation of an MLP or a convolutional encoder, in place of any other."""
    if isinstance(encoder, ConvEncoder):
        for stage in encoder:
            if isinstance(stage, nn.Sequential):
                stage[1] = nn.BatchNorm2d(stage[0].out_channels)
    elif not isinstance(encoder, MLP):
        raise ValueError("normalized: the encoder is neither an MLP nor convolutional; choose network mlp or conv")
    for index in reversed(range(1, len(encoder))):
        if isinstance(encoder[index - 1], nn.Linear):
            encoder.insert(index, nn.BatchNorm1d(encoder[index - 1].out_features))
