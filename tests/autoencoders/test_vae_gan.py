"""VAE/GAN: whose gradients move whom, and what its likelihood of features is."""

import pytest
import torch

from latentpriors.autoencoders._image_critic import ImageCritic
from latentpriors.autoencoders.vae_gan import VAEGAN
from latentpriors.autoencoders.vae_gaussian import GaussianVAE

SIZES = {"latent": 3, "network": "conv", "channels": (4, 8), "hidden": 16}
X = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def made(**settings: object) -> VAEGAN:
    torch.manual_seed(0)
    return VAEGAN((1, 8, 8), **SIZES | settings)


def test_layers_of_the_critic_are_the_image_its_stages_and_its_hidden_layers() -> None:
    critic = ImageCritic("conv", (1, 8, 8), (4, 8), 16)
    assert critic.depth == 3
    sizes = [critic.features(X, layer).shape[1] for layer in range(4)]
    assert sizes == [64, 4 * 4 * 4, 8 * 2 * 2, 16]
    assert torch.equal(critic.features(X, 0), X.flatten(1))
    assert torch.allclose(critic.layers[-1](critic.features(X, 3)), critic(X))
    assert ImageCritic("mlp", (1, 8, 8), (), 16).depth == 2
    with pytest.raises(ValueError, match="feature_layer is 4: the image critic has layers 0, the image, to 3"):
        made(feature_layer=4)


def test_on_the_image_itself_the_encoder_has_the_loss_of_a_gaussian_vae() -> None:
    model = made(feature_layer=0, scale=0.5)
    other = GaussianVAE((1, 8, 8), **SIZES, scale=0.5, learned=False)
    other.load_state_dict({key: model.state_dict()[key] for key in other.state_dict() if key in model.state_dict()},
                          strict=False)  # fmt: skip
    losses = []
    for each in (model, other):
        each.generator = torch.Generator().manual_seed(1)
        losses.append(each((X,), each.turns[0]))
    constant = 32 * torch.log(2 * torch.pi * torch.tensor(0.25))  # of the density of 64 pixels
    assert float(losses[0] + constant) == pytest.approx(float(losses[1]), rel=1e-5)


def test_each_player_moves_alone_and_the_critic_not_for_its_features() -> None:
    model = made()
    model.generator = torch.Generator().manual_seed(1)
    moved = {turn: {id(p) for p in player.parameters} for turn, player in model.players().items()}
    assert not moved["encoder"] & moved["decoder"]
    assert not (moved["encoder"] | moved["decoder"]) & moved["critic"]
    assert moved["critic"] == {id(p) for p in model.critic.parameters()}
    model.zero_grad()
    model((X,), "critic").backward()
    assert all(p.grad is None for p in [*model.encoder.parameters(), *model.decoder.parameters()])
    model.zero_grad()
    model((X,), "decoder").backward()
    assert all(p.grad is None for p in model.encoder.parameters())


def test_the_decoder_follows_content_and_style_by_their_weight() -> None:
    """Its loss is linear in γ: the slope is the content, and what is left the critic's opposite."""
    losses = []
    for weight in (0.0, 1.0, 3.0):
        model = made(style_weight=weight)
        model.generator = torch.Generator().manual_seed(1)
        losses.append(float(model((X,), "decoder")))
    assert losses[2] - losses[1] == pytest.approx(2 * (losses[1] - losses[0]), rel=1e-4)
    model.generator = torch.Generator().manual_seed(1)
    decoded = model.decode(model.codes(X))
    assert losses[1] - losses[0] == pytest.approx(float(model.content(X, decoded).mean()), rel=1e-4)
