"""What a paper leaves open of how classes are learned from a few labels: one choice at a time, on validation images."""

__all__ = ["COLUMNS", "error_by_epoch", "listed_choices"]

import inspect
from dataclasses import replace

import torch
from torch import Tensor

from ..project.schema import check_block, check_is_block, check_keys, check_value
from ..training import Budget, evaluate, train
from .heads import HeadsAAE, head_figures

# What choices.yaml has beside the default and its changes.
RECIPE = {"labels": int, "draws": int, "epochs": int, "batch_size": int, "precision": str}
GIVEN = ("shape", "classes", "labelled")  # of the model's arguments, by the data
# Of the log; the first two name a run. `errors` and `few_errors` are lists by epoch, as `error_by_epoch` returns them.
COLUMNS = (
    "choice", "draw", "settings", "steps", "error", "errors", "few_errors", "reconstruction", "classes_used",
    "last_critics", "last_labels", "seconds", "failure",
)  # fmt: skip


def listed_choices(recipe: dict) -> dict[str, dict]:
    """Returns the settings of each choice by its name, `default` first.

    Raises:
        ValueError: the content of choices.yaml has another form, an argument that `HeadsAAE` does not have, or two
            choices that are the same.
    """
    check_keys(recipe, (*RECIPE, "default", "changes"), "choices.yaml")
    for key, kind in RECIPE.items():
        check_value(recipe[key], kind, f"choices.yaml {key}")
    check_is_block(recipe["changes"], "choices.yaml changes")
    parameters = inspect.signature(HeadsAAE).parameters
    schema = {name: p.annotation for name, p in parameters.items() if name not in GIVEN}
    listed: dict[str, dict] = {}
    for name, change in {"default": {}, **recipe["changes"]}.items():
        path = f"choices.yaml {name}"
        for block in (recipe["default"], change):
            check_is_block(block, path)
        settings = recipe["default"] | change
        check_block(settings, schema, path, optional=set(schema))
        if settings in listed.values():
            raise ValueError(f"{path}: an earlier choice has the same settings")
        listed[name] = settings
    return listed


def error_by_epoch(
    settings: dict, images: dict[str, Tensor], labels: dict[str, Tensor], told: Tensor, few: Tensor, budget: Budget,
    epochs: int,
) -> dict[str, float | list[float]]:  # fmt: skip
    """Trains by a choice and returns how often the class of validation images is wrong.

    `error` is that of the weights that are kept, of all validation images but a few, whose labels somebody who
    chooses an epoch may see; `errors` and `few_errors` are those of both after each epoch, of the weights as they are
    then. Beside them is what `head_figures` returns and the `last_` losses of the critics and on the labels.

    Arguments:
        settings: Arguments of `HeadsAAE`.
        images: In [0, 1], with shape (N, C, H, W), of "train" and "validation".
        labels: The classes (N,) of both; of "train" only those that are told are looked at.
        told: The indices (L,) of these.
        few: The indices of the few validation images.
        budget: Of the training.
        epochs: How often it is looked at.
    """
    x, y, classes = images["validation"], labels["validation"], int(labels["validation"].max()) + 1
    rest = torch.ones(len(y), dtype=torch.bool, device=y.device)
    rest[few] = False
    pair = images["train"][told], labels["train"][told]
    model = HeadsAAE(x.shape[1:], classes, labelled=pair, **settings).to(x.device)
    errors, few_errors = [], []

    @torch.no_grad()
    def look(step: int) -> None:
        model.eval()
        wrong = evaluate(lambda x, y: model.heads(x)[0].argmax(1) != y, (x, y)).double()
        model.train()
        errors.append(float(wrong[rest].mean()))
        few_errors.append(float(wrong[few].mean()))

    last = train(model, (images["train"],), replace(budget, evaluations=epochs, look=look))
    figures = head_figures(model, x[rest], y[rest])
    losses = {f"last_{turn}": last[turn] for turn in ("critics", "labels")}
    return figures | losses | {"errors": errors, "few_errors": few_errors}
