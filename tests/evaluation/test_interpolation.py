"""Walks through noise, samples over training, and noise that skipped its prior."""

import pytest
import torch

from latentpriors.autoencoders.ae import AE
from latentpriors.evaluation import interpolation
from latentpriors.priors.base import FittedPrior, Prior, Standardization
from latentpriors.priors.flow import Flow
from latentpriors.priors.gaussian import Gaussian
from latentpriors.priors.gmm import GMM
from latentpriors.priors.native import Native
from latentpriors.priors.wgan import WGAN

SCALING = Standardization(torch.tensor([1.0, -2.0, 0.0]), torch.tensor([2.0, 0.5, 1.0]))


def fitted(prior: Prior) -> FittedPrior:
    return FittedPrior(prior, Standardization.none(SCALING.mean) if prior.raw else SCALING, {})


@pytest.mark.parametrize("prior", [Native(3), Gaussian(3), Flow(3, transforms=2, hidden=(8,))])
def test_a_walk_of_an_invertible_prior_joins_the_codes_themselves(prior, generator: torch.Generator) -> None:
    ends = torch.randn(4, 2, 3)
    with torch.no_grad():
        codes = interpolation.walk(fitted(prior), ends, 8, generator)
    assert codes.shape == (4, 8, 3)
    assert torch.allclose(codes[:, 0], ends[:, 0], atol=1e-3)
    assert torch.allclose(codes[:, -1], ends[:, 1], atol=1e-3)


@pytest.mark.parametrize("prior", [Gaussian(3), Flow(3, transforms=2, hidden=(8,))])
def test_noise_and_codes_are_each_others_inverse(prior) -> None:
    z = torch.randn(50, 3)
    with torch.no_grad():
        assert torch.allclose(prior.from_noise(prior.to_noise(z)), z, atol=1e-4)


def test_a_walk_turns_by_equal_angles_on_the_sphere(generator: torch.Generator) -> None:
    ends = torch.tensor([[[3.0, 0.0, 0.0], [0.0, 3.0, 0.0]]])
    path = interpolation.walk(fitted(Native(3)), ends, 4, generator)[0]
    assert torch.allclose(path.norm(dim=1), torch.full((4,), 3.0))
    assert torch.allclose(path[1], torch.tensor([3 * 0.75**0.5, 1.5, 0.0]), atol=1e-5)


def test_what_is_drawn_depends_on_what_the_prior_can_do(generator: torch.Generator) -> None:
    codes, shots = torch.randn(20, 3), {"0000010": torch.ones(8, 3), "0000002": torch.zeros(8, 3)}
    with torch.no_grad():
        assert not interpolation.pictures(fitted(GMM(3)), codes, {}, generator)
        found = interpolation.pictures(fitted(WGAN(3, hidden=(8,))), codes, shots, generator)
    assert {name: len(z) for name, z in found.items()} == {"training": 16, "walk": 32, "skipped": 16}
    assert found["training"][0].sum() == 0  # the earlier step comes first
    assert torch.isfinite(found["walk"]).all()


def test_steps_are_shown_closer_at_the_beginning() -> None:
    found = interpolation.shown({f"{step:03}": torch.tensor(step) for step in range(1, 21)})
    assert [int(step) for step in found] == [1, 2, 4, 8, 13, 20]


def test_codes_of_another_autoencoder_are_refused() -> None:
    model = AE((1, 8, 8), 3, network="mlp", hidden=8)
    assert interpolation.images(model, torch.zeros(2, 3)).shape == (2, 1, 8, 8)
    with pytest.raises(ValueError, match="codes of 4 dimensions and an autoencoder of 3"):
        interpolation.images(model, torch.zeros(2, 4))
