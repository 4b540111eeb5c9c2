"""Sizes of methods for tests."""

__all__ = ["SMALL"]

# What makes a method small enough for a test, where its defaults are not.
SMALL = {
    "diffusion": {"hidden": 16, "blocks": 1, "steps": 4, "nodes": 4},
    "ebm": {"hidden": [16], "langevin_steps": 4},
    "flow_matching": {"hidden": 16, "blocks": 1, "steps": 4, "nodes": 4},
    "flow": {"transforms": 4, "hidden": [16]},
    "gmm": {"components": [2, 4]},
    "maf": {"transforms": 2, "hidden": [16]},
    "nsf": {"transforms": 2, "hidden": [16], "bins": 4},
    "planar": {"transforms": 4},
    "glf_flow": {"hidden": [16]},
    "gan": {"hidden": [16]},
    "wgan": {"hidden": [16]},
    "rbm": {"hidden": 8, "chains": 20, "gibbs_steps": 5},
    "aae": {"critic_hidden": [16]},
    "aae_target": {"critic_hidden": [16]},
    "aae_learned": {"code_hidden": [16]},
    "avb": {"terms": 2, "noise_hidden": [8], "critic_hidden": [16]},
    "vamp": {"pseudo_inputs": 4},
    "glf": {"transforms": 2, "flow_hidden": [16]},
    "vae_flow_posterior": {"transforms": 2, "flow_hidden": [16]},
    "vae_flow_prior": {"transforms": 2, "flow_hidden": [16]},
    "cvae": {"classes": 4},
}
