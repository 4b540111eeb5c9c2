"""The report on a fixture: what it says, what it draws, and that it needs nothing else."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from latentpriors.previews import latent_map, read_grid, save_grid
from latentpriors.report import report

FCD = {"native": [9.0, 9.5, 8.6], "flow": [4.0, 4.2, 4.1], "wgan": [5.0, 5.3, 5.1], "reconstruction": [0.5, 0.6, 0.5]}


def figures(values: list[float], **more) -> dict:
    mean = float(np.mean(values))
    facts = {
        "fcd": mean,
        "fcd_low": mean - 1 if len(values) > 1 else None,
        "fcd_high": mean + 1 if len(values) > 1 else None,
        "fcd_classifier_std": 0.1,
        "fcd_penultimate": mean * 1.1,
        "fcd_relative": mean / 300,
        "fcd_validation": mean,
        "n_samples": 400,
        "seeds": len(values),
        "fcd_by_seed": values,
        "fcd_by_classifier": [mean, mean, mean],
        "yardstick": False,
    }
    return facts | {"parameters": 1234, "seconds": 2.5, "device": "cpu", "steps": 600} | more


@pytest.fixture
def folder(tmp_path: Path) -> tuple[Path, dict]:
    """Metrics and previews of a table with three autoencoders, as the stages write them."""
    table, shared, cells = tmp_path / "digits/poster", tmp_path / "digits", {}
    curve = pd.DataFrame({"step": [1, 2], "seed": 0, "figure": "validation", "value": [2.0, 1.0]})
    for autoencoder in ("ae", "vae", "aae"):
        own = shared / "autoencoders" / autoencoder
        own.mkdir(parents=True)
        (shared / f"autoencoders/{autoencoder}.json").write_text(json.dumps({"steps": 2000, "seconds": 7.5}))
        curve.to_csv(own / "curves.csv", index=False)
        latent_map(torch.randn(30, 3), torch.arange(30) % 10).to_csv(own / "map.csv", index=False)
        for prior, values in FCD.items():
            key = f"digits-{autoencoder}-{prior}"
            cells[key] = {"dataset": "digits", "autoencoder": autoencoder, "prior": prior, "table": "poster"}
            (table / key).mkdir(parents=True)
            shift = {"ae": 0.0, "vae": 4.0, "aae": 1.0}[autoencoder] * (prior != "reconstruction")
            density = {"nll": 12.5} if prior != "wgan" else {}
            row = figures([v + shift for v in values], yardstick=prior == "reconstruction", **density)
            (table / f"{key}.json").write_text(json.dumps(row))
            save_grid(torch.randint(256, (64, 1, 8, 8)).byte(), table / key / "samples.png")
            (curve if prior in ("flow", "wgan") else curve[:0]).to_csv(table / key / "curves.csv", index=False)
            plane = pd.DataFrame(torch.randn(40, 2).numpy(), columns=["x", "y"])
            plane.assign(source=["held-out codes", "prior samples"] * 20).to_csv(table / key / "plane.csv", index=False)
    (table / "digits-real").mkdir()
    save_grid(torch.randint(256, (64, 1, 8, 8)).byte(), table / "digits-real" / "samples.png")
    real = figures([0.2], yardstick=True, fcd_train=0.15) | {"seeds": 0}
    (table / "digits-real.json").write_text(json.dumps(real))
    (shared / "classifier.json").write_text(json.dumps({"validation": 0.985, "test": 0.98}))
    return shared, cells


def drawn(folder: tuple[Path, dict], out: Path) -> Path:
    shared, cells = folder
    out.mkdir()
    report(cells, "digits-real", shared / "poster", shared, "digits", out)
    return out


def test_report_has_all_its_parts(folder: tuple[Path, dict], tmp_path: Path) -> None:
    out = drawn(folder, tmp_path / "out")
    names = {"forest", "samples", "codes", "densities", "maps", "curves"}
    assert {path.name for path in out.iterdir()} == {
        "report.md", "report.html", "table.csv", "table.tex", *(f"{name}.png" for name in names),
    }  # fmt: skip
    table = pd.read_csv(out / "table.csv")
    assert list(table.cell[:4]) == ["real", "ae-reconstruction", "vae-reconstruction", "aae-reconstruction"]
    rows = table[~table.yardstick]
    assert rows.fcd.is_monotonic_increasing
    assert rows.cell.iloc[0] == "ae-flow"
    assert rows.fcd.iloc[0] == pytest.approx(4.1)
    for name in names:
        assert (out / f"{name}.png").read_bytes()[:4] == b"\x89PNG"


def test_report_says_how_the_posters_order_comes_out(folder: tuple[Path, dict], tmp_path: Path) -> None:
    text = (drawn(folder, tmp_path / "out") / "report.md").read_text()
    assert "**ae-flow** has the lowest FCD: 4.10 (95% interval 3.10 to 5.10)" in text
    assert "The runner-up, aae-flow, is behind: difference 1.00" in text
    assert "FlowAE 4.65 < AdvAE 6.03 < AAE 6.09 < VAE 8.12" in text
    assert "Here: FlowAE 4.10 < AdvAE 5.13 < AAE 10.03 < VAE 13.03" in text
    assert "FlowAE < AdvAE **holds**" in text
    assert "| ae-flow (FlowAE)" in text
    assert "| ae-native " in text
    assert "Steps of each autoencoder, with the seconds of a seed: ae 2,000 (8 s), vae 2,000" in text
    assert "nan" not in text


def test_a_reversed_and_an_undecided_order_are_said(folder: tuple[Path, dict], tmp_path: Path) -> None:
    shared, _ = folder
    path = shared / "poster/digits-ae-flow.json"
    for values, verdict in (([9.0, 9.2, 9.1], "**is reversed**"), ([4.0, 6.2, 5.0], "cannot be told")):
        path.write_text(json.dumps(figures(values)))
        text = (drawn(folder, tmp_path / verdict[:6].strip("* ")) / "report.md").read_text()
        assert f"FlowAE < AdvAE {verdict}" in text


def test_one_seed_has_no_intervals(folder: tuple[Path, dict], tmp_path: Path) -> None:
    shared, cells = folder
    for key in cells:
        path = shared / f"poster/{key}.json"
        path.write_text(json.dumps(figures([5.0], yardstick="reconstruction" in key)))
    assert "not decided by one seed" in (drawn(folder, tmp_path / "out") / "report.md").read_text()


def test_html_is_self_contained(folder: tuple[Path, dict], tmp_path: Path) -> None:
    page = (drawn(folder, tmp_path / "out") / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 6
    assert not any(word in page for word in ("http:", "https:", "<script src", "<link"))
    assert "<b>ae-flow</b>" in page


def test_grids_are_lossless(tmp_path: Path) -> None:
    for channels in (1, 3):
        images = torch.randint(256, (16, channels, 5, 5)).byte()
        save_grid(images, tmp_path / "grid.png")
        expected = images.permute(0, 2, 3, 1).squeeze(-1).numpy()
        assert np.array_equal(read_grid(tmp_path / "grid.png"), expected)
