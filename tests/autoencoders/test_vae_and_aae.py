"""What defines each autoencoder, against independent computations."""

import pytest
import torch
from torch.distributions import Normal
from torch.distributions import kl_divergence as torch_kl

from latentpriors.autoencoders.aae import AAE
from latentpriors.autoencoders.ae import AE
from latentpriors.autoencoders.base import bernoulli_cross_entropy
from latentpriors.autoencoders.vae import VAE, kl_divergence
from latentpriors.networks import build_encoder
from latentpriors.training import Budget, train

SMALL = {"shape": (1, 8, 8), "latent": 4, "network": "mlp", "hidden": 16}


def images(n: int) -> torch.Tensor:
    return torch.rand(n, 1, 8, 8)


def test_kl_agrees_with_torch() -> None:
    mean, scale = torch.randn(20, 5), torch.rand(20, 5) + 0.1
    expected = torch_kl(Normal(mean, scale), Normal(0.0, 1.0)).sum(1)
    assert torch.allclose(kl_divergence(mean, scale), expected, atol=1e-5)


def test_cross_entropy_is_the_formula() -> None:
    x, logits = images(6), torch.randn(6, 1, 8, 8)
    p = torch.sigmoid(logits)
    expected = -(x * p.log() + (1 - x) * (1 - p).log()).sum((1, 2, 3))
    assert torch.allclose(bernoulli_cross_entropy(x, logits), expected, rtol=1e-5)


def test_ae_loss_is_the_reconstructions_cross_entropy() -> None:
    model, x = AE(**SMALL), images(5)
    expected = bernoulli_cross_entropy(x, torch.logit(model.decode(model.encode(x)[0]))).mean()
    assert model((x,), "reconstruction").item() == pytest.approx(expected.item(), rel=1e-5)
    assert model.encode(x)[1] is None


def test_vae_loss_is_the_elbo_by_monte_carlo() -> None:
    model, x = VAE(**SMALL, beta=2.0), images(3)
    mean, scale = model.encode(x)
    q = Normal(mean, scale)
    draws = []
    for _ in range(4000):
        z = q.sample()
        log_ratio = (q.log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum(1)
        draws.append((bernoulli_cross_entropy(x, model.decoder(z)) + 2 * log_ratio).mean().detach())
    losses = torch.stack([model((x,), "reconstruction").detach() for _ in range(1000)])
    error = torch.stack(draws).std() / 4000**0.5 + losses.std() / 1000**0.5
    assert abs(torch.stack(draws).mean() - losses.mean()) < 4 * error


def test_vae_codes_are_samples_of_the_posterior() -> None:
    model, x = VAE(**SMALL), images(1)
    model.generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        mean, scale = model.encode(x)
        z = model.codes(x.expand(20_000, -1, -1, -1))
    assert torch.allclose(z.mean(0), mean[0], atol=0.03 * float(scale.max()) + 1e-3)
    assert torch.allclose(z.std(0), scale[0], rtol=0.05)


def test_aae_turns_reach_the_weights_they_should() -> None:
    model, x = AAE(**SMALL), images(9)
    players = {turn: {id(p) for p in player.parameters} for turn, player in model.players().items()}
    encoder, critic = ({id(p) for p in part.parameters()} for part in (model.encoder, model.critic))
    assert players["critic"] == critic
    assert players["encoder"] == encoder
    loss = model((x,), "critic")
    assert all(g is None for g in torch.autograd.grad(loss, list(model.encoder.parameters()), allow_unused=True))


def test_aae_pulls_the_codes_to_the_prior() -> None:
    x = images(400)
    spreads = {}
    for cls in (AE, AAE):
        torch.manual_seed(0)
        rates = {"encoder_learning_rate": 2e-3} if cls is AAE else {}
        model = cls(**SMALL, learning_rate=5e-3, **rates)
        train(model, (x,), Budget(400, 100, torch.Generator().manual_seed(0)))
        with torch.no_grad():
            spreads[cls] = model.encode(x)[0].std(0).log().abs().mean().item()
    assert spreads[AAE] < 0.35
    assert spreads[AAE] < spreads[AE]


def test_images_that_cannot_be_halved_are_refused() -> None:
    with pytest.raises(ValueError, match="28 x 30 images cannot be halved 3 times"):
        build_encoder("conv", (1, 28, 30), 4, [8, 8, 8], 16)
    with pytest.raises(ValueError, match="multiples of 4"):
        build_encoder("conv", (1, 8, 8), 4, [6], 16)
    with pytest.raises(ValueError, match="choose from conv, mlp"):
        build_encoder("transformer", (1, 8, 8), 4, [8], 16)
