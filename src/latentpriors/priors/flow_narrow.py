"""The coupling flow at the size that GLF and the VAE with a flow prior train along with their autoencoders."""

__all__ = ["NarrowFlow"]

from .flow import Flow


class NarrowFlow(Flow):
    """`flow` as it was before its trials: what two stages make of a flow as small as a joint one.

    Arguments: those of `flow`.
    """
