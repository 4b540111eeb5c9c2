"""Stage `open_choices`: what a paper leaves open of learning from few labels; runs that are logged are kept."""

import json
import time
from context import ROOT, run

from latentpriors.choices import unknown
from latentpriors.processes import side_by_side
from latentpriors.runs import device, generator, seed
from latentpriors.store import load_tensors
from latentpriors.studies.heads import draw_labels
from latentpriors.studies.open_choices import COLUMNS, error_by_epoch, listed_choices
from latentpriors.studies.trials import finished, load_log, record, selected_errors
from latentpriors.training import Budget
from latentpriors.yaml_files import read_yaml


def open_choices(params: dict, dataset: str, choice: str) -> None:
    """What a paper leaves open of learning from few labels; runs that are logged are kept.

    Choices are those of choices.yaml. Each run is a process of its own, scored on the validation split.

    Arguments:
        dataset: A key of datasets in params.yaml.
        choice: A name in choices.yaml, several with commas, or all.
    """
    recipe, log = read_yaml(ROOT / "choices.yaml"), ROOT / f"metrics/choices/{dataset}.csv"
    listed, where = listed_choices(recipe), device(params, recipe["precision"])
    data = load_tensors(ROOT / f"data/{dataset}/images.safetensors", where)[0]
    images = {split: data[f"{split}.images"].float() / 255 for split in ("train", "validation")}
    labels = {split: data[f"{split}.labels"].long() for split in images}
    steps = recipe["epochs"] * (len(labels["train"]) // recipe["batch_size"])
    names = list(listed) if choice == "all" else choice.split(",")
    for name in names:
        if name not in listed:
            raise ValueError(unknown("choices.yaml", name, listed))
    classes = int(labels["train"].max()) + 1
    few = draw_labels(labels["validation"], recipe["labels"], classes, seed("open_choices", dataset, "validation"))

    def trial(key: tuple[str, int]) -> None:
        name, draw = key
        clock = time.process_time if where.type == "cpu" else time.perf_counter
        row, start = {"choice": name, "draw": draw, "settings": listed[name], "steps": steps}, clock()
        told = draw_labels(labels["train"], recipe["labels"], classes, seed("open_choices", dataset, draw))
        seed("open_choices", dataset, draw, "weights")  # the same start for all choices
        order = generator(where, "open_choices", dataset, draw)
        budget = Budget(steps, recipe["batch_size"], order, recipe["precision"], label=f"{name} {draw}", row=draw)
        try:
            found = error_by_epoch(listed[name], images, labels, told, few, budget, recipe["epochs"])
            row |= {k: json.dumps(v) if isinstance(v, list) else v for k, v in found.items() if k in COLUMNS}
        except ArithmeticError as error:  # a run that fails is spent too
            row["failure"] = str(error)
        record(log, row | {"seconds": round(clock() - start, 1)}, COLUMNS)

    runs = [(name, draw) for name in names for draw in range(1, recipe["draws"] + 1)]
    known = load_log(log, COLUMNS)
    side_by_side(trial, [key for key in runs if not finished(known, *key, listed[key[0]], steps)], where.type)
    found = selected_errors(load_log(log, COLUMNS))
    print(found.groupby("choice", sort=False)[["kept", "few", "all"]].mean().to_string(float_format="{:.2%}".format))


if __name__ == "__main__":
    run(open_choices, checked=False)
