"""Stage `open_choices`: what a paper leaves open of learning from few labels; runs that are logged are kept."""

import json
import time
from context import ROOT, run

import torch

from latentpriors.choices import unknown
from latentpriors.processes import side_by_side
from latentpriors.runs import device, generator, seed
from latentpriors.store import load_tensors
from latentpriors.studies.heads import draw_labels
from latentpriors.studies.open_choices import BEST, BEST_COLUMNS, COLUMNS, error_by_epoch, listed_choices
from latentpriors.studies.trials import finished, least_error, load_log, record, selected_errors
from latentpriors.training import Budget
from latentpriors.yaml_files import read_yaml

Pair = tuple[torch.Tensor, torch.Tensor]  # images in [0, 1] and their labels


def open_choices(params: dict, dataset: str, choice: str) -> None:
    """What a paper leaves open of learning from few labels; runs that are logged are kept.

    Choices are those of choices.yaml. Each run is a process of its own and scored on validation images; the best choice
    is trained once more, longer, and scored on test images.

    Arguments:
        dataset: A key of datasets in params.yaml.
        choice: A name in choices.yaml, several with commas, all, or best: the one with the least error, once more.
    """
    recipe, folder = read_yaml(ROOT / "choices.yaml"), ROOT / "metrics/choices"
    listed, where, best = listed_choices(recipe), device(params, recipe["precision"]), choice == BEST
    names = list(listed) if best or choice == "all" else choice.split(",")
    for name in names:
        if name not in listed:
            raise ValueError(unknown("choices.yaml", name, [*listed, "all", BEST]))
    data = load_tensors(ROOT / f"data/{dataset}/images.safetensors", where)[0]
    train, validation, test = (
        (data[f"{split}.images"].float() / 255, data[f"{split}.labels"].long())
        for split in ("train", "validation", "test")
    )
    classes, log = int(train[1].max()) + 1, folder / f"{dataset}.csv"
    if best:
        names, columns, recipe = [least_error(load_log(log))], BEST_COLUMNS, recipe | recipe["best"]
        logs = {count: folder / f"best/{dataset}-{count}.csv" for count in recipe["labels"]}
        watched, scored = {"errors": validation}, test
    else:
        columns, logs = COLUMNS, {recipe["labels"]: log}
        few = draw_labels(validation[1], recipe["labels"], classes, seed("open_choices", dataset, "validation"))
        watched = dict(zip(("errors", "few_errors"), _apart(validation, few), strict=True))
        scored = watched["errors"]
    steps = recipe["epochs"] * (len(train[1]) // recipe["batch_size"])

    def fit(count: int, name: str, draw: int, turns: tuple[str, ...] | None = None) -> dict:
        start = ["open_choices", dataset, *([BEST, count] if best else []), draw]  # the same for all choices
        told = draw_labels(train[1], count, classes, seed(*start))
        seed(*start, "weights")
        order, label = generator(where, *start), f"{name}, {count} labels, draw {draw}"
        budget = Budget(steps, recipe["batch_size"], order, recipe["precision"], label=label, row=draw)
        labelled = tuple(part[told] for part in train)
        return error_by_epoch(listed[name], train[0], labelled, watched, scored, budget, recipe["epochs"], turns)

    def trial(key: tuple[int, str, int]) -> None:
        count, name, draw = key
        clock = time.process_time if where.type == "cpu" else time.perf_counter
        row, start = {"choice": name, "draw": draw, "settings": listed[name], "steps": steps}, clock()
        try:
            found = fit(*key)
            if best:
                found["labels_only"] = fit(*key, ("labels",))["error"]
            row |= {k: json.dumps(v) if isinstance(v, list) else v for k, v in found.items() if k in columns}
        except ArithmeticError as error:  # a run that fails is spent too
            row["failure"] = str(error)
        record(logs[count], row | {"seconds": round(clock() - start, 1)}, columns)

    known = {count: load_log(path, columns) for count, path in logs.items()}
    runs = [(count, name, draw) for count in logs for name in names for draw in range(1, recipe["draws"] + 1)]
    runs = [(count, *run) for count, *run in runs if not finished(known[count], *run, listed[run[0]], steps)]
    side_by_side(trial, runs, where.type)
    for count, path in logs.items():
        found = load_log(path, columns)
        shown = found[["choice", "error", "labels_only"]] if best else selected_errors(found).drop(columns="draw")
        means = shown.groupby("choice", sort=False).mean()
        print(f"{count} labels:\n{means.to_string(float_format='{:.2%}'.format)}")


def _apart(pair: Pair, few: torch.Tensor) -> tuple[Pair, Pair]:
    """Returns images and their labels in two parts: all but a few, and these."""
    rest = torch.ones(len(pair[1]), dtype=torch.bool, device=pair[1].device)
    rest[few] = False
    return tuple(part[rest] for part in pair), tuple(part[few] for part in pair)


if __name__ == "__main__":
    run(open_choices, checked=False)
