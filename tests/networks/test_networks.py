"""Encoders and decoders and their variants: shapes, which layers they have, and batch normalization over a training."""

import math
from copy import deepcopy
from importlib import import_module
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, linear

from latentpriors.autoencoders.ae import AE
from latentpriors.networks import VARIANTS, build_decoder, build_encoder
from latentpriors.registry import modules
from latentpriors.training import Budget, train
from latentpriors.yaml_files import read_yaml

NAMES = ["conv", *VARIANTS]
BATCHNORM = ("conv_batchnorm", "dcgan")
SHAPE = (1, 8, 8)
D = 3


def images(n: int, *shape: int) -> Tensor:
    return torch.rand(n, *(shape or SHAPE), generator=torch.Generator().manual_seed(n))


def pair(name: str, shape: tuple[int, int, int] = SHAPE, channels: tuple[int, ...] = (4, 8)) -> nn.ModuleDict:
    torch.manual_seed(0)
    decoder = build_decoder(name, shape, D, list(channels), 16)
    return nn.ModuleDict({"encoder": build_encoder(name, shape, D, list(channels), 16), "decoder": decoder})


def kinds(module: nn.Module) -> set[type]:
    return {type(part) for part in module.modules() if not list(part.children())}


@pytest.mark.parametrize(
    ("shape", "channels"),
    [
        ((1, 28, 28), (4,)),
        ((1, 28, 28), (4, 8)),
        ((3, 32, 32), (4, 4, 8)),
        ((3, 32, 32), (4, 4, 4, 4, 8)),
        ((1, 8, 8), (4,)),
        ((1, 8, 8), (4, 8, 8)),
        ((2, 8, 12), (4, 8)),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_shapes(name: str, shape: tuple[int, int, int], channels: tuple[int, ...]) -> None:
    networks = pair(name, shape, channels)
    for training in (True, False):
        networks.train(training)
        assert networks["encoder"](images(2, *shape)).shape == (2, D)
        assert networks["decoder"](torch.zeros(2, D)).shape == (2, *shape)
    assert networks["encoder"](images(1, *shape)).shape == (1, D)


@pytest.mark.parametrize("build", [build_encoder, build_decoder])
@pytest.mark.parametrize("name", NAMES)
def test_sizes_that_do_not_fit_are_refused(name: str, build) -> None:
    for shape, channels in (((1, 28, 28), [4, 8, 8]), ((3, 32, 30), [4, 8])):
        with pytest.raises(ValueError, match=rf"{shape[1]} x {shape[2]} images cannot be halved {len(channels)} times"):
            build(name, shape, D, channels, 16)
    with pytest.raises(ValueError, match="channels is empty"):
        build(name, SHAPE, D, [], 16)


def test_only_groups_ask_for_multiples_of_four() -> None:
    for name in ("conv", "all_conv"):
        with pytest.raises(ValueError, match="6 channels: they must be multiples of 4"):
            pair(name, channels=(4, 6))
    for name in ("conv_plain", "conv_batchnorm", "dcgan"):
        assert pair(name, channels=(3, 5))["encoder"](images(2)).shape == (2, D)


@pytest.mark.parametrize("build", [build_encoder, build_decoder])
def test_unknown_names_are_refused(build) -> None:
    with pytest.raises(ValueError, match=r"'vit' is unknown; choose from conv, mlp, conv_batchnorm, .*dcgan"):
        build("vit", SHAPE, D, [4], 16)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_reach_every_parameter(name: str) -> None:
    # A bias before a normalization of each channel alone, as in training or with as many groups as channels, is undone.
    networks = pair(name, channels=(8, 16)).eval()
    out = networks["decoder"](networks["encoder"](images(8)))
    (out * torch.randn(out.shape)).sum().backward()
    for key, parameter in networks.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.abs().max() > 1e-4, key


@pytest.mark.parametrize("name", ["all_conv", "dcgan"])
def test_there_is_no_fully_connected_layer(name: str) -> None:
    networks = pair(name)
    assert nn.Linear not in kinds(networks)
    assert nn.Linear in kinds(pair("conv"))
    # What stands for it is one linear map of the whole map that is left, without a hidden layer.
    encoder, x = networks["encoder"].eval(), images(3)
    *stages, last, _ = encoder
    flat = nn.Sequential(*stages)(x).flatten(1)
    torch.testing.assert_close(encoder(x), linear(flat, last.weight.flatten(1), last.bias))


@pytest.mark.parametrize("name", NAMES)
def test_strides_alone_change_the_size(name: str) -> None:
    known = {nn.Conv2d, nn.ConvTranspose2d, nn.Linear, nn.Flatten, nn.Unflatten}
    harmless = {nn.ReLU, nn.LeakyReLU, nn.Identity, nn.GroupNorm, nn.BatchNorm2d}
    assert kinds(pair(name)) <= known | harmless


def test_variants_of_conv_differ_in_the_normalization_alone() -> None:
    expected = {"conv": nn.GroupNorm, "conv_batchnorm": nn.BatchNorm2d, "conv_plain": None}
    for name, layer in expected.items():
        found = kinds(pair(name)) & {nn.GroupNorm, nn.BatchNorm2d}
        assert found == ({layer} if layer else set())
    plain = pair("conv_plain").state_dict()
    for name in ("conv", "conv_batchnorm"):  # normalizations draw no numbers: the other weights start the same
        state = pair(name).state_dict()
        assert all(torch.equal(tensor, state[key]) for key, tensor in plain.items())


@pytest.mark.parametrize("name", NAMES)
def test_images_of_a_batch_mix_in_the_training_of_batch_normalization_alone(name: str) -> None:
    networks, x = pair(name), images(6)
    for training in (True, False):
        networks.train(training)
        with torch.no_grad():
            z = networks["encoder"](x)
            apart = (networks["encoder"](x[:4]) - z[:4]).abs().max()
            apart_pixels = (networks["decoder"](z[:4]) - networks["decoder"](z)[:4]).abs().max()
        mixed = training and name in BATCHNORM
        assert (apart > 1e-3) == mixed
        assert (apart_pixels > 1e-3) == mixed


def test_running_moments_are_those_of_the_maps() -> None:
    encoder, x = pair("conv_batchnorm")["encoder"], images(6)
    convolution, normalization = encoder[0][0], encoder[0][1]
    maps = conv2d(x.double(), convolution.weight.double(), convolution.bias.double(), stride=2, padding=1)
    encoder(x)
    mean, variance = maps.mean((0, 2, 3)).float(), maps.transpose(0, 1).flatten(1).var(1).float()
    torch.testing.assert_close(normalization.running_mean, 0.1 * mean)
    torch.testing.assert_close(normalization.running_var, 0.9 + 0.1 * variance)
    seen = (maps.float() - 0.1 * mean[:, None, None]) / (0.9 + 0.1 * variance + 1e-5).sqrt()[:, None, None]
    torch.testing.assert_close(encoder[0].eval()(x), seen.relu())


def trained(model: AE, steps: int, validation: tuple[Tensor, ...] = ()) -> tuple[dict, list[dict]]:
    """Returns the last figures and the state after each step."""
    states = []
    budget = Budget(
        steps, 16, torch.Generator().manual_seed(0), evaluations=steps,
        look=lambda step: states.append(deepcopy(model.state_dict())),
    )  # fmt: skip
    return train(model, (images(64) * 0.3,), budget, validation), states


def model_of(name: str) -> AE:
    torch.manual_seed(0)
    return AE(SHAPE, D, name, (4, 8), 16, learning_rate=5e-2)


@pytest.mark.parametrize("name", BATCHNORM)
def test_the_best_weights_come_with_their_running_moments(name: str) -> None:
    model = model_of(name)
    # Darkness is learnt, and the validation images are bright: the best step comes before the last.
    bright = (1 - images(32) * 0.3,)
    figures, states = trained(model, 12, bright)
    best = figures["best_step"]
    assert best < 12
    assert all(torch.equal(tensor, states[best - 1][key]) for key, tensor in model.state_dict().items())
    layers = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    # One batch a step: the looks at validation images moved nothing.
    assert layers
    assert {int(layer.num_batches_tracked) for layer in layers} == {best}
    assert any(not torch.equal(t, states[-1][key]) for key, t in model.state_dict().items() if "running" in key)
    assert not model.training
    assert model.validation(bright).item() <= figures["validation"]


def test_the_moving_average_takes_the_running_moments_along() -> None:
    model = model_of("dcgan")
    model.ema = 0.25
    first = deepcopy(model.state_dict())
    _, states = trained(model, 8)
    rate = 1 - math.exp(-1 / 2)
    for key, kept in model.state_dict().items():
        if not kept.is_floating_point():
            assert kept == states[-1][key] == 8
            continue
        average = first[key].double()
        for state in states:
            average = average + rate * (state[key].double() - average)
        torch.testing.assert_close(kept.double(), average, rtol=1e-4, atol=1e-6)


def test_each_variant_has_a_block_that_brings_it_in(root: Path) -> None:
    assert set(import_module(*set(VARIANTS.values())).NETWORKS) == set(VARIANTS)
    blocks = read_yaml(root / "params.yaml")["autoencoders"]
    found = {
        block["network"]: modules("autoencoders", name, block) for name, block in blocks.items() if "network" in block
    }
    assert found.pop("conv") == ["latentpriors.autoencoders.ae"]
    assert found == {name: ["latentpriors.autoencoders.ae", VARIANTS[name]] for name in VARIANTS}
    for name in VARIANTS:
        assert kinds(AE(SHAPE, D, network=name, channels=(4, 8))) == kinds(pair(name))
