"""What reports call their rows beside their names, what is said of a posterior, and the models of the sweep over β."""

__all__ = ["COPYIST", "POSTER", "SWEPT", "UNSWEPT", "VERDICTS"]

COPYIST = ("bootstrap", "copies of training codes")  # the prior, and what every table says of it


# The poster "AdvAE and FlowAE": FCD on MNIST, one run each, in its order.
POSTER = {
    "ae-flow": ("FlowAE", 4.65),
    "ae-wgan": ("AdvAE", 6.03),
    "aae-native": ("AAE", 6.09),
    "vae-native": ("VAE", 8.12),
}

# The models of the sweep over the weight β of the reconstruction, and the one without β that they are seen against.
SWEPT = ("vae", "vae_flow_posterior", "vae_flow_prior", "glf_regularized")
UNSWEPT = "glf"

VERDICTS = ("none", "partial", "full")  # on the collapse of a posterior, from good to bad
