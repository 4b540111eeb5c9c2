"""Targets: densities that integrate to one, classes where they belong; a critic with a known optimum, with labels."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal

from latentpriors.autoencoders.aae_target import UNKNOWN, AAETarget
from latentpriors.autoencoders.vae import kl_divergence
from latentpriors.autoencoders.vae_target import VAETarget
from latentpriors.likelihood.joint import native_prior
from latentpriors.targets import RADIUS, Target, make_target
from latentpriors.training import Budget

ANY = torch.full((50_000,), UNKNOWN)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def nearest_class(target: Target, z: Tensor) -> Tensor:
    return torch.cdist(z, target.means).argmin(1) // (len(target.means) // target.classes)


@pytest.mark.parametrize("name", ["mixture", "roll"])
def test_a_density_integrates_to_one_and_is_that_of_the_draws(name: str) -> None:
    target = make_target(name, 2, 10)
    steps = torch.linspace(-6, 6, 301)
    grid = torch.cartesian_prod(steps, steps)
    mass = target.log_prob(grid).exp() * (steps[1] - steps[0]) ** 2
    assert float(mass.sum()) == pytest.approx(1, abs=1e-3)
    z = target.draw(ANY, seeded())
    assert z.mean(0).tolist() == pytest.approx((mass[:, None] * grid).sum(0).tolist(), abs=0.05)
    squares = (mass[:, None] * grid).T @ grid
    assert (z.T @ z / len(z)).flatten().tolist() == pytest.approx(squares.flatten().tolist(), abs=0.1)


@pytest.mark.parametrize("name", ["mixture", "roll"])
def test_classes_are_where_the_target_has_them(name: str) -> None:
    target, y = make_target(name, 2, 10), torch.arange(10).repeat(500)
    z = target.draw(y, seeded())
    assert (nearest_class(target, z) == y).float().mean() > 0.9
    assert torch.bincount(nearest_class(target, target.draw(ANY, seeded())), minlength=10).min() > 0.08 * len(ANY)
    if name == "roll":  # labels in numeric order: class 0 is the first tenth, inside, and each is as long
        radius = torch.stack([z[y == label].norm(dim=1).mean() for label in range(10)])
        assert (radius.diff() > 0).all()
        assert radius[9] < RADIUS + 0.1
    else:
        assert z[y == 3].mean(0).tolist() == pytest.approx(
            [RADIUS * math.cos(0.6 * math.pi), RADIUS * math.sin(0.6 * math.pi)], abs=0.1
        )


def test_a_target_of_other_dimensions_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the target roll has two dimensions and the codes have 3; set `latent` to 2"):
        make_target("roll", 3, 10)
    with pytest.raises(ValueError, match="target: 'rol' is unknown; choose from normal, mixture, roll"):
        make_target("rol", 2, 10)
    assert make_target("normal", 5, 10).draw(ANY, seeded()).std(0).tolist() == pytest.approx([1.0] * 5, abs=0.03)


def aae(**arguments: object) -> AAETarget:
    torch.manual_seed(0)
    return AAETarget((1, 1, 2), 2, network="mlp", hidden=8, critic_hidden=(64, 64), **arguments)


def played(model: AAETarget, x: Tensor, y: Tensor, steps: int = 600) -> float:
    """Plays the critic's turn alone, codes being the pixels, and returns its last losses' mean."""
    model.codes = lambda x: x[:, 0, 0]
    model.generator = seeded()
    adam = torch.optim.Adam(model.critic.parameters(), 3e-3)
    losses = []
    for step in range(steps):
        index = torch.randint(len(x), (512,), generator=seeded(step))
        loss = model((x[index], y[index]), "critic")
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(loss.item())
    return sum(losses[-100:]) / 100


def test_the_critics_optimum_is_the_log_ratio_of_target_and_codes() -> None:
    model, shift = aae(target="normal"), 1.0
    z = shift + torch.randn(20_000, 2, generator=seeded())
    played(model, z[:, None, None], torch.zeros(len(z)))
    at = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.5, 0.5], [1.5, 1.0]])
    expected = (Normal(0.0, 1.0).log_prob(at) - Normal(shift, 1.0).log_prob(at)).sum(1)
    found = model.judged(at, ANY[:4])[:, 0]
    assert found.tolist() == pytest.approx(expected.tolist(), abs=0.3)


def test_with_labels_the_critic_tells_codes_of_the_wrong_class_and_no_others() -> None:
    y = torch.arange(10).repeat(2000)
    z = make_target("mixture", 2, 10).draw(y, seeded())
    even = 2 * math.log(2)  # of a critic that cannot tell
    assert played(aae(target="mixture", label_share=1.0), z[:, None, None], y) == pytest.approx(even, abs=0.06)
    assert played(aae(target="mixture", label_share=1.0), z[:, None, None], (y + 1) % 10) < 0.3 * even
    # Without its label nobody knows where a code should be: all of them together are the target.
    unknown = torch.full_like(y, UNKNOWN)
    assert played(aae(target="mixture", label_share=1.0), z[:, None, None], unknown) == pytest.approx(even, abs=0.06)


def test_labels_are_told_of_a_share_of_each_class() -> None:
    model, y = aae(target="mixture", label_share=0.1), torch.arange(10).repeat_interleave(torch.arange(20, 120, 10))
    told = model.told(y, seed=3)
    known = told != UNKNOWN
    assert (told[known] == y[known]).all()
    assert torch.bincount(told[known], minlength=10).tolist() == [round(0.1 * n) for n in range(20, 120, 10)]
    assert torch.equal(told, model.told(y, seed=3))
    assert not torch.equal(told, model.told(y, seed=4))
    with pytest.raises(ValueError, match=r"class 0 has 20 images, of which label_share 0\.01 leaves none"):
        aae(target="mixture", label_share=0.01).told(y, seed=0)
    with pytest.raises(ValueError, match="class 9 has 0 images"):
        model.told(y[y < 9], seed=0)
    with pytest.raises(ValueError, match=r"label_share is 1\.5"):
        aae(target="mixture", label_share=1.5)


def test_an_autoencoder_puts_each_class_where_the_target_has_it() -> None:
    torch.manual_seed(0)
    y = torch.arange(10).repeat(200)
    x = (0.8 * torch.nn.functional.one_hot(y, 10) + 0.2 * torch.rand(2000, 10)).reshape(-1, 1, 2, 5)
    model = AAETarget((1, 2, 5), 2, network="mlp", hidden=64, learning_rate=2e-3, target="mixture", label_share=1.0,
                      critic_hidden=(64, 64), encoder_learning_rate=3e-3)  # fmt: skip
    figures = model.fit((x, y), (x, y), Budget(1500, 128, seeded()))
    assert figures["critic"] == pytest.approx(2 * math.log(2), abs=0.1)  # it cannot tell
    right = nearest_class(model.target, model.encode(x)[0]) == y
    assert right.float().mean() > 0.9


def test_the_native_prior_is_the_target() -> None:
    z = make_target("roll", 2, 10).draw(ANY[:50], seeded())
    for model in (aae(target="roll"), VAETarget((1, 1, 2), 2, network="mlp", hidden=8, target="roll")):
        assert native_prior(model).log_prob(z).tolist() == pytest.approx(model.target.log_prob(z).tolist(), abs=1e-4)
    assert aae(target="normal").native() is None  # which stands for N(0, I)


def test_the_divergence_from_a_target_is_that_from_a_gaussian_where_it_is_one() -> None:
    torch.manual_seed(0)
    model = VAETarget((1, 1, 2), 2, network="mlp", hidden=8, target="normal")
    mean, scale = torch.tensor([[0.5, -1.0]]).repeat(50_000, 1), torch.tensor([[0.3, 0.8]]).repeat(50_000, 1)
    found = model.kl(mean, scale, torch.randn(50_000, 2)).mean()
    assert float(found) == pytest.approx(float(kl_divergence(mean[:1], scale[:1])), abs=0.02)
