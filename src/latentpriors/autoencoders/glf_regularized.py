"""Generative Latent Flow without the stopped gradient."""

__all__ = ["GLFRegularized"]

from .glf import GLF


class GLFRegularized(GLF):
    r"""Minimizes −β log p(x | z) − log p(z) with z = encode(x) and a flow p(z), over encoder, decoder and flow.

    −log p(z) has no bound as the codes shrink; β says how dear the reconstruction holds their spread.

    References:
        | Generative Latent Flow (Xiao et al., 2019), its regularized GLF

    Arguments:
        beta: β.
        transforms, flow_hidden: Of the flow.
        noise_scale: The standard deviation of the noise on the flow's training codes, in units of the codes' own.
        flow_learning_rate, flow_weight_decay: Of AdamW for the flow.
    """

    def __init__(
        self,
        *args,
        beta: float = 10.0,
        transforms: int = 12,
        flow_hidden: tuple[int, ...] = (128, 128),
        noise_scale: float = 0.1,
        flow_learning_rate: float = 4e-3,
        flow_weight_decay: float = 0.1,
        **kwargs,
    ):
        super().__init__(
            *args, stop_gradient=False, beta=beta, transforms=transforms, flow_hidden=flow_hidden,
            noise_scale=noise_scale, flow_learning_rate=flow_learning_rate, flow_weight_decay=flow_weight_decay,
            **kwargs,
        )  # fmt: skip
