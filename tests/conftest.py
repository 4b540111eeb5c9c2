"""Fixtures: seeds, and where things are."""

import sys
from pathlib import Path

import pytest
import torch

# Tiny networks: threads would only wait for each other.
torch.set_num_threads(1)

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "stages"), str(ROOT / "tools"), str(ROOT / "tests")]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(1)
