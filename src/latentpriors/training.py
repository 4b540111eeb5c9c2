"""The one training loop: every classifier, autoencoder, flow and GAN is a game that it plays."""

__all__ = ["Budget", "Game", "Player", "Protocol", "TrainingDiverged", "evaluate", "train"]

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from tqdm import tqdm

PRECISIONS = ("float32", "tf32", "bfloat16")


class TrainingDiverged(ArithmeticError):
    """A loss became NaN or infinite."""


@dataclass(frozen=True)
class Player:
    """The parameters that one turn moves, by Adam with these settings."""

    parameters: Iterable[nn.Parameter]
    learning_rate: float
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0


@dataclass(frozen=True)
class Budget:
    """What a training may spend and how it is run.

    Arguments:
        steps: The number of rounds; in a round each turn of the game makes one gradient step.
        batch_size: The number of examples a turn sees.
        generator: The source of the batches' order and of the game's noise, on the data's device.
        precision: "float32", "tf32" (float32 with TF32 matrix products) or "bfloat16" (autocast).
        evaluations: How often the curves get a point and the validation figure is taken.
        log: Receives (step, figures) at each of these points.
        look: Called with the step at each of these points, with the weights as they are then.
        label: What the progress bar is called.
        row: Which line of the terminal it takes, where several runs go on side by side.
    """

    steps: int
    batch_size: int
    generator: torch.Generator
    precision: str = "float32"
    evaluations: int = 20
    log: Callable[[int, dict[str, float]], None] = lambda step, figures: None
    look: Callable[[int], None] = lambda step: None
    label: str = ""
    row: int | None = None


@dataclass(frozen=True)
class Protocol:
    """How a block of params.yaml is fitted: the same for all that is compared, but for what the block says.

    Arguments:
        method: The name of its class's file.
        shared: `steps`, `batch_size` and `precision`, of the data set.
        arguments: Of the method's class.
        factor: Of the shared steps; None for a closed form, which makes none.
        device: Where it is fitted.
        share: Of the steps, where a study takes fewer for all.

    Example:
        >>> shared = {"steps": 1000, "batch_size": 64, "precision": "float32"}
        >>> protocol = Protocol.of("gmm", {"components": 10, "factor": 2}, shared, torch.device("cpu"), share=0.1)
        >>> protocol.steps, protocol.arguments  # 2 · 0.1 · 1000
        (200, {'components': 10})
    """

    method: str
    shared: dict
    arguments: dict
    factor: float | None
    device: torch.device
    share: float = 1

    @classmethod
    def of(cls, name: str, block: dict, shared: dict, device: torch.device, share: float = 1) -> "Protocol":
        """Returns the protocol of a block by its name; it may have a `factor` and a `method` beside its arguments."""
        arguments = {key: value for key, value in block.items() if key not in ("factor", "method")}
        return cls(block.get("method", name), shared, arguments, block.get("factor"), device, share)

    @property
    def steps(self) -> int:
        return round((self.factor or 1) * self.share * self.shared["steps"])

    @property
    def settings(self) -> dict:
        """What the fit depends on, as JSON can hold it."""
        spent = {"steps": self.steps, "precision": self.shared["precision"], "batch_size": self.shared["batch_size"]}
        return spent | {"method": self.method, "arguments": self.arguments, "device": str(self.device)}

    @property
    def facts(self) -> dict:
        """What is reported of a fit beside its figures."""
        spent = {"steps": self.steps, "factor": self.factor} if self.factor else {}
        return spent | {"device": self.device.type}

    def budget(
        self,
        order: torch.Generator,
        label: str,
        row: int = 0,
        log: Callable[[int, dict[str, float]], None] = lambda step, figures: None,
    ) -> Budget:
        """Returns the budget of one fit; the arguments are those of `Budget`, `order` its generator."""
        return Budget(
            self.steps, self.shared["batch_size"], order, self.shared["precision"], log=log, label=label, row=row
        )


class Game(nn.Module):
    """A loss for each player in turn; an ordinary model is a game with one player.

    `turns` is the order within a round. A turn that comes several times in a round sees a new batch
    each time; different turns of a round share the batch. Where `ema` is None, the weights that are best on
    `validation` are kept (the last ones where that is None too); else their exponential moving average, whose
    horizon is this share of the steps.
    """

    turns: tuple[str, ...] = ("model",)
    ema: float | None = None
    generator: torch.Generator | None = None

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        """Returns the scalar loss of the player whose turn it is."""
        raise NotImplementedError

    def players(self) -> dict[str, Player]:
        """Returns for each turn the parameters that it moves."""
        raise NotImplementedError

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor | None:
        """Returns the mean figure of a batch on which the best weights are kept (lower is better), if any."""
        return None

    def schedule(self, progress: float) -> float:
        """Returns the factor of all learning rates: 5% linear warm-up, then a cosine to zero."""
        return min(1.0, progress / 0.05) * 0.5 * (1 + math.cos(math.pi * progress))

    def noise(self, *shape: int) -> Tensor:
        """Returns standard normal noise from the game's generator, on the device of its weights."""
        return torch.randn(shape, generator=self.generator, device=next(self.parameters()).device)


def train(
    game: Game, data: tuple[Tensor, ...], budget: Budget, validation: tuple[Tensor, ...] = ()
) -> dict[str, float]:
    """Plays a game on data that is resident on its device, and leaves it with the weights to keep.

    Arguments:
        game: What is trained, in place.
        data: Tensors with shape (N, ...), on the device of the game.
        budget: Steps, batch size and randomness.
        validation: Tensors with shape (V, ...) for the figure on which the best weights are kept.

    Returns:
        The last figures that were logged, and `best_step` where weights were chosen on validation.

    Raises:
        TrainingDiverged: a loss is not finite.

    Example:
        >>> class Mean(Game):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.mean = nn.Parameter(torch.zeros(1))
        ...
        ...     def forward(self, batch, turn):
        ...         return ((batch[0] - self.mean) ** 2).mean()
        ...
        ...     def players(self):
        ...         return {"model": Player([self.mean], learning_rate=0.1)}
        >>> game, data = Mean(), torch.tensor([[1.0], [3.0]])
        >>> figures = train(game, (data,), Budget(steps=300, batch_size=2, generator=torch.Generator().manual_seed(0)))
        >>> round(game.mean.item(), 2), round(figures["model"], 2)  # the mean of 1 and 3, and the squares about it
        (2.0, 1.0)
    """
    if budget.precision not in PRECISIONS:
        raise ValueError(f"precision {budget.precision!r} is unknown; choose from {', '.join(PRECISIONS)}")
    game.generator = budget.generator
    optimizers = {turn: _adam(player) for turn, player in game.players().items()}
    batches = _batches(data, budget.batch_size, budget.generator)
    keeper = _Keeper(game, validation, budget)
    marks = {math.ceil(budget.steps * i / budget.evaluations) for i in range(1, budget.evaluations + 1)}
    totals, since, figures = dict.fromkeys(optimizers, 0.0), 0, {}
    bar = tqdm(
        range(1, budget.steps + 1), desc=budget.label, disable=None, leave=False, mininterval=0.5, position=budget.row
    )
    game.train()
    for step in bar:
        losses = _round(game, optimizers, batches, (step - 1) / budget.steps, budget.precision)
        totals, since = {turn: totals[turn] + losses[turn] for turn in losses}, since + 1
        keeper.follow()
        if step in marks or step % 50 == 0:
            # Read only here: on a GPU each look at a loss waits for the device.
            means = {turn: float(total) / since for turn, total in totals.items()}
            _check_finite(means, step, budget.label)
            bar.set_postfix({turn: f"{mean:.4g}" for turn, mean in means.items()})
        if step in marks:
            figures = means | keeper.judge(step)
            _check_finite(figures, step, budget.label)
            budget.log(step, figures)
            budget.look(step)
            totals, since = dict.fromkeys(optimizers, 0.0), 0
    return figures | keeper.restore()


@torch.no_grad()
def evaluate(function: Callable[..., Tensor], data: tuple[Tensor, ...], batch_size: int = 2000) -> Tensor:
    """Returns `function` of all the data, batch by batch, concatenated along the first axis.

    Example:
        >>> x, y = torch.arange(5), torch.full((5,), 10)
        >>> evaluate(lambda x, y: x * y, (x, y), batch_size=2)  # of 2, 2 and 1 rows
        tensor([ 0, 10, 20, 30, 40])
    """
    return torch.cat([function(*batch) for batch in zip(*(t.split(batch_size) for t in data), strict=True)])


class _Keeper:
    """Keeps the best weights on validation, or their moving average, or leaves the last ones alone."""

    def __init__(self, game: Game, validation: tuple[Tensor, ...], budget: Budget):
        self.game, self.data, self.best, self.step = game, validation, math.inf, None
        self.weights = deepcopy(game.state_dict())
        # The same noise at every look, so that looks differ by the weights alone.
        self.seed = budget.generator.initial_seed() + 1
        self.rate = None if game.ema is None else 1 - math.exp(-1 / max(1.0, game.ema * budget.steps))

    @torch.no_grad()
    def follow(self) -> None:
        if self.rate is not None:
            for kept, now in zip(self.weights.values(), self.game.state_dict().values(), strict=True):
                if kept.is_floating_point():
                    kept.lerp_(now, self.rate)
                else:
                    kept.copy_(now)

    @torch.no_grad()
    def judge(self, step: int) -> dict[str, float]:
        if not self.data or self.rate is not None:
            return {}
        game, generator = self.game.eval(), self.game.generator
        game.generator = torch.Generator(generator.device).manual_seed(self.seed)
        size = len(self.data[0])
        batches = zip(*(t.split(1000) for t in self.data), strict=True)
        figures = [(game.validation(batch), len(batch[0])) for batch in batches]
        game.train().generator = generator
        if figures[0][0] is None:
            return {}
        mean = sum(float(figure) * count for figure, count in figures) / size
        if mean < self.best:
            self.best, self.step, self.weights = mean, step, deepcopy(game.state_dict())
        return {"validation": mean}

    def restore(self) -> dict[str, float]:
        if self.step is not None or self.rate is not None:
            self.game.load_state_dict(self.weights)
        self.game.eval()
        return {} if self.step is None else {"best_step": self.step}


def _round(game: Game, optimizers: dict, batches: Iterator, progress: float, precision: str) -> dict[str, Tensor]:
    """One gradient step of every turn; the nth time that a turn comes it sees the nth batch of the round."""
    count, drawn, losses = Counter(), [], {}
    for turn in game.turns:
        if count[turn] == len(drawn):
            drawn.append(next(batches))
        batch, optimizer = drawn[count[turn]], optimizers[turn]
        count[turn] += 1
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] * game.schedule(progress)
        with torch.autocast(batch[0].device.type, torch.bfloat16, enabled=precision == "bfloat16"):
            loss = game(batch, turn)
        # Not zero_grad: a turn's loss also reaches weights of the other players, which must not keep it.
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            parameter.grad = gradient
        optimizer.step()
        losses[turn] = loss.detach()
    return losses


def _batches(data: tuple[Tensor, ...], batch_size: int, generator: torch.Generator) -> Iterator[tuple[Tensor, ...]]:
    """Endless batches by one permutation of the data after another."""
    size = len(data[0])
    batch_size = min(batch_size, size)
    while True:
        order = torch.randperm(size, generator=generator, device=data[0].device)
        for start in range(0, size - batch_size + 1, batch_size):
            index = order[start : start + batch_size]
            yield tuple(tensor[index] for tensor in data)


def _adam(player: Player) -> torch.optim.Optimizer:
    parameters = [p for p in player.parameters if p.requires_grad]
    decay = player.weight_decay
    adam = torch.optim.AdamW(parameters, player.learning_rate, betas=player.betas, weight_decay=decay, fused=True)
    for group in adam.param_groups:
        group["initial_lr"] = player.learning_rate
    return adam


def _check_finite(figures: dict[str, float], step: int, label: str) -> None:
    for name, figure in figures.items():
        if not math.isfinite(figure):
            raise TrainingDiverged(
                f"{label or 'training'}: the loss of {name!r} is {figure} at step {step}; "
                "try a lower learning rate, or float32 where the precision is bfloat16"
            )
