"""The known densities against quadrature, SciPy and their own samples, and what is graded by them."""

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import chi2, kstest, multivariate_normal, norm

from latentpriors.priors.base import FittedPrior, Prior, Standardization
from latentpriors.priors.gaussian import Gaussian
from latentpriors.priors.native import Native
from latentpriors.report.exact import exact
from latentpriors.studies import exact_grades
from latentpriors.studies.densities import DENSITIES, Blobs, Density, Normal, Rings, Roll
from latentpriors.studies.exact import codes_of, figures_of_fit, integral, verdicts
from latentpriors.studies.exact_grades import grade
from latentpriors.training import Budget


@pytest.fixture(params=list(DENSITIES))
def truth(request: pytest.FixtureRequest) -> Density:
    return DENSITIES[request.param]


def test_sampling_follows_the_seed(truth: Density) -> None:
    z = truth.sample(50, 3)
    assert z.shape == (50, truth.dim)
    assert (z == truth.sample(50, 3)).all()
    assert (z != truth.sample(50, 4)).any()
    assert truth.log_prob(truth.sample(0, 0)).shape == (0,)


@pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros((2, 7)), np.full((1, 2), np.nan)])
def test_wrong_codes_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"finite ones of shape \(N, 2\)"):
        Rings().log_prob(wrong)


@pytest.mark.parametrize("name", ["rings", "mixture"])
def test_density_in_the_plane_integrates_to_one_and_has_its_samples_histogram(name: str) -> None:
    """Codes are counted in squares, against the density's mass there: Pearson's chi-squared."""
    truth, n, fine = DENSITIES[name], 100_000, 6
    edges = np.linspace(-6, 6, 61)
    middles = np.linspace(-6, 6, 60 * fine + 1)[:-1] + 6 / (60 * fine)
    density = np.exp(truth.log_prob(np.stack(np.meshgrid(middles, middles, indexing="ij"), -1).reshape(-1, 2)))
    mass = density.reshape(60, fine, 60, fine).sum((1, 3)) * (12 / 60 / fine) ** 2
    assert mass.sum() == pytest.approx(1, abs=1e-6)
    counts = np.histogram2d(*truth.sample(n, 0).T, bins=[edges, edges])[0]
    likely = n * mass > 5
    statistic = ((counts - n * mass)[likely] ** 2 / (n * mass)[likely]).sum()
    assert chi2.sf(statistic, likely.sum()) > 1e-3
    assert counts[~likely].sum() < n * mass[~likely].sum() + 5 * math.sqrt(n * mass[~likely].sum()) + 5


def test_density_of_the_roll_is_the_integral_along_it() -> None:
    truth = Roll()
    z = truth.sample(40, 0) + np.random.default_rng(0).normal(size=(40, 3)) * 0.1

    def line(t: float, x: float, y: float) -> float:
        square = (x - t * math.cos(t) / 5) ** 2 + (y - t * math.sin(t) / 5) ** 2
        return math.exp(-0.5 * square / 0.1**2) / (2 * math.pi * 0.1**2) / (3 * math.pi)

    pieces = np.linspace(1.5 * math.pi, 4.5 * math.pi, 61)
    for (x, y, h), found in zip(z, truth.log_prob(z), strict=True):
        plane = sum(quad(line, a, b, (x, y), epsabs=0, epsrel=1e-12)[0] for a, b in pairwise(pieces))
        height = (norm.cdf(h / 0.1) - norm.cdf((h - 3) / 0.1)) / 3
        assert found == pytest.approx(math.log(plane * height), abs=1e-8)


def test_density_of_the_roll_keeps_its_digits_far_from_it() -> None:
    found = Roll().log_prob(np.array([[1.0, 0.0, 3.0 + d] for d in (-1.5, 1.0, 2.0)]))
    assert np.isfinite(found).all()
    assert found[1] - found[0] == pytest.approx(norm.logsf(10), abs=1e-6)
    assert found[2] - found[0] == pytest.approx(norm.logsf(20), abs=1e-6)


def test_samples_of_the_roll_follow_its_density() -> None:
    """The density's mass in the parts of a box, by uniform points, against the counts of samples there."""
    truth, random = Roll(), np.random.default_rng(0)
    low, high = np.array([-3.2, -3.4, -0.5]), np.array([3.3, 3.2, 3.5])
    box, z = random.uniform(low, high, (40_000, 3)), truth.sample(10_000, 0)
    values = np.exp(truth.log_prob(box)) * np.prod(high - low)
    assert values.mean() == pytest.approx(1, abs=4 * values.std() / 200)
    for part in (lambda c: c[:, 0] > 0, lambda c: np.hypot(c[:, 0], c[:, 1]) < 1.8, lambda c: c[:, 2] < 0.1):
        inside = values * part(box)
        assert inside.mean() == pytest.approx(part(z).mean(), abs=4 * inside.std() / 200 + 0.02)


def test_normal_and_mixture_agree_with_scipy() -> None:
    truth = Normal()
    z = truth.sample(100_000, 0)
    assert truth.log_prob(z[:50]) == pytest.approx(multivariate_normal(truth.mean, truth.covariance).logpdf(z[:50]))
    assert np.abs(np.cov(z.T) - truth.covariance).max() < 0.1
    assert np.linalg.eigvalsh(truth.covariance)[[0, -1]] == pytest.approx([0.1, 10])
    blobs = Blobs()
    z = blobs.sample(30, 0)
    parts = [
        w * multivariate_normal(m, f @ f.T).pdf(z)
        for w, m, f in zip(blobs.weights, blobs.means, blobs.factors, strict=True)
    ]
    assert blobs.log_prob(z) == pytest.approx(np.log(sum(parts)))


def test_one_ring_without_radius_is_a_gaussian() -> None:
    z = Rings((0.0,), noise=0.7).sample(5000, 0)
    expected = multivariate_normal(np.zeros(2), 0.49 * np.eye(2)).logpdf(z)
    assert Rings((0.0,), noise=0.7).log_prob(z) == pytest.approx(expected)
    assert kstest((z**2).sum(1) / 0.49, "chi2", (2,)).pvalue > 1e-3


def fitted(density: str, prior: Prior) -> dict:
    """The figures of a prior on codes of a density, with the NLL of the density that it has by construction."""
    truth, dim = DENSITIES[density], DENSITIES[density].dim
    codes = codes_of(truth, 3000, 500, 2000, 0)
    z = {key: (codes[key] - codes["mean"]) / codes["scale"] for key in ("train", "validation", "test")}
    prior.fit(z["train"], z["validation"], Budget(1, 10, torch.Generator().manual_seed(0)))
    nll = -float(prior.log_prob(z["test"]).mean()) + float(codes["scale"].log().sum())
    assert codes["train"].shape == (3000, dim)
    whole = FittedPrior(prior, Standardization(codes["mean"], codes["scale"]), {})
    return figures_of_fit(whole, truth, codes, nll, 1)[0]


def test_a_gaussian_has_no_divergence_from_a_gaussian_and_much_from_rings() -> None:
    right, wrong = fitted("gaussian", Gaussian(16)), fitted("rings", Gaussian(2))
    assert right["kl"] == pytest.approx(16 * 19 / 2 / 2 / 3000, abs=0.02)  # half a parameter's worth for each code
    assert right["sliced_wasserstein"] == pytest.approx(right["sliced_wasserstein_floor"], abs=0.02)
    assert wrong["kl"] > 0.8
    assert wrong["sliced_wasserstein"] == pytest.approx(wrong["sliced_wasserstein_gaussian"], abs=0.03)
    assert wrong["integral"] == pytest.approx(1, abs=1e-4)
    assert "integral" not in right
    passed, failed = verdicts("gaussian", "gaussian", right), verdicts("gaussian", "rings", wrong)
    assert (passed["sliced_wasserstein_passes"], passed["kl_passes"]) == (True, True)
    assert (failed["sliced_wasserstein_passes"], failed["integral_passes"]) == (False, True)
    assert "kl_passes" not in failed  # no Gaussian is a ring


def test_a_density_that_does_not_integrate_to_one_is_seen() -> None:
    class Heavy(Native):
        def log_prob(self, z: torch.Tensor) -> torch.Tensor:
            return super().log_prob(z) + math.log(1.5)

    assert integral(Native(2)) == pytest.approx(1, abs=1e-5)
    assert integral(Heavy(2)) == pytest.approx(1.5, abs=1e-5)


def test_metrics_are_right_about_shifts_that_are_known() -> None:
    rows = grade("gaussian", 1000, 0)
    assert [row["shift"] for row in rows] == [0.0, 0.1, 0.3, 1.0]
    assert all(row["sliced_wasserstein_passes"] for row in rows)
    assert rows[0]["two_sample_best"] == 0.5
    truth = DENSITIES["gaussian"]
    shift = np.sqrt(np.diag(truth.covariance))
    distance = math.sqrt(shift @ np.linalg.solve(truth.covariance, shift))  # Mahalanobis, of a shift of 1
    assert rows[1]["two_sample_best"] == pytest.approx(norm.cdf(0.1 * distance / 2), abs=0.02)


def test_a_metric_that_is_wrong_is_graded_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact_grades, "sliced_wasserstein", lambda a, b: 0.05)
    monkeypatch.setattr(exact_grades, "two_sample_test", lambda a, b: 0.5)
    rows = grade("rings", 500, 0)
    assert [row["sliced_wasserstein_passes"] for row in rows] == [True, False, False, False]
    assert [row["two_sample_passes"] for row in rows] == [True, True, False, False]


def test_page_of_the_exact_answers(tmp_path: Path) -> None:
    figures = {}
    for name, offset in (("gmm", 0.0), ("gaussian", 0.2), ("wgan", 0.05)):
        figures[name] = {}
        for density in DENSITIES:
            row = {"sliced_wasserstein": 0.02 + offset, "two_sample_accuracy": 0.5, "yardstick": False}
            row |= {f"sliced_wasserstein_{other}": 0.1 for other in ("floor", "gaussian", "normal")}
            row |= {"parameters": 3.0, "steps": 0.0}
            row |= {"nll": 1.0, "entropy": 0.9, "kl": 0.1 + offset} if name != "wgan" else {}
            figures[name][density] = row | verdicts(name, density, row)
        (tmp_path / f"{name}.json").write_text(json.dumps(figures[name]))
        points = [pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, 1.0], "density": density}) for density in DENSITIES]
        pd.concat(points).to_csv(tmp_path / f"{name}.csv", index=False)
    rows = [row for density in ("rings", "gaussian") for row in grade(density, 200, 0)]
    (tmp_path / "grades.json").write_text(json.dumps({"rows": rows}))
    costs = {"vae": [1.7, 1.7, 1.73], "avb": [1.4, 1.43, 1.76]}
    own = {
        name: {"negative_elbo": np.mean(each), "negative_elbo_by_seed": each, "nll": 1.39, "mismatch": 0.1}
        for name, each in costs.items()
    }
    own["avb"]["said"] = 1.38
    (tmp_path / "four_points.json").write_text(json.dumps({"best": math.log(4), "autoencoders": own}))
    codes = pd.DataFrame(np.random.default_rng(0).normal(size=(80, 2)), columns=["x", "y"])
    codes = codes.assign(label=np.arange(80) % 4, autoencoder=np.repeat(["vae", "avb"], 40))
    codes.to_csv(tmp_path / "four_points.csv", index=False)
    out = tmp_path / "page"
    out.mkdir()
    text = exact(["gaussian", "wgan", "gmm"], tmp_path, out)
    assert [line.split("|")[1].strip() for line in text.splitlines()[2:]] == ["gmm", "wgan", "gaussian"]
    page = (out / "report.md").read_text()
    assert "**1 of 3 priors** do all that is asked of them: gmm." in page
    assert "More than 0.1 nats from a density that their family contains are gaussian on the gaussian (0.30)" in page
    assert {path.name for path in out.glob("*.png")} == {
        f"{n}.png" for n in ("distances", "grades", "rings", "mixture", "roll", "posteriors")
    }
    assert "no −ELBO is below 1.386 nats" in page
    assert "vae 1.710 (best seed 1.700, worst 1.730); avb 1.530 (best seed 1.400, worst 1.760)." in page
    row = next(line for line in page.splitlines() if line.startswith("| avb"))
    expected = ["1.530", "1.400 to 1.760", "1.390", "0.140", "0.100", "1.380"]
    assert [cell.strip() for cell in row.split("|")[2:-1]] == expected
    assert 'id="all-figures"' in (out / "report.html").read_text()
