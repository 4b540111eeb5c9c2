"""The learned prior: whom each turn moves, and what the report's schedule and the labels' information are."""

import math

import pytest
import torch

from latentpriors.autoencoders.aae_learned import AAELearned
from latentpriors.priors.base import FittedPrior
from latentpriors.training import Budget

SIZES = {"latent": 3, "network": "mlp", "channels": (), "hidden": 16, "code_hidden": (16,)}
X = torch.rand(60, 1, 8, 8, generator=torch.Generator().manual_seed(0))
Y = torch.arange(60) % 4


def made(**settings: object) -> AAELearned:
    torch.manual_seed(0)
    model = AAELearned((1, 8, 8), **SIZES | settings)
    model.generator = torch.Generator().manual_seed(0)
    return model


def moved(model: AAELearned, turn: str) -> set[str]:
    """Returns the parts of the model whose weights a turn's loss has a gradient of and its player moves."""
    names = {id(weight): name for name, weight in model.named_parameters()}
    model.zero_grad()
    model((X, Y), turn).backward()
    own = [p for p in model.players()[turn].parameters if p.grad is not None and p.grad.abs().sum() > 0]
    return {".".join(names[id(p)].split(".")[: 2 if "prior" in names[id(p)] else 1]) for p in own}


@pytest.mark.parametrize("classes", [0, 4])
def test_the_generator_stands_still_in_one_phase_and_the_encoder_in_the_other(classes: int) -> None:
    model = made(classes=classes)
    assert model.turns == ("reconstruction", "critic", "encoder", "image_critic", "generator")
    assert {turn: moved(model, turn) for turn in model.turns} == {
        "reconstruction": {"encoder", "decoder"},
        "critic": {"prior.critic"},
        "encoder": {"encoder"},
        "image_critic": {"image_critic"},
        "generator": {"prior.generator_network", "decoder"},
    }


def test_a_pass_by_the_report_has_its_steps_and_improves_the_prior_once() -> None:
    model, seen = made(schedule="report"), []
    found = model.fit((X,), (), Budget(18, 10, torch.Generator().manual_seed(0), evaluations=3, look=seen.append))
    assert model.turns == (("encoder", "decoder") * 5 + ("critic",)) + ("image_critic", "generator")
    assert seen == [10, 15, 20]  # 60 images make five steps, of 18 about four passes
    assert set(found) == {"encoder", "decoder", "critic", "image_critic", "generator"}
    assert {turn: moved(model, turn) for turn in ("encoder", "decoder")} == {
        "encoder": {"encoder"}, "decoder": {"decoder"},
    }  # fmt: skip
    with pytest.raises(ValueError, match="schedule is 'printed'; choose from paper, report"):
        made(schedule="printed")


def test_the_information_of_a_label_that_says_nothing_is_none() -> None:
    """It is log K where an image shows its label, and 0 where all images are alike, of a head that has learned both."""
    model = made(classes=4)
    critic = torch.optim.Adam(model.image_critic.parameters(), 1e-2)
    carries = torch.zeros(400, 1, 8, 8)
    y = torch.arange(400) % 4
    carries[range(400), 0, y, 0] = 1
    for images, least, most in ((carries, 0.9 * math.log(4), math.log(4)), (torch.zeros_like(carries), -0.05, 0.05)):
        for _ in range(200):
            critic.zero_grad()
            (-model.information(model.image_critic(images), y).mean()).backward()
            critic.step()
        assert least <= float(model.information(model.image_critic(images), y).mean().detach()) <= most


def test_reconstruction_weighs_pixels_and_features() -> None:
    pixels, features, both = (
        float(made(pixel_weight=a, feature_weight=b).reconstruction(X).mean()) for a, b in ((1, 0), (0, 1), (2, 3))
    )
    assert both == pytest.approx(2 * pixels + 3 * features, rel=1e-4)
    assert features > 0


def test_its_own_prior_is_the_code_generator() -> None:
    model = made().eval()
    prior = FittedPrior.native(*model.native(), 3)
    noise = torch.randn(5, 3)
    assert torch.equal(prior.from_noise(noise), model.prior.generate(noise))
    told = FittedPrior.native(*made(classes=4).native(), 3).sample(8, seed=0)
    assert told.shape == (8, 3)


def test_the_target_keeps_its_scale_whatever_the_generators_weights() -> None:
    model = made()
    with torch.no_grad():
        model.prior.generator_network[-1].weight.mul_(1e3)
        drawn = model.drawn(torch.zeros(500, 1, 8, 8), None)
    assert torch.allclose(drawn.mean(0), torch.zeros(3), atol=1e-3)
    assert torch.allclose(drawn.std(0), torch.ones(3), atol=0.01)
