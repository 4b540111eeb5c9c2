"""Which way of sampling an autoencoder's latent space makes the best images?"""

__version__ = "0.1.0"
