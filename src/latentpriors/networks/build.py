"""Encoders and decoders by the names of their networks."""

__all__ = ["NETWORKS", "VARIANTS", "build_decoder", "build_encoder"]

from collections.abc import Callable
from importlib import import_module

from torch import nn

from .conv import ConvDecoder, ConvEncoder
from .mlp import MLPDecoder, MLPEncoder

NETWORKS = {"conv": (ConvEncoder, ConvDecoder), "mlp": (MLPEncoder, MLPDecoder)}

# The module of each of the others: imported where a block of params.yaml names it, so that only that block's results
# rest on it.
VARIANTS = dict.fromkeys(("conv_batchnorm", "conv_plain", "all_conv", "dcgan"), "latentpriors.networks.variants")


def build_encoder(
    network: str, shape: tuple[int, int, int], outputs: int, channels: list[int], hidden: int
) -> nn.Module:
    """Returns a network from images (N, C, H, W) to (N, outputs)."""
    return _pair(network)[0](shape, outputs, channels, hidden)


def build_decoder(
    network: str, shape: tuple[int, int, int], inputs: int, channels: list[int], hidden: int
) -> nn.Module:
    """Returns a network from codes (N, inputs) to the logits of pixels (N, C, H, W)."""
    return _pair(network)[1](shape, inputs, channels, hidden)


def _pair(network: str) -> tuple[Callable[..., nn.Module], Callable[..., nn.Module]]:
    if network in NETWORKS:
        return NETWORKS[network]
    if network not in VARIANTS:
        raise ValueError(f"network {network!r} is unknown; choose from {', '.join([*NETWORKS, *VARIANTS])}")
    return import_module(VARIANTS[network]).NETWORKS[network]
