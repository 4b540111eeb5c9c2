"""The report on a fixture: what it says, what it draws, and that it needs nothing else."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from figures import REAL, SCALE, Folder, edit, figures, written
from PIL import Image

from latentpriors.evaluation.previews import latent_map, read_grid, save_grid
from latentpriors.metrics import compare, ranked, seeds_needed, student_interval
from latentpriors.report.memorization import flagged, memorization
from latentpriors.report.page import Section, Text, page, twin
from latentpriors.report.plots.codes import curves
from latentpriors.report.plots.images import sample_strips, tiled
from latentpriors.report.plots.style import panels
from latentpriors.report.plots.table import on_front, pareto
from latentpriors.report.results import Results, load_results
from latentpriors.report.sections.agreement import agreement_in_words, tau_table
from latentpriors.report.sections.answer import conclusions, headline, method, order
from latentpriors.report.sections.convergence import flatness_in_words, late_gain
from latentpriors.report.sections.galleries import galleries
from latentpriors.report.sections.significance import bias, neighbours, neighbours_in_words, wanting
from latentpriors.report.sheets import Column, Sheet, texts
from latentpriors.report.table import report, sections
from latentpriors.report.words import TIED, apart, interval, listed, percent, tiny, verdict
from latentpriors.store import StoreError


def drawn(folder: Folder, out: Path) -> Path:
    shared, cells = folder
    out.mkdir()
    report(cells, REAL, shared, "digits", out)
    return out


def loaded(folder: Folder) -> Results:
    shared, cells = folder
    return load_results(cells, REAL, shared, "digits")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return written(tmp_path)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole report."""
    torch.manual_seed(0)
    return drawn(written(tmp_path_factory.mktemp("metrics")), tmp_path_factory.mktemp("reports") / "out")


SECTIONS = (
    "How sure this is", "Samples", "Nearest neighbours", "Codes and classes", "Codes and prior samples",
    "Between two images", "Noise that skipped the prior", "Samples over training", "Cost against quality",
    "Agreement of metrics", "All figures", "How it was measured",
)  # fmt: skip


def test_report_has_all_its_parts(out: Path) -> None:
    names = {"forest", "samples", "bias", "codes", "densities", "maps", "curves", "pareto", "agreement"}
    galleries = {"samples": 16, "nearest": 7, "walks": 3 * 4, "skipped": 9, "growing": 6, "autoencoders": 3}
    assert {path.name for path in out.iterdir()} == {
        "report.md", "report.html", "table.csv", "table.tex", *(f"{name}.png" for name in names), *galleries,
    }  # fmt: skip
    for path in out.rglob("*.png"):
        assert path.read_bytes()[:4] == b"\x89PNG"
    assert {name: len(list((out / name).iterdir())) for name in galleries} == galleries
    table = pd.read_csv(out / "table.csv")
    assert table.cell[0] == "real"
    assert set(table.cell[1:4]) == {f"{name}-reconstruction" for name in SCALE}
    rows = table[~table.yardstick]
    assert rows.fcd.is_monotonic_increasing
    assert set(rows.cell[:2]) == {"ae-flow", "ae-gmm"}
    assert "fcd_by_seed" not in table
    assert r"\begin{tabular}" in (out / "table.tex").read_text()


def test_markdown_and_page_are_twins(out: Path) -> None:
    text, html = (out / "report.md").read_text(), (out / "report.html").read_text()
    for title in SECTIONS:
        assert f"\n## {title}\n" in text
        assert f">{title}</h2>" in html
        assert f">{title}</a>" in html
    links = re.findall(r"\]\(([^)]+\.png)\)", text)
    assert all((out / link).is_file() for link in links)
    assert len(links) == html.count("data:image/png;base64,") == len(list(out.rglob("*.png"))) - 1  # samples.png
    for captioned in ("nearest to them in penultimate features", "skipped the prior", "Kendall's tau of each two"):
        assert captioned in text
        assert captioned.replace("'", "&#39;") in html
    shown = re.sub(r"<script>.*</script>|base64,[^\"]+", "", text + html, flags=re.DOTALL)
    assert not re.search(r"\b(nan|None|inf)\b", shown)
    assert "| ae-flow (FlowAE)" in text
    assert "planted figure" in text
    assert "7.125" in text


class Reader(HTMLParser):
    """Reads what a browser would load, the tables' rows, and that every tag is closed."""

    VOID = {"meta", "img", "br", "link", "input"}

    def __init__(self, html: str):
        super().__init__()
        self.open, self.loaded, self.cells, self.heads, self.widths = [], [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        found = dict(attributes)
        self.loaded += [found[key] for key in ("src", "href", "srcset") if key in found]
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.widths.append(0)
        if tag in ("td", "th"):
            self.widths[-1] += int(found.get("colspan", 1))
        self.heads += [found["aria-sort"]] if "aria-sort" in found else []
        self.cells += [found["data-value"]] if "data-value" in found else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_self_contained_and_its_tables_sort(out: Path) -> None:
    html = (out / "report.html").read_text()
    assert not any(word in html for word in ("http:", "https:", "<link", "@import", "url("))
    read = Reader(html)
    assert read.open == []
    others = [address for address in read.loaded if not address.startswith(("data:image/png;base64,", "#"))]
    assert others == ["../charts.js"]  # without which the pictures stand for the charts
    anchors = {address[1:] for address in read.loaded if address.startswith("#")}
    assert all(f'id="{anchor}"' in html for anchor in anchors)
    tables = html.split("<table ")[1:]
    assert len(tables) == 5
    for table in tables:
        one = Reader("<table " + table.split("</table>")[0] + "</table>")
        assert len(set(one.widths)) == 1, "every row is as wide as the headers"
        assert one.heads == ["none"] * one.widths[-1]
        assert table.count('<button type="button"') == len(one.heads)
    assert 'class="muted"><th scope="row" data-value="real"' in tables[0]
    numbers = re.findall(r'data-value="(\d+\.\d+)">4\.\d\d<', tables[0])
    assert numbers  # sorted by the figure itself, not by its text
    assert 'data-value=""' in tables[0]
    assert len(html) < 4e6


def embedded(html: str, pattern: str) -> list[dict]:
    return [json.loads(text) for text in re.findall(rf'<script type="application/json"{pattern}>(.*?)</script>', html)]


def test_charts_have_the_figures_of_the_table_and_share_what_is_in_focus(out: Path) -> None:
    table = pd.read_csv(out / "table.csv")
    specs = embedded((out / "report.html").read_text(), "")
    assert len(specs) == 4
    for spec in specs:
        assert {param["name"]: param["value"] for param in spec["params"]} == {
            "focus": "", "autoencoder": "", "prior": "",
        }  # fmt: skip
    forest, gain, cost, ranks = (spec["data"]["values"] for spec in specs)
    assert [row["cell"] for row in forest] == list(table.cell)
    assert [row["fcd"] for row in forest] == pytest.approx(list(table.fcd), rel=1e-3)
    assert {row["cell"] for row in cost} == set(table.cell[~table.yardstick])
    assert {row["left"] for row in gain if row["progress"] == 1} == {1e-4}  # all of the gain was made
    fcd = {row["cell"]: row["rank"] for row in ranks if row["metric"] == "FCD"}
    assert fcd == dict(zip(fcd, table[~table.yardstick].fcd.rank(), strict=True))
    precision = [row for row in ranks if row["metric"] == "precision"]
    assert max(precision, key=lambda row: row["value"])["rank"] == 1  # higher is better there


def test_a_row_that_is_opened_has_all_that_is_known(out: Path) -> None:
    (known,) = embedded((out / "report.html").read_text(), ' id="known"')
    titles = [title for _, title, _ in known["columns"]]
    row = known["rows"]["ae-flow (FlowAE)"]
    assert row["cell"] == "ae-flow"
    assert row["texts"][titles.index("FCD")] == "4.10"
    assert len(row["pairs"]) == 11
    assert {name: verdict for name, _, verdict in row["pairs"]}["ae-native"] == "better, familywise too"
    assert {name: verdict for name, _, verdict in row["pairs"]}["ae-gmm"] == "not told apart"
    assert set(row["curves"]) == {"of the prior", "of ae"}
    assert known["rows"]["real"]["pairs"] == []


def test_every_figure_by_seed_has_its_interval(folder: Folder, tmp_path: Path) -> None:
    path = folder[0] / "poster/digits-ae-flow.json"
    edit(path, precision=0.2, precision_by_seed=[0.1, 0.2, 0.3], recall_by_seed=[0.5, 0.5, 0.5], nll_by_seed=[1, None])
    table = pd.read_csv(drawn(folder, tmp_path / "out") / "table.csv").set_index("cell")
    _, low, high = student_interval([0.1, 0.2, 0.3])
    assert (table.precision_low["ae-flow"], table.precision_high["ae-flow"]) == pytest.approx((low, high))
    assert table.precision_low.drop("ae-flow").isna().all()
    assert not {"recall_low", "nll_low"} & {*table}  # the same for every seed, and one seed
    assert f"| 0.200 ± {high - 0.2:.3f} |" in (tmp_path / "out/report.md").read_text()


def test_a_cell_of_a_page_is_escaped() -> None:
    sheet = Sheet((Column("a", "<a>", "s", 'says "x"'),), pd.DataFrame({"a": ["<i>&"]}), explained=True)
    html = page("<t>", [Section("", [Text("**b** < c"), sheet])])
    assert "<b>b</b> &lt; c" in html
    assert "&lt;i&gt;&amp;" in html
    assert "<i>" not in html
    assert "<t>" not in html


def test_texts_stay_as_they_are_and_a_page_without_a_table_says_nothing_of_headers() -> None:
    table = pd.DataFrame({"design": ["ae", "vae"], "share": ["35%", "0"]})
    parts = [Section("", [Text("Words.")]), Section("Shares", [texts(table)])]
    assert twin("t", parts, Path()).endswith(table.to_markdown(index=False, disable_numparse=True) + "\n")
    assert "A click on a header" not in page("t", parts)
    assert "A click on a header" in page("t", [Section("", parts[1].blocks)])


def test_words() -> None:
    assert [listed(names) for names in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]
    assert [percent(share) for share in (0, 0.0994, 0.0996)] == ["0", "9.9%", "10%"]
    assert [tiny(value) for value in (0, 1e-6, 2e-12)] == ["0", "1e-6", "2e-12"]
    assert interval(1, 2.345) == "1.00 to 2.35"
    assert interval(0.5, 1, ".0%") == "50% to 100%"
    assert interval(None, None) is interval(np.nan, np.nan) is None
    assert list(apart(pd.Series([0.049, 0.05, 1.0]))) == [True, False, False]
    assert [verdict(d, d - 1, d + 1) for d in (-2, -1, 0, 2)] == ["better", TIED, TIED, "worse"]
    assert verdict(-2, None, None) == TIED  # one seed


def test_a_pair_is_found_in_either_order(folder: Folder) -> None:
    results = loaded(folder)
    for row in results.pairs.itertuples(index=False):
        assert tuple(results.pair(row.a, row.b)) == tuple(results.pair(row.b, row.a)) == tuple(row)


@pytest.mark.parametrize(("count", "size", "empty"), [(1, (2, 3.5), 0), (3, (6, 3.5), 0), (4, (6, 6.5), 2)])
def test_panels_fill_rows(count: int, size: tuple[float, float], empty: int) -> None:
    figure, spots = panels(count, 3, 2, 3, 0.5)
    assert len(spots) == count
    assert tuple(figure.get_size_inches()) == size
    assert sum(not axes.axison for axes in figure.axes) == empty


def test_ranks_are_those_of_the_comparisons(folder: Folder) -> None:
    results = loaded(folder)
    rows = results.competing.set_index("cell")
    logs = {cell: np.log(values) for cell, values in rows.fcd_by_seed.items()}
    _, table = compare(logs, rows.autoencoder.to_dict())
    for name, row in rows.iterrows():
        told = table.loc[name]
        assert row["rank"] == ranked((told.best, told.worst))
        assert row.rank_familywise == ranked((told.best_familywise, told.worst_familywise))
        assert (row.letters, row.spread, row.p_best) == (told.letters, told.spread, told.p_best)
    assert results.table[results.table.yardstick]["rank"].isna().all()
    assert table.best["ae-flow"] == table.best["ae-gmm"] == 1  # the planted tie
    assert table.best["ae-native"] > 1
    assert table.worst["ae-flow"] < len(rows)


def test_the_headline_is_short_and_says_what_to_take(folder: Folder) -> None:
    text = headline(loaded(folder))
    assert text.startswith("**ae-gmm** has the lowest FCD, 4.08. Not told from it, which is not to say equal: ae-flow")
    assert "What limits is the prior." in text
    assert len(text.split()) <= 60
    results = loaded(folder)
    results.table["fit_seconds"] = np.where(results.table.cell == "ae-flow", 3.0, 50.0)
    assert headline(results).endswith("If time is short: **ae-flow**, whose prior is fitted in 3 seconds.")
    assert order(results) == "Of the 3 steps of the poster's order: 3 as here."
    assert flagged(results.table).endswith("look copied from the training images.")


def test_the_answer_names_ties_and_what_limits(folder: Folder) -> None:
    best, limits, order = conclusions(loaded(folder))
    assert best.startswith("**ae-gmm** has the lowest FCD: 4.08 (95% interval 3.08 to 5.08), rank 1–")
    tied = re.search(r"It is tied, which means not told apart and not equal, with (.+?)\. The", best)[1]
    assert "ae-flow" in tied
    assert "native" not in tied
    pairs = loaded(folder).pairs
    assert f"Of 66 pairs of cells, {pairs.differ.sum()} are told apart at a false discovery rate of 5%" in best
    assert f"by chance; {pairs.differ_familywise.sum()} so that not even one is likely to be (Holm)" in best
    assert "The runner-up, ae-flow, is at 1.00 times its FCD, 95% interval 0.9" in best
    assert "the floor, have 0.20 (training images 0.15)" in limits
    assert "the autoencoder has 0.33 and the prior 3.55: **the prior limits** with 91% of it" in limits
    assert "FlowAE 4.65 < AdvAE 6.03 < AAE 6.09 < VAE 8.12" in order
    assert "Here: FlowAE 4.10 < AdvAE 8.13 < AAE 60.25 < VAE 120.50" in order
    assert re.search(r"FlowAE < AdvAE \*\*holds\*\* \(0\.50 times its FCD, 95% interval 0\.4\d to 0\.5\d\)", order)
    edit(folder[0] / "poster/digits-ae-reconstruction.json", fcd=4.0)
    assert "**the autoencoder limits** with 98%" in conclusions(loaded(folder))[1]


@pytest.mark.parametrize(
    ("values", "verdict"),
    [([9.0, 9.3, 9.2], "**is reversed**"), ([4.0, 12.2, 7.0], "cannot be told"), ([4.0], "is not decided by one seed")],
)
def test_a_step_of_the_posters_order_is_judged(folder: Folder, values: list[float], verdict: str) -> None:
    shared, cells = folder
    for key in cells if len(values) == 1 else ():
        row = figures([5.0], yardstick="reconstruction" in key)
        (shared / f"poster/{key}.json").write_text(json.dumps(row))
    (shared / "poster/digits-ae-flow.json").write_text(json.dumps(figures(values)))
    assert f"FlowAE < AdvAE {verdict}" in conclusions(loaded(folder))[2]


def test_one_seed_tells_nothing_and_still_draws(tmp_path: Path) -> None:
    folder = shared, cells = written(tmp_path, ("ae",))
    for key in cells:
        path = shared / f"poster/{key}.json"
        values = json.loads(path.read_text())["fcd_by_seed"]
        path.write_text(json.dumps(figures(values[:1], yardstick="reconstruction" in key)))
    text = (drawn(folder, tmp_path / "out") / "report.md").read_text()
    assert "One seed tells nothing apart: all cells are ties." in text
    assert "1 seed tells 0 apart" in text
    assert re.search(r"\| ae-flow \(FlowAE\) +\| +1–4 \|", text)
    assert "nan" not in text


def test_neighbours_say_how_many_seeds_and_samples(folder: Folder) -> None:
    results = loaded(folder)
    table = neighbours(results)
    assert list(table.better[:2]) == ["ae-gmm", "ae-flow"]
    assert (table.ratio >= 1).all()
    a, b = (np.log(results.competing.set_index("cell").fcd_by_seed[name]) for name in ("ae-flow", "aae-gmm"))
    row = table[(table.better == "ae-flow") & (table.worse == "aae-gmm")].iloc[0]
    assert row.alone == seeds_needed(a, b, paired=False)
    assert row.holm == seeds_needed(a, b, paired=False, tests=66)
    assert row.ratio == pytest.approx(np.exp(b.mean() - a.mean()))
    assert (table.samples <= 1).all()  # the planted bias is the same for all
    edit(folder[0] / "poster/digits-ae-gmm.json", fcd_infinity=3.7833333333333)  # its bias is 0.1 more
    first = neighbours(loaded(folder)).samples[0]
    assert first == pytest.approx(400 * 0.1 / (0.1 * (3.9 - 3.7833333333333)), abs=1)
    words = neighbours_in_words(table, 66, pd.Series([3, 3]))
    told, corrected = (table.p < 0.05).sum(), (table.p_fdr < 0.05).sum()
    assert f"Of {len(table)} pairs of neighbours among the cells that may be the best, and the one after them" in words
    assert f"3 seeds tell {told} apart where each pair is looked at alone, and {corrected} at a false" in words
    assert len(table) == (results.competing.p_best >= 0.05).sum()


def test_the_bias_of_the_count_is_said(folder: Folder) -> None:
    lines = bias(loaded(folder))
    assert "At 400 samples, FCD is 0.200 above its value at infinity" in lines[0]
    assert "3 counts from 100 to 400." in lines[0]
    assert lines[1].startswith("**Warning: 400 samples are fewer than ten times the dimension of the penultimate")
    for key in folder[1]:
        edit(folder[0] / f"poster/{key}.json", fcd_infinity=None, fcd_by_count=None, fcd_penultimate=3.0)
    (line,) = bias(loaded(folder))
    assert "no extrapolation" in line


def test_a_memorizer_is_flagged_and_an_honest_prior_is_not(folder: Folder) -> None:
    shared, _ = folder
    assert "none of the 12 cells is flagged" in memorization(loaded(folder).table)
    edit(shared / "poster/digits-ae-gmm.json", code_c_t=-19.0, code_copies=1.0, code_authenticity=0.0)
    edit(shared / "poster/digits-vae-flow.json", feature_copies=0.4, feature_authenticity=0.3)
    dropper = {"code_c_t": -9.0, "code_authenticity": 0.5, "code_authenticity_held_out": 0.55}
    edit(shared / "poster/digits-vae-wgan.json", **dropper)
    edit(shared / "poster/digits-aae-wgan.json", **dropper | {"code_authenticity": 0.1})
    results = loaded(folder)
    flagged = results.table.set_index("cell").memorized
    told = {"ae-gmm": "codes", "vae-flow": "features", "aae-wgan": "codes"}
    assert {name: flagged[name] for name in told} == told
    assert (flagged.drop(list(told)) == "none").all()
    text = memorization(results.table)
    assert re.search(r"ae-gmm: C_T -19.0, authenticity .* and copies 1.000 in codes; ", text)
    assert re.search(r"vae-flow: C_T 0.4, authenticity .* and copies 0.400 in features", text)
    assert "Not copies, but with a C_T below -3: vae-wgan." in text
    assert "have C_T ae 0.4 in features and -0.3 in codes" in text
    edit(shared / "poster/digits-ae-reconstruction.json", feature_c_t=-7.0)
    assert "there the decoder's doing" in memorization(loaded(folder).table)


def test_flagged_cells_are_shown_with_their_neighbours(folder: Folder, tmp_path: Path) -> None:
    shared, _ = folder
    edit(shared / "poster/digits-vae-native.json", code_copies=0.2, code_authenticity=0.4)  # the last of the table
    for name in ("walk", "interpolation", "skipped", "training"):
        for path in shared.rglob(f"{name}.png"):
            path.unlink()
    (tmp_path / "out").mkdir()
    found = galleries(loaded(folder), tmp_path / "out")
    (gallery,) = found["nearest"]
    assert [title for title, _ in gallery.items][-1] == "vae-native (VAE)"
    assert found["walks"] == found["skipped"] == found["training"] == []


def test_an_autoencoder_of_closed_form_takes_no_steps(folder: Folder) -> None:
    results = loaded(folder)
    del results.trained["aae"]["steps"]
    assert "ae 2,000 (8 s), vae 2,000 (8 s), aae 0 (8 s)" in method(results)


def test_the_last_fifth_of_a_training_is_looked_at(folder: Folder) -> None:
    def curves(*values: float, seed: int = 0, figure: str = "validation") -> pd.DataFrame:
        steps = 100 * np.arange(1, len(values) + 1)
        return pd.DataFrame({"step": steps, "seed": seed, "figure": figure, "value": values})

    assert late_gain(curves(9, 7, 6, 5, 4)) == pytest.approx(0.2)
    assert late_gain(curves(9, 7, 6, 4, 5)) == 0  # its weights are those of the fourth point
    assert late_gain(curves(4, 5, 6, 7, 8)) == 0
    assert late_gain(pd.concat([curves(9, 7, 6, 5, 4), curves(9, 7, 6, 5, 5, seed=1)])) == pytest.approx(0.1)
    assert np.isnan(late_gain(curves(9, 8, figure="critic")))
    assert np.isnan(late_gain(curves(9)))
    results = loaded(folder)
    tables = {
        "ae": curves(9, 7, 6, 5, 4),
        "vae": curves(3, figure="validation"),  # one point: nothing was learned by steps
        "ae-flow": curves(9, 4, 4, 4, 4),
        "vae-flow": curves(8, 6, 5, 4, 3.5),
        "ae-wgan": curves(9, 8, 8, figure="critic"),
    }
    (text,) = flatness_in_words(results, tables)
    assert "priors vae-flow made the most of its gain there, 11.1%" in text
    assert "autoencoders ae made the most of its gain there, 20.0%" in text
    assert "Nothing more gained there: ae-flow; earlier" in text
    assert text.endswith("chosen: ae-wgan.")
    assert flatness_in_words(results, {"ae-wgan": tables["ae-wgan"]}) == []


def test_agreement_of_rankings(folder: Folder) -> None:
    shared, _ = folder
    taus = tau_table(loaded(folder))
    assert "FCD, penultimate" not in taus  # nobody has it
    assert taus.loc["FCD", "precision"] == pytest.approx(1)  # higher is better there
    assert taus.loc["FCD", "FCD, classifier 3"] == pytest.approx(1)
    assert np.isnan(taus.loc["FCD", "recall"])
    results = loaded(folder)
    told = int(results.pairs.differ.sum())
    assert f"of the {told} pairs of cells that the seeds tell apart, all are put" in agreement_in_words(results)
    edit(shared / "poster/digits-vae-native.json", fcd_judge=0.01)  # the judge takes the last for the first
    text = agreement_in_words(loaded(folder))
    wrong = sum("vae-native" in pair for pair in results.pairs[results.pairs.differ][["a", "b"]].to_numpy().tolist())
    assert "all are put" not in text
    assert f"apart, {told - wrong} are put" in text
    assert "tau 0.67" in text  # 55 pairs alike, 11 reversed, of 66


def test_an_older_run_leaves_gaps(tmp_path: Path) -> None:
    folder = shared, _ = written(tmp_path, ("ae",))
    old = ("fcd", "fcd_low", "fcd_high", "fcd_classifier_std", "fcd_penultimate", "fcd_relative", "fcd_validation",
           "n_samples", "seeds", "fcd_by_seed", "fcd_by_classifier", "seconds", "parameters", "yardstick", "steps",
           "factor", "device")  # fmt: skip
    for path in (shared / "poster").glob("*.json"):
        row = json.loads(path.read_text())
        path.write_text(json.dumps({key: row[key] for key in old if key in row}))
    for path in shared.rglob("*.png"):
        if path.name != "samples.png":
            path.unlink()
    for path in [*shared.glob("codes/*.json"), shared / "judge.json"]:
        path.unlink()
    text = (drawn(folder, tmp_path / "out") / "report.md").read_text()
    assert "Memorization** has not been measured" in text
    assert "no extrapolation" in text
    assert "## Nearest neighbours" not in text
    assert "judge" not in method(loaded(folder))
    assert "nan" not in text.lower()


def test_principal_components_are_owned_where_codes_differ_in_size(folder: Folder, tmp_path: Path) -> None:
    row = "| PCA, as many dimensions{} +\\| +0.{} "
    assert re.search(row.format("", 880), (drawn(folder, tmp_path / "one") / "report.md").read_text())
    edit(folder[0] / "poster/codes/vae.json", pca_knn=0.7)
    text = (drawn(folder, tmp_path / "two") / "report.md").read_text()
    assert re.search(row.format(" as vae", 700), text)
    assert re.search(row.format(" as ae, aae", 880), text)


def test_a_missing_cell_is_named(folder: Folder) -> None:
    shared, _ = folder
    edit(shared / "poster/digits-vae-gmm.json", fcd_by_seed=...)
    with pytest.raises(StoreError, match=r"digits-vae-gmm\.json has no fcd_by_seed"):
        loaded(folder)
    (shared / "poster/digits-vae-gmm.json").unlink()
    with pytest.raises(StoreError, match=r"digits-vae-gmm\.json is missing"):
        loaded(folder)


def test_yardsticks_alone_are_no_table(folder: Folder) -> None:
    shared, cells = folder
    with pytest.raises(ValueError, match="yardsticks only"):
        loaded((shared, {key: cell for key, cell in cells.items() if cell["prior"] == "reconstruction"}))


def test_one_cell_has_no_neighbour(folder: Folder, tmp_path: Path) -> None:
    shared, cells = folder
    results = loaded((shared, {key: cells[key] for key in ("digits-ae-gmm", "digits-ae-reconstruction")}))
    assert conclusions(results)[0].endswith("rank 1 of 1.")
    text = neighbours_in_words(neighbours(results), 0, pd.Series([3]))
    assert "no neighbour" in text
    (tmp_path / "out").mkdir()
    assert [part.title for part in sections(results, tmp_path / "out")][:2] == ["", "The answer at length"]


@pytest.mark.parametrize("channels", [1, 3])
def test_tiles_keep_their_pixels(channels: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, channels), dtype=np.uint8)
    images = images[..., 0] if channels == 1 else images
    picture = np.asarray(tiled(images, 3, breaks=(1,)))
    assert picture.shape[:2] == (2 * 32 + 9, 3 * 32 + 2 * 2)  # 8 pixels become 32; 2 between tiles, 9 at the break
    assert np.array_equal(picture[32 + 9 :: 4, 34 * 2 :: 4][:8, :8], images[5])
    assert (picture[32 : 32 + 9] == 255).all()


@pytest.mark.parametrize("name", ["ae-gmm", "vae_flow_posterior-reconstruction", "ae-flow (FlowAE)"])
def test_names_beside_samples_are_whole(name: str) -> None:
    figure = sample_strips({"ae": np.zeros((16, 8, 8)), name: np.zeros((16, 8, 8))})
    figure.draw_without_rendering()
    labels = [axes.yaxis.label.get_window_extent() for axes in figure.axes]
    assert min(label.x0 for label in labels) >= 0
    assert all(label.x1 <= axes.get_window_extent().x0 for label, axes in zip(labels, figure.axes, strict=True))


def test_maps_keep_classes_apart() -> None:
    labels = torch.arange(60) % 3
    points = latent_map(20.0 * torch.nn.functional.one_hot(labels, 3) + torch.randn(60, 3), labels)
    centers = points.groupby("label")[["x", "y"]].mean()
    off = np.linalg.norm(points[["x", "y"]].to_numpy()[:, None] - centers.to_numpy(), axis=2)
    assert (off.argmin(axis=1) == points.label).all()


def test_grids_are_lossless(tmp_path: Path) -> None:
    for channels in (1, 3):
        images = torch.randint(256, (16, channels, 5, 5)).byte()
        save_grid(images, tmp_path / "grid.png")
        expected = images.permute(0, 2, 3, 1).squeeze(-1).numpy()
        assert np.array_equal(read_grid(tmp_path / "grid.png"), expected)


def test_pictures_are_small_and_opaque(out: Path) -> None:
    for path in out.glob("*.png"):
        with Image.open(path) as picture:
            assert picture.mode == "P"
            assert max(picture.size) < 2000


def test_losses_of_other_sizes_have_panels_of_their_own() -> None:
    steps = np.arange(1, 21)
    losses = {"reconstruction": 80 + 20 / steps, "critic": 1.3 - 0.1 / steps, "encoder": 0.8 + 0.2 / steps}
    rows = [
        {"step": step, "seed": 0, "figure": name, "value": value}
        for name, values in losses.items()
        for step, value in zip(steps, values, strict=True)
    ]
    titles = [axes.get_title() for axes in curves({"aae": pd.DataFrame(rows)}).axes if axes.axison]
    assert titles == ["aae: encoder, critic", "aae: reconstruction"]


def test_names_of_points_do_not_lie_on_each_other() -> None:
    table = pd.DataFrame({"autoencoder": "ae", "prior": [f"prior {i}" for i in range(30)], "parameters": 1})
    table["fit_seconds"] = 10 ** np.random.default_rng(0).normal(1, 0.2, 30)
    table["fcd"] = 10 ** np.random.default_rng(1).normal(1, 0.2, 30)
    figure = pareto(table)
    (axes,) = figure.axes
    boxes = [text.get_window_extent() for text in axes.texts]
    assert 5 < len(boxes) < 30
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    named = {text.get_text() for text in axes.texts}
    assert set(table.prior[on_front(table.fit_seconds, table.fcd)]) <= named


def test_what_would_not_have_been_seen_is_said(folder: Folder, tmp_path: Path) -> None:
    def seen(limit: float | None) -> dict:
        measures = {name: {"power": [0.5, 0.9], "limit": limit} for name in ("copies", "c_t", "authenticity")}
        return {"shares": [0.05, 0.2], "memorizing": {"limit": limit, "false_alarms": 0.01}, **measures}

    facts = {"cell": "ae-gmm", "samples": 400, "codes": {"training codes": seen(0.05), "moved": seen(None)}}
    (folder[0] / "poster/detection.json").write_text(json.dumps(facts))
    text = (drawn(folder, tmp_path / "out") / "report.md").read_text()
    assert "400 samples of ae-gmm are flagged in four of five runs from these shares on: 5.0% of training codes" in text
    assert "more than 20% of moved. Less than that can be there in a cell that is not flagged." in text
    assert "## How few copies would be seen" in text
    assert re.search(r"\| moved +\| +more than 20% \| ", text)


def test_rows_with_other_numbers_of_seeds_are_compared_and_say_so(folder: Folder, tmp_path: Path) -> None:
    path = folder[0] / "poster/digits-ae-flow.json"
    path.write_text(json.dumps(figures([4.0, 4.2, 4.1, 4.05, 4.15])))
    results = loaded(folder)
    rows = results.table.set_index("cell")
    assert rows.seeds["ae-flow"] == 5
    assert rows["rank"]["ae-flow"] == rows["rank"]["ae-gmm"]
    assert "and 3 to 5 seeds, each with its own autoencoder" in method(results)
    assert wanting(results) == [
        "**More seeds** go next to ae-gmm and ae-flow: compared with the best as one family, none of them can be left "
        "out (p, best). 2 more each, until 10 (`more_seeds` in cells.yaml)."
    ]
    for cell in ("ae-flow", "ae-gmm"):
        path.with_name(f"digits-{cell}.json").write_text(json.dumps(figures([4.0, 4.2, 4.1, 4.05, 4.15] * 2)))
    assert wanting(loaded(folder)) == ["**More seeds** go to none: all that may be the best have 10."]
    edit(path, fcd_by_seed=[0.1, 0.11] * 5)
    assert wanting(loaded(folder)) == []  # one row alone may be the best
