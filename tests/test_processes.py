"""Work side by side comes out the same on systems that lack what Linux has."""

import os
import sys

import pytest
import torch

from latentpriors.processes import processors, side_by_side


def test_processors_are_counted_where_there_is_no_affinity(monkeypatch: pytest.MonkeyPatch) -> None:
    before = processors()
    assert 1 <= before <= os.cpu_count()
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)  # as on macOS
    assert processors() >= before


def test_where_a_fork_is_not_safe_the_figures_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def figure(index: int) -> tuple[int, int, float]:
        noise = torch.randn(1000, generator=torch.Generator().manual_seed(index))
        return os.getpid(), torch.get_num_threads(), float(noise.sin().sum())

    forked = side_by_side(figure, range(2), "cpu")
    monkeypatch.setattr(sys, "platform", "darwin")
    here = side_by_side(figure, range(2), "cpu")
    assert {process for process, *_ in here} == {os.getpid()}
    assert [found[1:] for found in here] == [found[1:] for found in forked]
