"""What the poster calls the cells that it has, and prints for them."""

__all__ = ["POSTER"]

# The poster "AdvAE and FlowAE": FCD on MNIST, one run each, in its order.
POSTER = {
    "ae-flow": ("FlowAE", 4.65),
    "ae-wgan": ("AdvAE", 6.03),
    "aae-native": ("AAE", 6.09),
    "vae-native": ("VAE", 8.12),
}
