"""The adversarial autoencoder with a target of another form, and with labels for its critic."""

__all__ = ["AAETarget"]

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot, softplus

from ..networks import MLP
from ..targets import make_target
from ..training import Budget
from .aae import AAE
from .base import NativePrior, bernoulli_cross_entropy

UNKNOWN = -1  # the class of an image whose label is not told


class AAETarget(AAE):
    r"""`AAE` whose codes are made to look like a target p(z), or like p(z | y) where images have labels y.

    The critic sees (z, y), y as one of classes + 1: of a labelled image, its code and a draw of p(z | y), both with
    its class; of another one its code and a draw of p(z), both with the class that says that there is none. So the
    encoder has to put each class where the target has it, and the others' images wherever there is room. The native
    prior is p(z).

    References:
        | Adversarial Autoencoders (Makhzani et al., 2015), section 2.3

    Arguments:
        target: "normal", "mixture" or "roll", see `targets.make_target`.
        label_share: Of the training images of each class, how many have labels; 0: the critic sees none.
        classes: How many; labels are 0, 1 ... classes − 1.
        critic_hidden: The widths of the critic's hidden layers.
        critic_learning_rate: Of the critic.
        encoder_learning_rate: Of the encoder in its turn against the critic.

    Raises:
        ValueError: the target has not as many dimensions as the codes, or the share is above 1.
    """

    def __init__(
        self,
        *args,
        target: str = "normal",
        label_share: float = 0.0,
        classes: int = 10,
        critic_hidden: tuple[int, ...] = (256, 256),
        critic_learning_rate: float = 1e-3,
        encoder_learning_rate: float = 1e-3,
        **kwargs,
    ):
        super().__init__(
            *args, critic_hidden=critic_hidden, critic_learning_rate=critic_learning_rate,
            encoder_learning_rate=encoder_learning_rate, **kwargs,
        )  # fmt: skip
        if not 0 <= label_share <= 1:
            raise ValueError(f"label_share is {label_share}; a share of the images from 0 to 1 is needed")
        self.target, self.kind = make_target(target, self.latent, classes), target
        self.label_share, self.classes, self.labels = label_share, classes, label_share > 0
        if self.labels:
            self.critic = MLP(self.latent + classes + 1, 1, list(critic_hidden), nn.SiLU)

    def fit(self, data: tuple[Tensor, ...], validation: tuple[Tensor, ...], budget: Budget) -> dict[str, float]:
        """Trains as `Autoencoder.fit`, with the labels of some images only; which is drawn by the budget's seed.

        Raises:
            ValueError: a class has no labelled image.
        """
        if self.labels:
            data = (data[0], self.told(data[1], budget.generator.initial_seed()))
        return super().fit(data, validation, budget)

    def told(self, y: Tensor, seed: int) -> Tensor:
        """Returns labels (N,) of which all but a share of each class are `UNKNOWN`.

        Raises:
            ValueError: a class has no labelled image.
        """
        random = torch.Generator().manual_seed(seed % 2**63)
        found = torch.full_like(y, UNKNOWN, dtype=torch.long)
        for label in range(self.classes):
            own = (y == label).nonzero()[:, 0]
            count = round(self.label_share * len(own))
            if count == 0:
                raise ValueError(
                    f"class {label} has {len(own)} images, of which label_share {self.label_share} leaves none"
                )
            chosen = own[torch.randperm(len(own), generator=random)[:count].to(own.device)]
            found[chosen] = label
        return found

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        x = batch[0]
        y = batch[1] if self.labels else torch.full((len(x),), UNKNOWN, device=x.device)
        if turn == "reconstruction":
            return bernoulli_cross_entropy(x, self.decoder(self.codes(x))).mean()
        if turn == "critic":
            with torch.no_grad():
                fake, real = self.codes(x), self.target.draw(y, self.generator)
            return (softplus(-self.judged(real, y)) + softplus(self.judged(fake, y))).mean()
        return softplus(-self.judged(self.codes(x), y)).mean()

    def judged(self, z: Tensor, y: Tensor) -> Tensor:
        """Returns the critic's logits (N, 1) that codes (N, D) are of the target, given their labels (N,)."""
        if not self.labels:
            return self.critic(z)
        told = one_hot(torch.where(y == UNKNOWN, self.classes, y), self.classes + 1).to(z)
        return self.critic(torch.cat([z, told], 1))

    @torch.no_grad()
    def native(self) -> NativePrior | None:
        return NativePrior("gmm", {}, self.target.state()) if self.kind != "normal" else None
