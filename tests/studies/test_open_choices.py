"""What a paper leaves open: the choices that are listed, a run of one, and by what an epoch is chosen."""

import json
from pathlib import Path

import pandas as pd
import pytest
import torch
from test_few_labels import SETTINGS, patches
from torch import nn

from latentpriors.report.open_choices import best_sections, choices_sections
from latentpriors.studies.heads import HeadsAAE, draw_labels
from latentpriors.studies.open_choices import BEST_COLUMNS, COLUMNS, error_by_epoch, listed_choices
from latentpriors.studies.trials import finished, least_error, load_log, record, selected_errors
from latentpriors.training import Budget
from latentpriors.yaml_files import read_yaml

RECIPE = {
    "labels": 100, "draws": 2, "epochs": 2, "batch_size": 100, "precision": "float32",
    "best": {"labels": [100], "draws": 2, "epochs": 4},
    "default": {"style": 2, "network": "mlp"}, "changes": {"momentum": {"momentum": 0.1}},
}  # fmt: skip


def test_each_choice_of_the_committed_recipe_changes_one_thing(root: Path) -> None:
    recipe = read_yaml(root / "choices.yaml")
    listed = listed_choices(recipe)
    assert len(listed) == 9
    assert next(iter(listed)) == "default"
    for settings in listed.values():
        HeadsAAE((1, 28, 28), 10, labelled=(torch.zeros(10, 1, 28, 28), torch.arange(10)), **settings)
    # Spelt out: a change of a default in the code does not change what was run.
    assert all(set(settings) == set(recipe["default"]) for settings in listed.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"draws": "two"}, "choices.yaml.draws: a whole number is needed, not 'two'"),
        ({"foo": 1}, "choices.yaml: 'foo' is unknown"),
        ({"changes": {"a": {"momentun": 0.1}}}, "choices.yaml a: 'momentun' is unknown; choose from momentum"),
        ({"changes": {"a": {"shape": 1}}}, "choices.yaml a: 'shape' is unknown"),
        ({"changes": {"a": {"network": "mlp"}}}, "choices.yaml a: an earlier choice has the same settings"),
        ({"best": {"labels": 100, "draws": 2, "epochs": 4}}, "choices.yaml.best.labels: a list is needed, not 100"),
        ({"changes": {"best": {"momentum": 0.1}}}, "choices.yaml best: a change needs another name"),
        ({"changes": {"a": 3}}, "choices.yaml a: a block of keys is needed, not 3"),
    ],
)
def test_mistakes_in_the_choices(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        listed_choices(RECIPE | change)


def test_a_run_is_looked_at_after_every_epoch_and_scored_on_other_images() -> None:
    (x, y), (held_out, labels) = patches(0, 400), patches(1, 200)
    wrong = (held_out[:20], (labels[:20] + 1) % 4)
    told = draw_labels(y, 16, 4, 0)

    def found(turns: tuple[str, ...] | None = None) -> dict:
        torch.manual_seed(0)
        budget, watched = Budget(800, 100, torch.Generator().manual_seed(1)), {"errors": (x, y), "few_errors": wrong}
        labelled, scored = (x[told], y[told]), (held_out[20:], labels[20:])
        return error_by_epoch(SETTINGS | {"style": 1}, x, labelled, watched, scored, budget, 8, turns)

    every = found()
    assert every["error"] < 0.05
    assert len(every["errors"]) == len(every["few_errors"]) == 8
    assert every["errors"][-1] < 0.1 < every["errors"][0]
    assert every["few_errors"][-1] > 0.9
    assert {"last_critics", "last_labels"} < set(every)
    alone = found(("labels",))
    assert "last_critics" not in alone
    assert alone["reconstruction"] > every["reconstruction"] + 1  # its decoder has not learned


def test_an_epoch_is_chosen_by_the_few_and_the_best_is_of_nobody() -> None:
    rows = [
        ("a", 1, 0.5, [0.4, 0.1, 0.3, 0.2], [0.3, 0.2, 0.2, 0.3], None),
        ("b", 1, None, None, None, "the loss is nan"),
    ]
    log = pd.DataFrame(rows, columns=["choice", "draw", "error", "errors", "few_errors", "failure"])
    log[["errors", "few_errors"]] = log[["errors", "few_errors"]].map(json.dumps)
    found = selected_errors(log).set_index("choice").loc["a"]
    assert found.tolist() == [1, 0.5, 0.3, 0.1]  # of two epochs with the least error on the few, the last
    assert selected_errors(log[:0]).empty


def test_the_log_keeps_a_run_until_its_settings_change(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    for draw in (2, 1, 2):
        record(path, {"choice": "a", "draw": draw, "settings": {"style": 2}, "steps": 5, "error": draw / 10}, COLUMNS)
    log = load_log(path, COLUMNS)
    assert list(log.columns) == list(COLUMNS)
    assert log.draw.tolist() == [1, 2]
    assert finished(log, "a", 2, {"style": 2}, 5)
    assert not finished(log, "a", 2, {"style": 3}, 5)
    assert not finished(log, "b", 2, {"style": 2}, 5)


def test_the_best_choice_has_the_least_mean_and_no_run_that_failed() -> None:
    rows = [("a", 0.1), ("a", 0.3), ("b", 0.05), ("b", None), ("c", 0.15), ("c", 0.2)]
    log = pd.DataFrame(rows, columns=["choice", "error"])
    assert least_error(log) == "c"
    with pytest.raises(ValueError, match="no choice is logged yet"):
        least_error(log[3:4])


def test_turns_rates_and_normalization_are_as_chosen() -> None:
    pair = torch.zeros(4, 1, 4, 4), torch.arange(4)
    order = ("critics", "labels", "encoder", "reconstruction")
    assert HeadsAAE((1, 4, 4), 4, 1, pair, order=order, **SETTINGS).turns == order
    assert HeadsAAE((1, 4, 4), 4, 1, order=order, **SETTINGS).turns == ("critics", "encoder", "reconstruction")
    with pytest.raises(ValueError, match="order: reconstruction, critics, encoder, labels are needed, once each"):
        HeadsAAE((1, 4, 4), 4, 1, order=("critics", "encoder"), **SETTINGS)
    falls, stays = (HeadsAAE((1, 4, 4), 4, 1, decay=decay, **SETTINGS) for decay in (True, False))
    assert falls.schedule(1.0) == pytest.approx(0)
    assert stays.schedule(1.0) == 1
    assert stays.schedule(0.025) == 0.5
    kinds = [type(layer) for layer in HeadsAAE((1, 4, 4), 4, 1, normalized=True, **SETTINGS).encoder]
    assert kinds == [nn.Linear, nn.BatchNorm1d, nn.ReLU] * 2 + [nn.Linear]
    encoder = HeadsAAE((1, 28, 28), 4, 1, normalized=True).encoder
    kinds = [[type(layer) for layer in stage] for stage in list(encoder)[:2]]
    assert kinds == [[nn.Conv2d, nn.BatchNorm2d, nn.ReLU]] * 2
    assert [type(layer) for layer in list(encoder)[2:]] == [nn.Flatten, nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.Linear]
    assert encoder(torch.zeros(2, 1, 28, 28)).shape == (2, 5)
    with pytest.raises(ValueError, match="normalized: the encoder is neither an MLP nor convolutional"):
        HeadsAAE((1, 28, 28), 4, 1, network="all_conv", normalized=True)


def test_the_page_says_what_the_choices_gave(tmp_path: Path) -> None:
    def row(choice: str, draw: int, error: float, used: int = 10, **settings: object) -> dict:
        return {
            "choice": choice, "draw": draw, "settings": json.dumps({"momentum": 0.5} | settings), "steps": 5000,
            "error": error, "errors": json.dumps([0.5, error - 0.01]), "few_errors": json.dumps([0.1, 0.2]),
            "classes_used": used, "last_critics": 2.5, "seconds": 120.0,
        }  # fmt: skip

    runs = [row("default", 1, 0.06), row("default", 2, 0.08), row("slow", 1, 0.05, momentum=0.1),
            row("slow", 2, 0.07, momentum=0.1), row("wide", 1, 0.3, 7)]  # fmt: skip
    log = pd.DataFrame(runs).reindex(columns=list(COLUMNS))
    (section,) = choices_sections({"mnist": log}, tmp_path)
    text, sheet = section.blocks[0].text, section.blocks[1].table
    assert "3 settings" in text
    assert "errors from 6.00% to 30.00%, median 7.00%" in text
    assert "The lowest is that of **slow** (5.00%, 7.00%). The default has 7.00% (6.00%, 8.00%); **their draws" in text
    assert "**collapsed** with wide." in text
    assert sheet.choice.tolist() == ["slow", "default", "wide"]
    assert sheet.changes.tolist() == ["momentum 0.1", "", ""]
    assert (tmp_path / "choices_mnist.png").is_file()
    log.loc[log.choice == "slow", "error"] = 0.01
    assert (
        "every draw of the best is below every draw of it"
        in choices_sections({"mnist": log}, tmp_path)[0].blocks[0].text
    )
    assert choices_sections({"mnist": log[:0]}, tmp_path) == []


def test_the_page_says_what_the_best_choice_gave_and_leaves_out_what_failed(tmp_path: Path) -> None:
    runs = [
        {"choice": "wide", "draw": draw, "steps": 50000, "error": error, "labels_only": 0.2, "last_critics": 0.1,
         "errors": json.dumps([0.5, error])}
        for draw, error in ((2, 0.04), (1, 0.02))
    ]  # fmt: skip
    log = pd.DataFrame([*runs, {"choice": "wide", "draw": 3, "failure": "nan"}]).reindex(columns=list(BEST_COLUMNS))
    (section,) = best_sections({"mnist": {1000: log[:1], 100: log}, "digits": {100: log[2:]}}, tmp_path)
    text, sheet = section.blocks[0].text, section.blocks[1].table
    assert "With **100 labels** and 50,000 rounds, **wide** is wrong in 3.00% of the test images (95% interval" in text
    assert "2 draws of the labels), and the same network that sees the labelled images alone in 20.00%." in text
    assert "In 2 of 2 draws the critics tell **nearly all** codes" in text
    assert "With **1,000 labels** and 50,000 rounds, **wide** is wrong in 4.00% of the test images (one draw" in text
    assert text.endswith("1 run failed.")
    assert sheet.draws.tolist() == ["2.00%, 4.00%", "20.00%, 20.00%", "4.00%", "20.00%"]
    assert (tmp_path / "best_mnist.png").is_file()
