"""Ordinary differential equations that carry codes to noise: fixed-step solvers, and the density of the codes."""

__all__ = ["SOLVERS", "divergence", "log_likelihood", "solve", "spread_times", "warped"]

import itertools
import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.func import jvp, vmap

Field = Callable[[Tensor, Tensor], Tensor]  # from a time () and states (N, D) to velocities (N, D)

ROWS = 4096  # states, or rows of their Jacobians, at once: a million codes fit into memory, and a part into the cache


def solve(field: Field, z: Tensor, times: Tensor, solver: str) -> Tensor:
    """Returns the states (N, D) at the last of the times of dz/dt = field(t, z), where those at the first are z.

    Arguments:
        field: The velocities (N, D) of states (N, D) at a time ().
        z: With shape (N, D).
        times: The grid, with shape (steps + 1,), in either direction: one step from each time to the next.
        solver: "heun" (second order, two evaluations a step) or "rk4" (fourth order, four evaluations a step).

    References:
        | Solving Ordinary Differential Equations I (Hairer, Nørsett and Wanner, 1993)

    Raises:
        ValueError: the solver is unknown.
    """
    if solver not in SOLVERS:
        raise ValueError(f"solver {solver!r} is unknown; choose from {', '.join(SOLVERS)}")
    return torch.cat([_along(field, part, times, SOLVERS[solver][0]) for part in z.split(ROWS)])


def log_likelihood(field: Field, z: Tensor, start: float, end: float, nodes: int) -> Tensor:
    r"""Returns log p(z) in nats, (N,), of codes z (N, D) whose states at the time `end` are standard normal.

    log p(z) = log N(state(end); 0, I) + ∫ tr ∂field/∂state dt, from `start` to `end` along the solution from z. The
    integral is by Gauss and Legendre's rule, which takes a third of the traces that a solver of the same accuracy would
    take; from node to node the solution goes by a step of the method "rk4".

    References:
        | Neural Ordinary Differential Equations (Chen et al., 2018), for the instantaneous change of variables

    Arguments:
        field: The velocities (N, D) of states (N, D) at a time ().
        z: With shape (N, D).
        start, end: The times of codes and of noise.
        nodes: At how many times the trace is taken.
    """
    points, weights = np.polynomial.legendre.leggauss(nodes)
    grid = start + (end - start) * (np.concatenate([[-1.0], points, [1.0]]) + 1) / 2
    weights, times = weights * (end - start) / 2, torch.as_tensor(grid).to(z)
    found = []
    for state in z.split(max(1, ROWS // z.shape[1])):
        volume = state.new_zeros(len(state))
        for weight, now, then in zip(weights, times[:-2], times[1:-1], strict=True):
            state = _rk4(field, state, now, then)
            volume = volume + float(weight) * divergence(lambda x, t=then: field(t, x), state)
        state = _rk4(field, state, times[-2], times[-1])
        found.append(volume - 0.5 * (state**2 + math.log(2 * math.pi)).sum(1))
    return torch.cat(found)


def divergence(function: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
    """Returns the trace of the Jacobian of function at each code, (N,): exact, by D forward derivatives.

    Arguments:
        function: From (N, D) to (N, D), each row a function of its own row alone.
        z: With shape (N, D).
    """
    axes = torch.eye(z.shape[1], dtype=z.dtype, device=z.device)
    slopes = vmap(lambda axis: jvp(function, (z,), (axis.expand_as(z),))[1])(axes)
    return slopes.diagonal(dim1=0, dim2=2).sum(1)


def spread_times(n: int, generator: torch.Generator | None, device: torch.device) -> Tensor:
    """Returns n times in [0, 1), (n,), each of them uniform, and together evenly spread: one in each nth.

    A loss whose size changes with time has less variance over such times than over independent ones.

    References:
        | Variational Diffusion Models (Kingma et al., 2021)
    """
    shift = torch.rand(1, generator=generator, device=device)
    return ((torch.arange(n, device=device) + shift) / n).clamp(max=1 - 1e-6)  # rounding can reach 1


def warped(start: float, end: float, steps: int, like: Tensor) -> Tensor:
    """Returns steps + 1 times from start to end, closer together near the start, where codes have their details."""
    ramp = torch.linspace(0, 1, steps + 1, dtype=torch.float64, device=like.device)
    return (start + (end - start) * ramp**1.5).to(like)


def _along(field: Field, z: Tensor, times: Tensor, step: Callable) -> Tensor:
    for now, then in itertools.pairwise(times):
        z = step(field, z, now, then)
    return z


def _heun(field: Field, z: Tensor, now: Tensor, then: Tensor) -> Tensor:
    h, first = then - now, field(now, z)
    return z + h / 2 * (first + field(then, z + h * first))


def _rk4(field: Field, z: Tensor, now: Tensor, then: Tensor) -> Tensor:
    h, middle = then - now, (now + then) / 2
    k1 = field(now, z)
    k2 = field(middle, z + h / 2 * k1)
    k3 = field(middle, z + h / 2 * k2)
    k4 = field(then, z + h * k3)
    return z + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


SOLVERS = {"heun": (_heun, 2), "rk4": (_rk4, 4)}  # with their evaluations a step
