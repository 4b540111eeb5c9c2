"""The adversarial autoencoder whose target is learned: a code generator that a critic of images improves."""

__all__ = ["AAELearned"]

import math
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, softplus

from ..priors.gan import GAN
from ..training import Budget, Player, evaluate
from ._image_critic import ImageCritic
from .base import Autoencoder, NativePrior, bernoulli_cross_entropy

PHASES = ("reconstruction", "critic", "encoder"), ("image_critic", "generator")  # AAE, and prior improvement
EVERY = 5  # the steps of the report's schedule for each of the code critic


class AAELearned(Autoencoder):
    r"""`AAE` whose codes are made to look like g(e), e ~ N(0, I), of a code generator g that is trained along.

    Each round has two phases. In the AAE phase encoder and decoder minimize the reconstruction, the code critic tells
    encode(x) from g(e), and the encoder makes its codes look like g(e): g stands still. In the phase that improves the
    prior an image critic D tells images from decode(g(e)) and from reconstructions, and generator and decoder
    minimize E[softplus(−D(decode(g(e))))]: the encoder stands still. The reconstruction is the cross-entropy of pixels
    and, weighted, ½ |F(x) − F(x̂)|² in the last hidden layer F of D, which does not move for it.

    The codes of g are standardized (see `GAN`): the contrast of images grows with the scale of their codes, so that D
    would drive g outward without end, and the encoder after it.

    With classes, the code critic and g are told one, and a head Q of D has to find the class y of decode(g(e, y)):
    log K + log Q(y | x̂) is on average a bound on their mutual information, which generator and decoder raise.

    The student report's algorithm prints an update of D where the code critic is meant, and none of g; the paper's
    phases are taken in its place. By `schedule` "report" a round is a pass over the images: encoder, by the critic and
    the squared error, and decoder, by this alone, at each step, the code critic at every fifth, and the second phase
    once, at the end of the pass.

    The native prior is g(e).

    References:
        | Learning Priors for Adversarial Autoencoders (Wang et al., 2018), algorithm 1 and section 3.3

    Arguments:
        classes: K; 0: nobody is told any.
        pixel_weight: Of the cross-entropy of pixels.
        feature_weight: Of the reconstruction in features.
        information_weight: Of the mutual information; there is one where there are classes.
        schedule: "paper" or "report".
        code_hidden: The widths of the hidden layers of g and of the code critic.
        critic_learning_rate: Of both critics.
        encoder_learning_rate: Of the encoder in its turn against the critic.
        generator_learning_rate: Of g and the decoder in their turn.

    Raises:
        ValueError: there is no such schedule, or information of classes that nobody is told.
    """

    ema = 0.05

    def __init__(
        self,
        *args,
        classes: int = 0,
        pixel_weight: float = 1.0,
        feature_weight: float = 0.1,
        information_weight: float = 0.0,
        schedule: str = "paper",
        code_hidden: tuple[int, ...] = (256, 256),
        critic_learning_rate: float = 1e-3,
        encoder_learning_rate: float = 1e-3,
        generator_learning_rate: float = 3e-4,
        network: str = "conv",
        channels: tuple[int, ...] = (16, 32),
        hidden: int = 256,
        **kwargs,
    ):
        networks = {"network": network, "channels": channels, "hidden": hidden}
        super().__init__(*args, **networks, **kwargs)
        if schedule not in ("paper", "report"):
            raise ValueError(f"schedule is {schedule!r}; choose from paper, report")
        if information_weight and not classes:
            raise ValueError(f"information_weight is {information_weight} and there are no labels; set classes too")
        self.arguments = {"hidden": list(code_hidden), "classes": classes, "standardized": True}
        self.prior = GAN(self.latent, **self.arguments)
        self.image_critic = ImageCritic(shape=self.shape, outputs=1 + classes, **networks)
        self.by_report, self.turns, self.ahead = schedule == "report", PHASES[0] + PHASES[1], 0.0
        self.classes, self.labels = classes, classes > 0
        self.pixels = "bernoulli" if pixel_weight and not self.by_report else None
        self.pixel_weight, self.feature_weight = pixel_weight, feature_weight
        self.information_weight = information_weight
        self.critic_learning_rate, self.encoder_learning_rate = critic_learning_rate, encoder_learning_rate
        self.generator_learning_rate = generator_learning_rate

    def fit(self, data: tuple[Tensor, ...], validation: tuple[Tensor, ...], budget: Budget) -> dict[str, float]:
        """Trains as `Autoencoder.fit`; by the report's schedule for as many passes as the budget's steps make.

        `image_critic_accuracy` is how often D tells validation images from samples, 0.5 where it cannot.
        """
        if self.by_report:
            steps = max(EVERY, len(data[0]) // budget.batch_size // EVERY * EVERY)  # of a pass
            self.turns = (("encoder", "decoder") * EVERY + ("critic",)) * (steps // EVERY) + PHASES[1]
            passes, log, look = max(1, round(budget.steps / steps)), budget.log, budget.look
            self.ahead = 0.5 / passes
            budget = replace(
                budget, steps=passes, log=lambda step, found: log(step * steps, found),
                look=lambda step: look(step * steps),
            )  # fmt: skip
        found = super().fit(data, validation, budget)
        if not validation:
            return found
        x, y = validation[0], validation[1] if self.labels else None
        with torch.no_grad():
            drawn = evaluate(self.decode, (self.drawn(x, y),))
        return found | {"image_critic_accuracy": self.image_critic.accuracy(x, drawn)}

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        x, y = batch[0], batch[1] if self.labels else None
        if turn == "reconstruction":
            return self.reconstruction(x).mean()
        if turn == "encoder":
            z = self.codes(x)
            loss = softplus(-self.prior.judged(z, y)).mean()
            return loss + self.squared_error(x, z).mean() if self.by_report else loss
        if turn == "generator":
            found = self.image_critic(self.decode(self.drawn(x, y)))
            loss = softplus(-found[:, 0]).mean()
            return loss - self.information_weight * self.information(found, y).mean() if self.labels else loss
        with torch.no_grad():
            codes, drawn = self.codes(x), self.drawn(x, y)
        if turn == "decoder":
            return self.squared_error(x, codes).mean()
        if turn == "critic":
            return (softplus(-self.prior.judged(drawn, y)) + softplus(self.prior.judged(codes, y))).mean()
        with torch.no_grad():
            fake = self.decode(torch.cat([drawn, codes]))
        found = self.image_critic(fake)
        loss = softplus(-self.image_critic(x)[:, 0]).mean() + softplus(found[:, 0]).mean()
        return loss - self.information(found[: len(x)], y).mean() if self.labels else loss

    def players(self) -> dict[str, Player]:
        betas, sampled = (0.5, 0.9), [*self.prior.generator_network.parameters(), *self.decoder.parameters()]
        found = super().players() | {
            "critic": Player(self.prior.critic.parameters(), self.critic_learning_rate, betas=betas),
            "encoder": Player(self.encoder.parameters(), self.encoder_learning_rate, betas=betas),
            "decoder": Player(self.decoder.parameters(), self.learning_rate),
            "image_critic": Player(self.image_critic.parameters(), self.critic_learning_rate, betas=betas),
            "generator": Player(sampled, self.generator_learning_rate, betas=betas),
        }
        return {turn: found[turn] for turn in dict.fromkeys(self.turns)}

    def schedule(self, progress: float) -> float:
        return super().schedule(progress + self.ahead)  # a whole pass has the learning rates of its middle

    def reconstruction(self, x: Tensor) -> Tensor:
        """Returns the weighted sum of the cross-entropy of pixels and the distance of features, (N,)."""
        logits = self.decoder(self.codes(x))
        loss = self.pixel_weight * bernoulli_cross_entropy(x, logits)
        if not self.feature_weight:
            return loss
        last = self.image_critic.depth
        real, found = (self.image_critic.features(images, last) for images in (x, torch.sigmoid(logits.float())))
        return loss + self.feature_weight * 0.5 * (real - found).float().square().sum(1)

    def squared_error(self, x: Tensor, z: Tensor) -> Tensor:
        """Returns |x − x̂|², (N,), of images and their codes (N, D)."""
        return (self.decode(z) - x).flatten(1).square().sum(1)

    def drawn(self, x: Tensor, y: Tensor | None) -> Tensor:
        """Returns g(e, y), (N, D), as many as there are images, of their classes where there are some."""
        return self.prior.generate(self.noise(len(x), self.latent), y)

    def information(self, logits: Tensor, y: Tensor) -> Tensor:
        """Returns log K + log Q(y | x̂) in nats, (N,), of the image critic's logits (N, 1 + K) and classes (N,)."""
        return math.log(self.classes) - cross_entropy(logits[:, 1:].float(), y.long(), reduction="none")

    @torch.no_grad()
    def native(self) -> NativePrior:
        return NativePrior("gan", self.arguments, self.prior.state_dict())
