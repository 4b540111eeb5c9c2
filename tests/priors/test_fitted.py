"""A fitted prior takes arrays and tensors of its own dimension, and says what else it is given."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from latentpriors.priors import FittedPrior

CODES = np.random.default_rng(0).normal(size=(60, 3))


@pytest.fixture(scope="module")
def prior() -> FittedPrior:
    return FittedPrior.fit("gaussian", CODES)


@pytest.mark.parametrize("name", ["log_prob", "to_noise", "from_noise"])
def test_rows_come_as_arrays_or_tensors_of_its_dimension(prior: FittedPrior, name: str) -> None:
    call = getattr(prior, name)
    assert torch.equal(call(CODES), call(torch.from_numpy(CODES).float()))
    for bad in (CODES[:, :1], torch.ones(4, 1), torch.ones(4, 2), torch.ones(3), torch.ones(2, 4, 3)):
        with pytest.raises(ValueError, match=r"shape .*"):
            call(bad)


def test_a_mask_is_not_passed_over(prior: FittedPrior) -> None:
    masked = np.ma.masked_greater(CODES, 1)
    for call in (prior.log_prob, lambda codes: FittedPrior.fit("gaussian", codes)):
        with pytest.raises(ValueError, match="the codes are masked in places"):
            call(masked)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: FittedPrior.fit("flow", CODES, hiden=[8]), "flow has no hiden; it has transforms, hidden"),
        (lambda: FittedPrior.fit("native", CODES, dim=4), "native has no dim; it has none"),
        (lambda: FittedPrior.fit("flow", CODES, steps=0), "steps are 0 and batch_size is 256; at least 1"),
        (lambda: FittedPrior.fit("flow", CODES, batch_size=0), "batch_size is 0"),
        (lambda: FittedPrior.fit("gmm", CODES, validation=CODES[:, :1]), "and those for validation 1"),
        (lambda: FittedPrior.fit("native", CODES).sample(-1), "-1 samples"),
    ],
)
def test_what_cannot_be_fitted_or_drawn_is_said(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
