"""Encoders, decoders, multilayer perceptrons and the classifier: architectures without losses."""

__all__ = ["MLP", "NETWORKS", "VARIANTS", "Classifier", "build_decoder", "build_encoder"]

from .build import NETWORKS, VARIANTS, build_decoder, build_encoder
from .classifier import Classifier
from .mlp import MLP
