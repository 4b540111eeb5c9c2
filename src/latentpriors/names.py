"""What rows are called beside their names: the poster's names with its figures, and the copyist's mark."""

__all__ = ["COPYIST", "POSTER"]

COPYIST = ("bootstrap", "copies of training codes")  # the prior, and what every table says of it


# The poster "AdvAE and FlowAE": FCD on MNIST, one run each, in its order.
POSTER = {
    "ae-flow": ("FlowAE", 4.65),
    "ae-wgan": ("AdvAE", 6.03),
    "aae-native": ("AAE", 6.09),
    "vae-native": ("VAE", 8.12),
}
