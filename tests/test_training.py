"""The loop: order of turns, which weights move, which are kept, and when it stops."""

import math

import pytest
import torch
from torch import Tensor, nn

from latentpriors.training import Budget, Game, Player, TrainingDiverged, evaluate, train


class Line(Game):
    """Least squares with one weight; the validation figure may prefer another value."""

    def __init__(self, target: float = 3.0, rate: float = 0.1):
        super().__init__()
        self.w, self.target, self.rate = nn.Parameter(torch.zeros(1)), target, rate

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        return (self.w - self.target).square().mean()

    def players(self) -> dict[str, Player]:
        return {"model": Player([self.w], self.rate)}

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        return (self.w - batch[0]).square().mean()


class Recorder(Game):
    """Notes what every turn sees."""

    turns = ("critic", "critic", "generator")

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
        self.seen = []

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        self.seen.append((turn, batch[0].tolist(), self.a.item(), self.b.item()))
        return self.a.sum() + self.b.sum()

    def players(self) -> dict[str, Player]:
        return {"critic": Player([self.a], 1.0), "generator": Player([self.b], 1.0)}


def budget(steps: int, **kwargs) -> Budget:
    return Budget(steps, kwargs.pop("batch_size", 4), torch.Generator().manual_seed(0), **kwargs)


def test_least_squares_is_solved() -> None:
    game = Line()
    train(game, (torch.zeros(8),), budget(400))
    assert game.w.item() == pytest.approx(3, abs=1e-2)


def test_best_weights_on_validation_are_kept() -> None:
    game, points = Line(), []
    figures = train(
        game,
        (torch.zeros(8),),
        budget(400, evaluations=40, log=lambda step, f: points.append(f["validation"])),
        (torch.full((5,), 1.5),),
    )
    assert game.validation((torch.tensor([1.5]),)).item() == pytest.approx(min(points))
    assert figures["best_step"] < 400
    assert len(points) == 40


def test_turns_come_in_order_and_only_move_their_own_weights() -> None:
    game = Recorder()
    train(game, (torch.arange(8.0),), budget(2))
    turns, batches, a, b = zip(*game.seen, strict=True)
    assert turns == game.turns * 2
    assert batches[0] == batches[2] != batches[1]  # a repeated turn sees a new batch, another turn the same one
    assert sorted(batches[0] + batches[1]) == list(range(8))
    assert a[0] == a[1] == 0  # the warm-up starts at learning rate 0
    assert a[4] != a[3]
    assert a[5] != a[4]
    assert b[3] == b[4] == b[5]


def test_moving_average_is_kept() -> None:
    class Averaged(Line):
        ema = 0.1

    game, last = Averaged(rate=0.02), Line(rate=0.02)
    for player in (game, last):
        train(player, (torch.zeros(8),), budget(100))
    assert 0 < game.w.item() < last.w.item()


def test_same_seed_same_result_and_noise_comes_from_the_generator() -> None:
    class Noisy(Line):
        def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
            return (self.w - batch[0] - self.noise(1)).square().mean()

    found = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed + len(found))
        game = Noisy()
        train(game, (torch.arange(8.0),), Budget(20, 4, torch.Generator().manual_seed(seed)))
        found.append(game.w.item())
    assert found[0] == found[1] != found[2]


def test_nan_stops_the_training_and_names_the_player() -> None:
    class Broken(Line):
        def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
            return super().forward(batch, turn) * (math.nan if self.w.item() > 0.5 else 1)

    with pytest.raises(TrainingDiverged, match=r"digits ae 0: the loss of 'model' is nan at step \d+.*learning rate"):
        train(Broken(), (torch.zeros(8),), budget(200, label="digits ae 0"))


def test_unknown_precision_is_refused() -> None:
    with pytest.raises(ValueError, match="float32, tf32, bfloat16"):
        train(Line(), (torch.zeros(8),), budget(1, precision="float16"))


def test_bfloat16_trains() -> None:
    layer = nn.Linear(1, 1)

    class Fit(Line):
        def __init__(self):
            super().__init__()
            self.layer = layer

        def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
            outputs = self.layer(batch[0])
            assert outputs.dtype == torch.bfloat16
            return (outputs.float() - 2 * batch[0]).square().mean()

        def players(self) -> dict[str, Player]:
            return {"model": Player(self.layer.parameters(), 0.1)}

    train(Fit(), (torch.randn(64, 1),), budget(200, batch_size=16, precision="bfloat16"))
    assert layer.weight.item() == pytest.approx(2, abs=0.05)


def test_evaluate_goes_through_all_batches() -> None:
    assert evaluate(lambda x, y: x + y, (torch.arange(5), torch.arange(5)), 2).tolist() == [0, 2, 4, 6, 8]
