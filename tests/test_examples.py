"""The examples in docstrings: they hold, and nothing that should have one lacks it."""

import doctest
import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from latentpriors import choices, metrics, over_seeds, runs, training
from latentpriors.priors.base import FittedPrior, Standardization
from latentpriors.studies import clusters, detection

FUNCTIONS = [getattr(metrics, name) for name in metrics.__all__ if not inspect.isclass(getattr(metrics, name))]
SHOWN = [
    *FUNCTIONS,
    FittedPrior,
    Standardization,
    choices.unknown,
    over_seeds.merged,
    runs.seed,
    runs.value,
    clusters.cluster_labels,
    detection.smallest,
    training.Protocol,
    training.evaluate,
    training.train,
]
MODULES = [importlib.import_module(name) for name in sorted({shown.__module__ for shown in SHOWN})]


@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: shown.__name__)
def test_has_an_example(shown: Callable) -> None:
    examples = doctest.DocTestParser().get_examples(shown.__doc__)
    assert any(example.want for example in examples), f"the docstring of {shown.__name__} shows no result"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_examples_hold(module: ModuleType) -> None:
    # Not `doctest.testmod`, which passes over what a decorator such as `torch.no_grad` wraps.
    finder, runner = doctest.DocTestFinder(exclude_empty=True), doctest.DocTestRunner()
    for name in module.__all__:
        public = getattr(module, name)
        if callable(public):
            for test in finder.find(inspect.unwrap(public), name, module):
                runner.run(test)
    assert runner.tries > 0
    assert runner.failures == 0, "the captured output says which"


def test_no_example_goes_unrun(root: Path) -> None:
    with_examples = {path for path in root.glob("src/**/*.py") if ">>> " in path.read_text(encoding="utf-8")}
    assert with_examples == {Path(module.__file__) for module in MODULES}
