"""Moderated variances against limma, whose method they are, and their prior against an integral by SciPy."""

import numpy as np
import pytest
from scipy import integrate, stats

from latentpriors.metrics.moderation import FREEDOMS, VariancePrior, prior_of_variances

VARIANCES = np.array([0.012, 0.004, 0.09, 0.031, 0.0009, 0.05, 0.02, 0.015, 0.3, 0.007, 0.04, 0.011])

# By limma 3.54.1 in R 4.2.2: `s <- squeezeVar(VARIANCES, df)`, then s$df.prior, s$var.prior and s$var.post. It finds
# the prior by moments of log variances, where this project takes a limit of its likelihood; the rest is the same.
LIMMA = {
    2: (4.06300098345, 0.025338769614, [
        0.0209387143772, 0.0182997571935, 0.0466685469182, 0.0272062376885, 0.0172771612848, 0.0334737609997,
        0.0235776715609, 0.0219283233211, 0.1159411729901, 0.0192893661374, 0.0301750645201, 0.0206088447293,
    ]),
    4: (2.0104633434, 0.0137013541592, [
        0.01256909259334, 0.00724504381844, 0.06447856814862, 0.02521370843373, 0.00518197491817, 0.03785832427412,
        0.01789314136824, 0.01456561088393, 0.20423484848977, 0.00924156210903, 0.03120326330550, 0.01190358649648,
    ]),
    9: (1.73688781751, 0.0105910523187, [
        0.01177207696450, 0.00506622316182, 0.07715415154064, 0.02769847974587, 0.00246770481328, 0.04362488252723,
        0.01847793076718, 0.01428677214051, 0.25318281386100, 0.00758091833782, 0.03524256527388, 0.01093384523917,
    ]),
}  # fmt: skip


def likelihood(d0: float, freedom: int) -> float:
    """The logarithm of the likelihood of d0, log s0² integrated out."""
    middle = np.log(VARIANCES).mean()

    def density(center: float) -> float:
        ratio = VARIANCES / np.exp(center)
        return float(np.exp((stats.f.logpdf(ratio, freedom, d0) + np.log(ratio)).sum() + 20))

    return float(np.log(integrate.quad(density, middle - 6, middle + 6, points=[middle], limit=200)[0]))


@pytest.mark.parametrize("freedom", LIMMA)
def test_variances_are_shrunk_as_by_limma(freedom: int) -> None:
    d0, variance, posterior = LIMMA[freedom]
    moderated, total = VariancePrior(d0, variance).moderated(VARIANCES, freedom)
    assert moderated == pytest.approx(posterior, rel=1e-10)
    assert total == pytest.approx(d0 + freedom)


@pytest.mark.parametrize("freedom", LIMMA)
def test_the_prior_is_where_an_integral_of_the_likelihood_has_it(freedom: int) -> None:
    found = np.array([likelihood(d0, freedom) for d0 in FREEDOMS])
    assert prior_of_variances(VARIANCES, [freedom] * 12, 0.5).freedom == pytest.approx(FREEDOMS[found.argmax()])
    # A one-sided limit of 95% is where twice the logarithm is below its largest by the 90% point of chi squared.
    inside = found >= found.max() - stats.chi2.isf(0.1, 1) / 2
    assert prior_of_variances(VARIANCES, [freedom] * 12).freedom == pytest.approx(FREEDOMS[inside.argmax()])
    # limma's estimate is another one of the same quantity, not excluded by this likelihood.
    assert inside[np.abs(np.log(FREEDOMS / LIMMA[freedom][0])).argmin()]
