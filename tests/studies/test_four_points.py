"""Figures of posteriors on four images: entropies and quadrature against closed forms."""

import math

import numpy as np
import pytest
import torch

from latentpriors.autoencoders.avb import AVB
from latentpriors.autoencoders.vae import VAE, kl_divergence
from latentpriors.studies.four_points import BEST, IMAGES, LATENT, entropy, posteriors
from latentpriors.training import Budget, evaluate

NETWORK = {"network": "mlp", "channels": [], "hidden": 32, "learning_rate": 3e-3}


def test_entropy_by_neighbours_is_that_of_known_densities() -> None:
    random = np.random.default_rng(0)
    normal = random.standard_normal((5000, 2)) * [3.0, 0.1]
    assert entropy(normal) == pytest.approx(1 + math.log(2 * math.pi) + math.log(0.3), abs=0.05)
    assert entropy(random.uniform(0, 5, (5000, 1))) == pytest.approx(math.log(5), abs=0.05)


def test_figures_of_a_vae_are_those_of_its_own_loss() -> None:
    torch.manual_seed(0)
    model = VAE(IMAGES.shape[1:], LATENT, **NETWORK)
    found, codes = posteriors(model, Budget(400, 256, torch.Generator().manual_seed(0)))
    assert codes.shape == (4, 5000, LATENT)
    with torch.no_grad():
        loss = evaluate(lambda x: model((x,), "reconstruction")[None], (IMAGES.repeat(5000, 1, 1, 1),), 20_000)
        kl = kl_divergence(*model.encode(IMAGES))
    assert found["negative_elbo"] == pytest.approx(float(loss), abs=0.05)
    assert BEST - 0.02 < found["nll"] < found["negative_elbo"] + 0.05
    assert -0.05 < found["mismatch"] < float(kl.mean())  # the rest of the KL is what the images say of their codes
    assert "said" not in found


def test_log_p_of_a_decoder_that_ignores_codes_is_that_of_its_pixels() -> None:
    model = AVB(IMAGES.shape[1:], LATENT, **NETWORK, terms=2, critic_hidden=(16,))
    with torch.no_grad():
        model.decoder[-1].weight.zero_()
        model.decoder[-1].bias.fill_(-math.log(3))  # a quarter in each pixel
    for parameter in model.decoder.parameters():
        parameter.requires_grad_(False)
    model.players = lambda: {
        name: player for name, player in AVB.players(model).items() if name == "critic"
    }  # fmt: skip
    model.turns = ("critic",)
    found, _ = posteriors(model, Budget(2, 64, torch.Generator().manual_seed(0)))
    assert found["nll"] == pytest.approx(-math.log(0.25) - 3 * math.log(0.75), abs=1e-3)
    assert {"said", "mismatch"} <= found.keys()
