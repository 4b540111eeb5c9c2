"""The ledger of published figures on a small fixture: every verdict, and every mistake named."""

import json
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy import stats

from latentpriors.project.tables import read_tables
from latentpriors.report.columns import POSTER
from latentpriors.report.replication import judge, judge_claims, markdown, read_ledger

CELLS = {
    "cells": {
        "toy-ae-flow": {"dataset": "toy", "autoencoder": "ae", "prior": "flow", "table": "poster"},
        "toy-ae-wgan": {"dataset": "toy", "autoencoder": "ae", "prior": "wgan", "table": "poster"},
        "toy-vae-native": {"dataset": "toy", "autoencoder": "vae", "prior": "native", "table": "poster"},
    },
    "models": {"toy-vae": {"dataset": "toy", "autoencoder": "vae", "table": "poster"}},
    "real": {"toy-real": {"dataset": "toy", "table": "poster"}},
}
FLOW, WGAN, VAE, REAL = [3.0, 3.3, 2.9], [4.1, 4.3, 4.0], [8.0, 9.5, 8.2], [0.5]


def entry(name: str, published: object, ours: object, rule: str, **more) -> dict:
    found = {"id": name, "source": "poster", "claim": f"claim {name}", "published": published, "unit": "FCD"}
    found |= {"ours": ours, "rule": rule} | ({} if ours is None else {"metric": "fcd"})
    return found | more


def claim(name: str, ours: list[str], *evidence: tuple[list[float], str], **more) -> dict:
    listed = [{"source": source, "figures": figures} for figures, source in evidence]
    return {"id": name, "claim": f"claim {name}", "ours": ours, "evidence": listed} | more


LEDGER = {
    "sources": {"poster": {"title": "A poster", "about": "What it shows."}, "slides": {"title": "S", "about": "N."}},
    "claims": [
        claim("better", ["toy-ae-flow", "toy-vae-native"], ([4.65, 8.12], "poster"), ([9.0, 8.0], "slides")),
        claim("worse", ["toy-vae-native", "toy-ae-flow"], ([9.0, 8.0], "slides")),
        claim("much", ["toy-ae-flow", "toy-ae-wgan"], ([1.0, 3.0], "poster"), at_least=2.0, known=True),
        claim("close", ["toy-ae-flow", "toy-ae-wgan"], ([1.0, 3.0], "poster"), at_least=1.35),
    ],
    "entries": [
        entry("order", [4.65, 6.03], ["toy-ae-flow", "toy-ae-wgan"], "order"),
        entry("reversed", [4.65, 6.03], ["toy-vae-native", "toy-ae-flow"], "order"),
        entry("ratio", [8.12, 4.65], ["toy-ae-wgan", "toy-ae-flow"], "ratio", within=1.4),
        entry("far", [8.12, 4.65], ["toy-vae-native", "toy-ae-flow"], "ratio", within=1.1),
        entry("floor", [3.0, 0.5], ["toy-ae-flow", "toy-real"], "ratio", within=1.25),
        entry("value", 3.0, "toy-ae-flow", "value", within=1.5),
        entry("shown", 0.2, "toy-real", "not comparable", why="another classifier"),
        entry("later", 70.6, None, "value", within=1.1, why="not run yet"),
        entry("model", 101.5, "toy-vae", "value", within=1.1, metric="validation"),
        entry("negative", -101.5, "toy-vae", "value", within=1.1, metric="likelihood/elbo"),
        entry("above", -120.0, "toy-vae", "value", within=1.1, metric="likelihood/elbo"),
    ],
}


@pytest.fixture
def metrics(tmp_path: Path) -> Path:
    def put(name: str, content: dict) -> None:
        path = tmp_path / "metrics/toy" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))

    for key, values in zip([*CELLS["cells"], "toy-real"], (FLOW, WGAN, VAE, REAL), strict=True):
        put(f"poster/{key}", {"fcd": float(np.mean(values)), "fcd_by_seed": values})
    put("poster/autoencoders/vae", {"validation": 100.0, "validation_by_seed": [99.0, 100.0, 101.0]})
    put("poster/likelihood/vae", {"elbo": -98.0, "elbo_by_seed": [-97.0, -98.0, -99.0]})
    return tmp_path / "metrics"


def verdicts(metrics: Path, *entries: dict) -> dict[str, str]:
    rows = judge(LEDGER | {"entries": list(entries) or LEDGER["entries"]}, CELLS, metrics)
    return dict(zip(rows.id, rows.verdict, strict=True))


def test_every_verdict(metrics: Path) -> None:
    assert verdicts(metrics) == {
        "order": "replicated",
        "reversed": "not replicated",
        "ratio": "replicated",
        "far": "not replicated",
        "floor": "replicated",
        "value": "replicated",
        "shown": "not comparable",
        "later": "not comparable",
        "model": "replicated",
        "negative": "replicated",
        "above": "not replicated",
    }


def test_a_study_answers_by_its_file_and_percent_are_of_shares(metrics: Path) -> None:
    (metrics / "toy/heads.json").write_text(json.dumps({"error_by_seed": [0.019, 0.02, 0.021]}))
    (metrics / "log.csv").write_text("draw,error\n1,0.04\n2,0.041\n3,0.042\n")
    errors = {
        name: entry(name, 1.9, name, "value", within=1.25, metric="error", unit="%")
        for name in ("toy/heads.json", "log.csv")
    }
    rows = judge(LEDGER | {"entries": list(errors.values())}, CELLS, metrics)
    assert rows.ours.tolist() == ["2.00", "4.10"]
    assert rows.seeds.tolist() == ["3", "3"]
    assert rows.verdict.tolist() == ["replicated", "not replicated"]
    with pytest.raises(ValueError, match=r"log.csv: .*log.csv has no loss of each run"):
        verdicts(metrics, errors["log.csv"] | {"metric": "loss"})
    (metrics / "log.csv").write_text("draw,error\n1,0.04\n2,\n")
    with pytest.raises(ValueError, match=r"log.csv has no error of each run"):
        verdicts(metrics, errors["log.csv"])


def test_an_interval_that_reaches_both_sides_is_undecided(metrics: Path) -> None:
    close = entry("order", [1.0, 2.0], ["toy-ae-flow", "toy-ae-wgan"], "order")
    path = metrics / "toy/poster/toy-ae-wgan.json"
    path.write_text(json.dumps({"fcd_by_seed": [2.0, 3.6, 4.4]}))
    assert verdicts(metrics, close) == {"order": "undecided"}
    tight = entry("ratio", [3.05, 3.07], ["toy-vae-native", "toy-ae-flow"], "ratio", within=2.8)
    assert verdicts(metrics, tight) == {"ratio": "undecided"}
    path.write_text(json.dumps({"fcd_by_seed": [9.0]}))
    alone = entry("value", 9.0, "toy-ae-wgan", "value", within=2)
    assert verdicts(metrics, alone) == {"value": "undecided"}  # one seed has no interval


def test_intervals_are_scipys_paired_on_one_autoencoder_and_welchs_on_two(metrics: Path) -> None:
    rows = judge(LEDGER, CELLS, metrics).set_index("id")

    def expected(interval: tuple[float, float]) -> str:
        return f"{interval[0]:.2f} to {interval[1]:.2f}"

    paired = stats.ttest_rel(FLOW, WGAN).confidence_interval()
    assert (rows.interval["order"], rows.seeds["order"]) == (expected(paired), "3 pairs")
    welch = stats.ttest_ind(VAE, FLOW, equal_var=False).confidence_interval()
    assert (rows.interval["reversed"], rows.seeds["reversed"]) == (expected(welch), "3 and 3")
    assert paired != stats.ttest_ind(FLOW, WGAN, equal_var=False).confidence_interval()
    logs = stats.ttest_rel(np.log(WGAN), np.log(FLOW)).confidence_interval()
    assert rows.interval["ratio"] == expected(np.exp(logs))
    assert rows.ours["ratio"] == f"{stats.gmean(WGAN) / stats.gmean(FLOW):.2f}"
    floor = np.exp(stats.ttest_1samp(np.log(np.array(FLOW) / REAL[0]), 0).confidence_interval())
    assert (rows.interval["floor"], rows.seeds["floor"]) == (expected(floor), "3")
    assert rows.ours["order"] == "3.07 and 4.13, difference -1.07"
    assert rows.theirs["far"] == "8.12 / 4.65 = 1.75"
    assert (rows.ours["shown"], rows.interval["shown"], rows.rule["shown"]) == ("0.50", "", "another classifier")
    assert (rows.ours["later"], rows.rule["later"]) == ("", "not run yet")


def test_the_page_has_a_table_for_each_source(metrics: Path) -> None:
    ledger = deepcopy(LEDGER)
    ledger["entries"][7]["source"] = "slides"
    text = markdown(ledger, judge(ledger, CELLS, metrics), judge_claims(ledger, CELLS, metrics))
    assert "Of 11 figures: 6 replicated, 3 not replicated, 2 not comparable (1 of these because" in text
    poster, slides = text.split("## A poster")[1].split("## S\n")
    assert poster.count("\n| claim ") == 11 - 1 + 1  # ten claims and the head of the table
    assert "| claim later | FCD" in slides
    assert "70.6" in slides


def test_claims_are_judged_by_the_ratio_and_side_with_those_whose_figures_say_so(metrics: Path) -> None:
    rows = judge_claims(LEDGER, CELLS, metrics).set_index("id")
    assert rows.verdict.to_dict() == {
        "better": "holds here", "worse": "does not hold here", "much": "does not hold here", "close": "undecided",
    }  # fmt: skip
    assert (rows["for"]["better"], rows.against["better"]) == ("A poster: 4.65 and 8.12", "S: 9 and 8")
    assert rows.sides_with.to_dict() == {
        "better": "A poster, against S", "worse": "S", "much": "none, against A poster", "close": "",
    }  # fmt: skip
    assert rows.known.tolist() == ["no", "no", "yes", "no"]
    logs = [np.log(values) for values in (VAE, FLOW, WGAN)]
    low, high = np.exp(stats.ttest_ind(logs[0], logs[1], equal_var=False).confidence_interval())
    assert rows.ours["better"] == f"{stats.gmean(VAE) / stats.gmean(FLOW):.2f} ({low:.2f} to {high:.2f})"
    assert rows.p["much"] == f"{stats.ttest_1samp(logs[2] - logs[1], np.log(2)).pvalue:.3f}"
    text = markdown(LEDGER, judge(LEDGER, CELLS, metrics), judge_claims(LEDGER, CELLS, metrics))
    assert "Of 4 claims: 1 holds here, 2 does not hold here, 1 undecided. On 1 of them" in text
    disputed = text.split("## Where sources contradict each other")[1].split("## Other claims")[0]
    assert "claim better" in disputed
    assert "claim worse" not in disputed


def test_a_claim_of_one_seed_is_undecided_and_what_is_missing_is_named(metrics: Path) -> None:
    path = metrics / "toy/poster/toy-vae-native.json"
    path.write_text(json.dumps({"fcd_by_seed": [9.0]}))
    rows = judge_claims(LEDGER, CELLS, metrics).set_index("id")
    assert (rows.verdict["better"], rows.p["better"], rows.ours["better"]) == ("undecided", "", "2.94")
    path.unlink()
    with pytest.raises(ValueError, match=r"better: .*toy-vae-native.json is missing"):
        judge_claims(LEDGER, CELLS, metrics)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ours": ["toy-ae-flow"]}, "ours: two of the keys of cells.yaml are needed"),
        ({"at_least": 0.5}, "at_least is a ratio of 1 or more, not 0.5"),
        ({"at_least": "much"}, "at_least is a ratio of 1 or more"),
        ({"known": False}, "known is true or left out, not False"),
        ({"evidence": []}, "evidence: a list of one or more is needed"),
        ({"evidence": [{"source": "paper", "figures": [1, 2]}]}, "'paper' is unknown; choose from poster, slides"),
        ({"evidence": [{"source": "poster", "figures": [1, -2]}]}, "evidence: poster: two figures above 0 are needed"),
        ({"evidence": [{"source": "poster"}]}, "evidence: figures is missing"),
        (
            {"evidence": [{"source": "poster", "figures": [1, 2], "more_is_better": "no"}]},
            "evidence: poster: more_is_better is true or left out, not 'no'",
        ),
        ({"rule": "order"}, "'rule' is unknown; choose from"),
        ({"id": "much"}, "much: its id is taken"),
    ],
)
def test_a_mistake_in_a_claim_is_named(tmp_path: Path, change: dict, message: str) -> None:
    path = tmp_path / "replication.yaml"
    claims = [*LEDGER["claims"][1:], LEDGER["claims"][0] | change]
    path.write_text(yaml.safe_dump(LEDGER | {"claims": claims}))
    with pytest.raises(ValueError, match=message):
        read_ledger(path)


def test_evidence_of_a_figure_that_is_to_be_high_is_for_the_greater(metrics: Path) -> None:
    rows = ["toy-ae-flow", "toy-vae-native"]
    scored = claim("scored", rows, ([7.3, 6.4], "poster"), ([6.4, 7.3], "slides"), at_least=1.1)
    for item in scored["evidence"]:
        item["more_is_better"] = True
    found = judge_claims(LEDGER | {"claims": [scored]}, CELLS, metrics).iloc[0]
    assert found["for"] == "A poster: 7.3 and 6.4, more is better"
    assert found.against == "S: 6.4 and 7.3, more is better"


def test_what_is_missing_is_named_with_its_entry(metrics: Path) -> None:
    def fails(message: str, *changes: dict) -> None:
        with pytest.raises(ValueError, match=message):
            verdicts(metrics, *(LEDGER["entries"][0] | change for change in changes))

    fails(r"order: toy-ae-glow is not among .* cells.yaml", {"ours": ["toy-ae-glow", "toy-ae-wgan"]})
    fails(r"order: .*toy-ae-flow.json has no nll_by_seed", {"metric": "nll"})
    path = metrics / "toy/poster/toy-ae-wgan.json"
    path.write_text(json.dumps({"fcd_by_seed": [4.0, 4.1]}))
    rows = judge(LEDGER | {"entries": LEDGER["entries"][:1]}, CELLS, metrics)
    assert rows.seeds[0] == "2 pairs"  # those that both have
    path.write_text(json.dumps({"fcd_by_seed": [4.0, -1.0, 2.0]}))
    fails(r"order: figures of .* have no ratio", {"rule": "ratio", "within": 2})
    path.unlink()
    fails(r"order: .*toy-ae-wgan.json is missing", {})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"published": [6.03, 4.65]}, "lesser figure first"),
        ({"published": 4.65}, "published: two other than 0"),
        ({"published": [4.65, float("nan")]}, "published: two other than 0"),
        ({"published": None}, "published: two other than 0"),
        ({"rule": "value", "within": 1.1}, r"published: one other than 0 is needed, not \[4.65, 6.03\]"),
        ({"ours": "toy-ae-flow"}, "ours: two of the keys"),
        ({"ours": None}, "metric is of no use here"),
        ({"rule": "ratio"}, "within is missing"),
        ({"rule": "ratio", "published": [-1.0, 2.0]}, "a ratio is of figures greater than 0"),
        ({"rule": "ratio", "within": 0.9}, "within is a factor greater than 1, not 0.9"),
        ({"within": 1.5}, "within is of no use here"),
        ({"why": "no reason"}, "why is of no use here"),
        ({"rule": "guess"}, "rule: 'guess' is unknown; choose from order, ratio, value, not comparable"),
        ({"source": "paper"}, "source: 'paper' is unknown; choose from poster, slides"),
        ({"source": ["poster"]}, "source: a text is needed"),
        ({"clam": "x"}, "'clam' is unknown; choose from"),
        ({"id": "floor"}, "floor: its id is taken"),
    ],
)
def test_a_mistake_in_an_entry_is_named(tmp_path: Path, change: dict, message: str) -> None:
    path = tmp_path / "replication.yaml"
    path.write_text(yaml.safe_dump(LEDGER))
    assert read_ledger(path) == LEDGER
    entries = [*LEDGER["entries"][1:], LEDGER["entries"][0] | change]
    path.write_text(yaml.safe_dump(LEDGER | {"entries": entries}))
    with pytest.raises(ValueError, match=message):
        read_ledger(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "replication.yaml, line 2: did not find expected"),
        ("sources: {}", "three blocks `sources`, `claims` and `entries`"),
        ("{sources: {}, claims: [], entries: []}", "lists of one or more"),
        ("{sources: {a: {title: x}}, claims: [1], entries: [1]}", "source a needs a title and an about"),
        ("{sources: {}, claims: [1], entries: [1]}", "claim 1: a block of keys is needed, not 1"),
        ("{sources: {}, claims: [{id: x}], entries: [1]}", "x: claim, ours, evidence is missing"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "replication.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_ledger(path)


def test_the_committed_ledger_has_the_posters_figures_and_our_metrics(root: Path) -> None:
    ledger, cells = read_ledger(root / "replication.yaml"), read_tables(root)
    rows = judge(ledger, cells, root / "metrics")
    assert len(rows) == len(ledger["entries"])
    assert len(judge_claims(ledger, cells, root / "metrics")) == len(ledger["claims"])
    shown = {e["ours"]: e["published"] for e in ledger["entries"] if e["id"].startswith("poster") and e["unit"] == "FCD"
             and isinstance(e["ours"], str)}  # fmt: skip
    assert shown == {"mnist-real": 0.2} | {f"mnist-{cell}": figure for cell, (_, figure) in POSTER.items()}
    elbo = {e["id"]: e["published"] for e in ledger["entries"]}
    for name in ("vae", "posterior", "prior"):
        total = elbo[f"glf-{name}-reconstruction"] + elbo[f"glf-{name}-kl"]
        assert elbo[f"glf-{name}-elbo"] == pytest.approx(-total)
