"""Ordinary differential equations on codes: fixed-step solvers, and the log-determinant along a solution."""

__all__ = ["SOLVERS", "divergence", "log_likelihood", "solve", "solve_with_volume", "spread_times"]

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import jvp, vmap

Field = Callable[[Tensor, Tensor], Tensor]

ROWS = 4096  # states, or rows of Jacobians, at once: a million codes fit into memory, and a few into the cache


def solve(field: Field, z: Tensor, times: Tensor, solver: str = "heun", weight: int = 1) -> Tensor:
    """Returns the states (N, D) at the last of the times of dz/dt = field(t, z), z being those at the first.

    Arguments:
        field: The velocity (N, D) of states (N, D) at a time with shape ().
        z: With shape (N, D).
        times: The grid, with shape (S + 1,), in either direction: one step from each time to the next.
        solver: "heun" (second order, two evaluations a step) or "rk4" (fourth order, four evaluations).
        weight: How many rows of memory the velocity of one state takes.

    References:
        | Solving Ordinary Differential Equations I (Hairer, Nørsett and Wanner, 1993)

    Raises:
        ValueError: the solver is unknown.
    """
    if solver not in SOLVERS:
        raise ValueError(f"solver {solver!r} is unknown; choose from {', '.join(SOLVERS)}")
    return torch.cat([_along(field, part, times, SOLVERS[solver][0]) for part in z.split(max(1, ROWS // weight))])


def solve_with_volume(field: Field, z: Tensor, times: Tensor, solver: str = "heun") -> tuple[Tensor, Tensor]:
    r"""Returns the last states (N, D) as `solve` does, and log |det ∂(last) / ∂(first)|, (N,).

    The latter is the integral of the divergence along the solution, by the same solver, so that
    log p_first(z) = log p_last(last) + log |det|.

    References:
        | Neural Ordinary Differential Equations (Chen et al., 2018), for the instantaneous change of variables
    """
    D = z.shape[1]

    def both(t: Tensor, state: Tensor) -> Tensor:
        velocity, rate = divergence(lambda x: field(t, x), state[:, :D])
        return torch.cat([velocity, rate[:, None]], 1)

    ends = solve(both, torch.nn.functional.pad(z, (0, 1)), times, solver, weight=D)
    return ends[:, :D], ends[:, D]


def divergence(function: Callable[[Tensor], Tensor], z: Tensor) -> tuple[Tensor, Tensor]:
    """Returns function(z), (N, D), and the trace of its Jacobian at each code, (N,): exact, by D forward derivatives.

    Arguments:
        function: From (N, D) to (N, D), each row a function of its own row alone.
        z: With shape (N, D).
    """
    axes = torch.eye(z.shape[1], dtype=z.dtype, device=z.device)
    values, slopes = vmap(lambda axis: jvp(function, (z,), (axis.expand_as(z),)))(axes)
    return values[0], slopes.diagonal(dim1=0, dim2=2).sum(1)


def log_likelihood(field: Field, z: Tensor, times: Tensor, solver: str = "heun") -> Tensor:
    """Returns log p(z) in nats, (N,), where the states of codes z (N, D) at the last time are standard normal."""
    noise, volume = solve_with_volume(field, z, times, solver)
    return volume - 0.5 * (noise**2 + math.log(2 * math.pi)).sum(1)


def spread_times(n: int, generator: torch.Generator | None, device: torch.device) -> Tensor:
    """Returns n times in [0, 1), (n,), each of them uniform, and together evenly spread: one in each nth.

    A loss whose size changes with time has less variance over such times than over independent ones.

    References:
        | Variational Diffusion Models (Kingma et al., 2021)
    """
    shift = torch.rand(1, generator=generator, device=device)
    return ((torch.arange(n, device=device) + shift) / n).clamp(max=1 - 1e-6)  # rounding can reach 1


def _along(field: Field, z: Tensor, times: Tensor, step: Callable) -> Tensor:
    for start, end in zip(times[:-1], times[1:], strict=True):
        z = step(field, z, start, end)
    return z


def _heun(field: Field, z: Tensor, start: Tensor, end: Tensor) -> Tensor:
    h = end - start
    first = field(start, z)
    return z + h / 2 * (first + field(end, z + h * first))


def _rk4(field: Field, z: Tensor, start: Tensor, end: Tensor) -> Tensor:
    h, middle = end - start, (start + end) / 2
    k1 = field(start, z)
    k2 = field(middle, z + h / 2 * k1)
    k3 = field(middle, z + h / 2 * k2)
    k4 = field(end, z + h * k3)
    return z + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


SOLVERS = {"heun": (_heun, 2), "rk4": (_rk4, 4)}  # with their evaluations a step
