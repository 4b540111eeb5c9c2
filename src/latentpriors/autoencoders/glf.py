"""Generative Latent Flow: an autoencoder and a flow over its codes, trained side by side."""

__all__ = ["GLF"]

import torch
from torch import Tensor

from ..priors.flow import Flow
from ..training import Player
from .base import Autoencoder, NativePrior, bernoulli_cross_entropy


class GLF(Autoencoder):
    r"""Minimizes −log p(x | z) − log p(stop(z)) with z = encode(x) and a flow p(z): two players, each with its term.

    −log p(x | z) is the Bernoulli cross-entropy, which encoder and decoder minimize. The flow minimizes −log p(z) of
    codes whose gradient is stopped, with a little noise on them. Without the stop (regularized GLF) encoder and decoder
    minimize β · reconstruction − log p(z), and the encoder can lower the second term without end by making its codes
    small. The native prior is the flow, in raw code space. Its couplings scale freely: those of `glf_flow` cannot
    widen noise, and codes that nothing holds to unit variance are wider.

    References:
        | Generative Latent Flow (Xiao et al., 2019)

    Arguments:
        stop_gradient: Whether the codes that the flow sees pass no gradient to the encoder.
        beta: β, the weight of the reconstruction where there is no stop.
        transforms, flow_hidden: Of the flow.
        noise_scale: The standard deviation of the noise on the flow's training codes, in units of the codes' own.
        flow_learning_rate, flow_weight_decay: Of AdamW for the flow.
    """

    turns = ("reconstruction", "flow")

    def __init__(
        self,
        *args,
        stop_gradient: bool = True,
        beta: float = 1.0,
        transforms: int = 12,
        flow_hidden: tuple[int, ...] = (128, 128),
        noise_scale: float = 0.1,
        flow_learning_rate: float = 4e-3,
        flow_weight_decay: float = 0.1,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.stop_gradient, self.beta, self.noise_scale = stop_gradient, beta, noise_scale
        self.arguments = {"transforms": transforms, "hidden": list(flow_hidden)}
        self.prior = Flow(self.latent, **self.arguments)
        self.flow_learning_rate, self.flow_weight_decay = flow_learning_rate, flow_weight_decay

    def forward(self, batch: tuple[Tensor, ...], turn: str) -> Tensor:
        if turn == "flow":
            with torch.no_grad():
                z = self.codes(batch[0]).float()
            return -self.prior.log_prob(z + self.noise_scale * z.std(0, correction=0) * self.noise(*z.shape)).mean()
        z = self.codes(batch[0]).float()
        reconstruction = bernoulli_cross_entropy(batch[0], self.decoder(z)).mean()
        return reconstruction if self.stop_gradient else self.beta * reconstruction - self.prior.log_prob(z).mean()

    def players(self) -> dict[str, Player]:
        flow = Player(self.prior.parameters(), self.flow_learning_rate, weight_decay=self.flow_weight_decay)
        return super().players() | {"flow": flow}

    def validation(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Returns the reconstruction in nats, as for the plain autoencoder, or without the stop β times it + NLL.

        With the stop nothing minimizes their sum: the codes widen as they learn, so that it is least early on.
        """
        terms = self.terms(batch)
        reconstruction = terms["reconstruction"].mean()
        return reconstruction if self.stop_gradient else self.beta * reconstruction + terms["nll"].mean()

    def terms(self, batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """Returns −log p(x | z) as `reconstruction` and −log p(z) as `nll` in nats, (N,); there is no posterior."""
        z = self.codes(batch[0]).float()
        reconstruction = bernoulli_cross_entropy(batch[0], self.decoder(z))
        return {"reconstruction": reconstruction, "nll": -self.prior.log_prob(z.detach() if self.stop_gradient else z)}

    def native(self) -> NativePrior:
        return NativePrior("flow", self.arguments, self.prior.state_dict())
