"""Adversarial variational Bayes: its critic against closed forms, and what its posterior is said to be."""

import pytest
import torch
from torch.distributions import Independent, Normal

from latentpriors.autoencoders.avb import AVB
from latentpriors.autoencoders.base import bernoulli_cross_entropy
from latentpriors.autoencoders.vae import kl_divergence
from latentpriors.training import Budget, train

D = 2
X = torch.stack([torch.zeros(1, 4, 4), torch.ones(1, 4, 4)])  # two images, each with a posterior of its own
Q = Independent(Normal(torch.tensor([[1.0, 0.5], [-0.5, 0.0]]), torch.tensor([[0.5, 0.8], [1.0, 0.6]])), 1)
R = Independent(Normal(torch.tensor([[0.8, 0.2], [-0.5, 0.3]]), torch.tensor([[0.7, 0.8], [0.9, 0.9]])), 1)
PRIOR = Independent(Normal(torch.zeros(D), torch.ones(D)), 1)


class Fixed(AVB):
    """Draws from Q, of which it says that its mean and scale are those of R; only the critic learns."""

    def draw(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        which = x[:, 0, 0, 0].long()
        mean, scale = R.base_dist.loc[which], R.base_dist.scale[which]
        z = Q.base_dist.loc[which] + Q.base_dist.scale[which] * self.noise(len(x), D)
        return z, mean, scale


def model(kind: type[AVB] = AVB, **settings: object) -> AVB:
    torch.manual_seed(0)
    sizes = {"network": "mlp", "channels": [], "hidden": 16, "critic_hidden": (64, 64)}
    return kind((1, 4, 4), D, **sizes | settings)


@pytest.mark.parametrize("contrast", [False, True])
def test_the_critic_learns_the_log_ratio_and_the_loss_is_the_elbo(contrast: bool) -> None:
    game = model(Fixed, adaptive_contrast=contrast, critic_learning_rate=3e-3)
    game.turns = ("critic",)
    train(game, (X.repeat(256, 1, 1, 1),), Budget(1500, 512, torch.Generator().manual_seed(0)))
    z = Q.sample((1000,))
    with torch.no_grad():
        for index in range(2):
            seen = (z[:, index] - R.base_dist.loc[index]) / R.base_dist.scale[index] if contrast else z[:, index]
            told = game.log_ratio(X[index].expand(1000, -1, -1, -1), seen)
            against = R.log_prob(z)[:, index] if contrast else PRIOR.log_prob(z[:, index])
            expected = Q.log_prob(z)[:, index] - against
            assert float((told - expected).abs().mean()) < 0.1 < float(expected.std())
        many = X.repeat(5000, 1, 1, 1)
        found = game.negative_elbo(many).double()
        decoded = bernoulli_cross_entropy(many, game.decoder(game.draw(many)[0])).double()
    kl = kl_divergence(Q.base_dist.loc, Q.base_dist.scale)
    assert (found - decoded).view(-1, 2).mean(0).tolist() == pytest.approx(kl.tolist(), abs=0.1)


def test_the_posterior_has_the_mean_and_scale_that_are_said_and_another_form() -> None:
    game = model(terms=3)
    game.generator = torch.Generator().manual_seed(0)
    for _ in range(200):
        game.draw(X.repeat(500, 1, 1, 1))  # the running moments of the noise's networks
    game.eval()
    z = game.codes(X.repeat(50_000, 1, 1, 1)).view(-1, 2, D)
    mean, scale = game.encode(X)
    assert torch.allclose(z.mean(0), mean, atol=0.02)
    assert torch.allclose(z.std(0), scale, rtol=0.02)
    assert torch.allclose(scale, torch.ones(2, D), atol=0.5)  # it starts as wide as the prior


def test_the_critic_moves_alone_and_stays_in_the_others_turn() -> None:
    game = model()
    game.generator, x = torch.Generator().manual_seed(0), X.repeat(8, 1, 1, 1)
    names = {id(weight): name for name, weight in game.named_parameters()}
    moved = {
        turn: {names[id(weight)].split(".")[0] for weight in player.parameters}
        for turn, player in game.players().items()
    }
    assert moved == {
        "critic": {"features", "critic"}, "reconstruction": {"encoder", "decoder", "from_noise"},
    }  # fmt: skip
    game.zero_grad()
    game((x,), "critic").backward()
    assert all(weight.grad is None for weight in [*game.encoder.parameters(), *game.from_noise.parameters()])


def test_an_estimate_of_the_elbo_comes_with_the_figures() -> None:
    game, x = model(), torch.rand(64, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    found = game.fit((x,), (x[:20],), Budget(20, 32, torch.Generator().manual_seed(0)))
    assert -20 < found["elbo_estimate"] < -5  # near −16 log 2, of pixels that say nothing
    assert game.turns == ("critic", "critic", "reconstruction")
