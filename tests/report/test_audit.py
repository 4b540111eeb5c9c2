"""The audit on a fixture: what it says of designs whose spread is known, and of a metric that fails its test."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from latentpriors.evaluation.previews import save_grid
from latentpriors.report.audit import audit
from latentpriors.report.plots.variance import share_bars
from latentpriors.report.sections.variance import least_table, poster_steps, variance_words
from latentpriors.studies.corruptions import CORRUPTIONS
from latentpriors.studies.metric_check import STRENGTHS, spearman
from latentpriors.studies.variance import decomposition

CURVES = pd.DataFrame(
    [(name, s, 0.5 + 100 * s) for name in CORRUPTIONS for s in STRENGTHS], columns=["corruption", "strength", "fcd"]
)


def design(autoencoder: float, classifier: float) -> dict:
    """The decomposition of a design with these standard deviations of log FCD, and 1% of noise."""
    rng = np.random.default_rng(0)
    log = autoencoder * np.array([-1, 0, 1]).reshape(3, 1, 1, 1, 1)
    log = log + classifier * np.array([-1, 0, 1]).reshape(1, 1, 1, 3, 1) + 0.01 * rng.normal(size=(3, 2, 2, 3, 2))
    return decomposition(3 * np.exp(log))


DECOMPOSED = {"ae-flow": design(0.02, 0.2), "ae-gmm": design(0.3, 0.01)}


def checked(curves: pd.DataFrame) -> dict:
    ranks = spearman(curves)
    return {
        "spearman": ranks, "spearman_least": min(ranks.values()),
        "relative_change": {"order": 2e-13, "batch_size": 0.0},
        "implementations_difference": {"logits": 2e-12, "penultimate": 5e-12},
        "strengths": list(STRENGTHS), "n_samples": 400,
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shared = tmp_path / "digits"
    (shared / "variance").mkdir(parents=True)
    (shared / "metric_check").mkdir()
    for name, content in DECOMPOSED.items():
        (shared / f"variance/{name}.json").write_text(json.dumps(content))
    CURVES.to_csv(shared / "metric_check/curves.csv", index=False)
    images = torch.randint(256, (len(CORRUPTIONS) * 4 * len(STRENGTHS), 1, 8, 8)).byte()
    save_grid(images, shared / "metric_check/examples.png", columns=len(STRENGTHS))
    (shared / "metric_check.json").write_text(json.dumps(checked(CURVES)))
    by_seed = {"seconds_by_seed": [1.0, 2.0], "validation_by_seed": [0.98, 0.99], "test_by_seed": [0.97, 0.99]}
    (shared / "classifier.json").write_text(json.dumps({"validation": 0.985, "test": 0.98} | by_seed))
    (shared / "judge.json").write_text(json.dumps({"validation": 0.99, "test": 0.9875}))
    return shared


def page(folder: Path, out: Path) -> str:
    out.mkdir()
    audit(list(DECOMPOSED), folder, "digits", out)
    return (out / "report.md").read_text()


def test_the_page_has_all_its_parts(folder: Path, tmp_path: Path) -> None:
    text = page(folder, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "report.md", "report.html", "shares.png", "corruptions.png",
    }  # fmt: skip
    assert "FCD **follows all 6 corruptions**" in text
    assert "strength 1.00 or more" in text
    assert "they differ by 5e-12 of it at most (1e-6 is asked for)" in text
    assert "batches of other sizes by 0." in text
    assert re.search(r"\| class dropping +\| 1.00 +\| yes +\| 0.50 +\| 80.50 +\| 161 ", text)
    assert re.search(r"\| classifier +\| 2 +\| 98.50 \(98.00 to 99.00\) +\| 98.00 \(97.00 to 99.00\)", text)
    assert re.search(r"\| judge +\| 1 +\| 99.00 +\| 98.75 ", text)
    assert "nan" not in text


def test_the_shares_are_those_that_were_put_in(folder: Path, tmp_path: Path) -> None:
    text = page(folder, tmp_path / "out")
    row = re.search(r"\| ae-gmm +\| +([\d.]+) +\| +([\d.]+)%", text)
    assert float(row[1]) == pytest.approx(3 * (1 + 2 * np.cosh(0.3)) / 3, rel=0.01)
    # A variance of 0.3² among three autoencoders against 0.01² of noise and as much of the classifiers.
    assert float(row[2]) == pytest.approx(99.8, abs=0.3)


def test_what_one_run_cannot_show() -> None:
    table = least_table(DECOMPOSED).set_index("least difference, design")
    # 1.96 times the root of twice the variance.
    gmm, flow = (float(table.loc[name, "one classifier for both"].rstrip("%")) for name in ("ae-gmm", "ae-flow"))
    assert gmm == pytest.approx(100 * 1.96 * np.sqrt(2) * 0.3, rel=0.1)
    assert flow == pytest.approx(100 * 1.96 * np.sqrt(2) * np.hypot(0.02, 0.01), rel=0.2)
    example, steps = poster_steps(DECOMPOSED)
    assert "4.65 against 6.03, from one run each, 26% of their mean apart" in example
    assert "on ae-flow one run each would show it, on ae-gmm it would not**. With a classifier each" in example
    assert example.count("**one run each cannot show it**") == 1
    assert list(steps["of the mean"]) == ["26%", "1.0%", "29%"]
    assert list(steps["shown with one classifier for both"]) == ["ae-flow", "no design", "ae-flow"]
    assert list(steps["shown with a classifier each"]) == ["no design"] * 3


def test_what_the_design_cannot_say_is_said() -> None:
    _, limits, _ = variance_words(DECOMPOSED)
    # From the quantiles of chi-square with two degrees of freedom, -2 log p.
    low, high = -1 / np.log(0.025), -1 / np.log(0.975)
    assert "rests on 2 degrees of freedom" in limits
    assert f"from {low:.2g} to {high:.2g} times the estimate" in limits
    exact = {name: {**found, "share": {**found["share"], "prior": 0.0}} for name, found in DECOMPOSED.items()}
    positive = {name: {**found, "share": dict.fromkeys(found["share"], 1 / 6)} for name, found in DECOMPOSED.items()}
    assert "A share of exactly 0" in variance_words(exact)[1]
    assert "A share of exactly 0" not in variance_words(positive)[1]


def test_a_metric_that_fails_is_not_praised(folder: Path, tmp_path: Path) -> None:
    falling = CURVES.assign(fcd=CURVES.fcd.where(CURVES.corruption != "blur", 200 - CURVES.fcd))
    wrong = checked(falling) | {"implementations_difference": {"logits": 1e-4, "penultimate": 0.0}}
    (folder / "metric_check.json").write_text(json.dumps(wrong))
    text = page(folder, tmp_path / "out")
    assert "**does not follow all 6 corruptions**" in text
    assert "**do not agree**: they differ by 1e-4" in text
    assert re.search(r"\| blur +\| -1.00 +\| no ", text)


def test_html_is_self_contained(folder: Path, tmp_path: Path) -> None:
    page(folder, tmp_path / "out")
    html = (tmp_path / "out/report.html").read_text()
    assert html.count("data:image/png;base64,") == 2
    assert html.count("<table") == 5
    assert not any(word in html for word in ("http:", "https:", "<script src", "<link", "**", "#all-figures"))


def test_bars_are_as_long_as_the_shares() -> None:
    (axes,) = share_bars({name: found["share"] for name, found in DECOMPOSED.items()}).axes
    lengths = np.array([bar.get_width() for bar in axes.patches]).reshape(2, 6)
    assert lengths == pytest.approx(np.array([list(found["share"].values()) for found in DECOMPOSED.values()]))
    ends = [bar.get_x() + bar.get_width() for bar in axes.patches[5::6]]
    assert ends == pytest.approx([1, 1])


def test_a_data_set_without_a_design_is_an_error(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="digits has no crossed design; list one under `designs`"):
        audit([], folder, "digits", tmp_path)
