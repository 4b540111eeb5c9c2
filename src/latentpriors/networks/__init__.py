"""Encoders, decoders, multilayer perceptrons and the classifier: architectures without losses."""

__all__ = ["MLP", "NETWORKS", "Classifier", "build_decoder", "build_encoder"]

from collections.abc import Callable
from importlib import import_module

from torch import nn

from .classifier import Classifier
from .conv import ConvDecoder, ConvEncoder
from .mlp import MLP, MLPDecoder, MLPEncoder

NETWORKS = {"conv": (ConvEncoder, ConvDecoder), "mlp": (MLPEncoder, MLPDecoder)}


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
    # By name, so that what uses none of them does not depend on them: a method that does imports `variants` itself.
    variants = import_module(".variants", __name__).VARIANTS
    if network not in variants:
        raise ValueError(f"network {network!r} is unknown; choose from {', '.join([*NETWORKS, *variants])}")
    return variants[network]
