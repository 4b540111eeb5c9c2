"""The models of the sweep over the weight β of the reconstruction, and the one without β that they are seen against."""

__all__ = ["SWEPT", "UNSWEPT"]

SWEPT = ("vae", "vae_flow_posterior", "vae_flow_prior", "glf_regularized")
UNSWEPT = "glf"
