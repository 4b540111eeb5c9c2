"""What a paper leaves open of how classes are learned from a few labels: one choice at a time, on validation images."""

__all__ = ["BEST", "BEST_COLUMNS", "COLUMNS", "error_by_epoch", "listed_choices"]

import inspect
from dataclasses import replace

import torch
from torch import Tensor

from ..project.schema import check_block, check_is_block, check_keys
from ..training import Budget, evaluate, train
from .heads import HeadsAAE, head_figures

# What choices.yaml has beside the default and its changes.
RECIPE = {
    "labels": int, "draws": int, "epochs": int, "batch_size": int, "precision": str,
    "best": {"labels": tuple[int, ...], "draws": int, "epochs": int},
}  # fmt: skip
BEST = "best"  # not the name of a choice
GIVEN = ("shape", "classes", "labelled")  # of the model's arguments, by the data
# Of the log; the first two name a run. `errors` and `few_errors` are lists by epoch, as `error_by_epoch` returns them.
COLUMNS = (
    "choice", "draw", "settings", "steps", "error", "errors", "few_errors", "reconstruction", "classes_used",
    "last_critics", "last_labels", "seconds", "failure",
)  # fmt: skip
# Of the logs of the best, where `error` is of test images; `labels_only` is that of the same network without its other
# turns.
BEST_COLUMNS = tuple("labels_only" if name == "few_errors" else name for name in COLUMNS)


def listed_choices(recipe: dict) -> dict[str, dict]:
    """Returns the settings of each choice by its name, `default` first.

    Raises:
        ValueError: the content of choices.yaml has another form, an argument that `HeadsAAE` does not have, two
            choices that are the same, or one that is named as what stands for the best.
    """
    own = ("default", "changes")
    check_keys(recipe, (*RECIPE, *own), "choices.yaml")
    check_block({key: recipe[key] for key in recipe if key not in own}, RECIPE, "choices.yaml")
    check_is_block(recipe["changes"], "choices.yaml changes")
    parameters = inspect.signature(HeadsAAE).parameters
    schema = {name: p.annotation for name, p in parameters.items() if name not in GIVEN}
    listed: dict[str, dict] = {}
    for name, change in {"default": {}, **recipe["changes"]}.items():
        path = f"choices.yaml {name}"
        if name == BEST:
            raise ValueError(f"{path}: a change needs another name; this one stands for the best of all")
        for block in (recipe["default"], change):
            check_is_block(block, path)
        settings = recipe["default"] | change
        check_block(settings, schema, path, optional=set(schema))
        if settings in listed.values():
            raise ValueError(f"{path}: an earlier choice has the same settings")
        listed[name] = settings
    return listed


def error_by_epoch(
    settings: dict, x: Tensor, labelled: tuple[Tensor, Tensor], watched: dict[str, tuple[Tensor, Tensor]],
    scored: tuple[Tensor, Tensor], budget: Budget, epochs: int, turns: tuple[str, ...] | None = None,
) -> dict[str, float | list[float]]:  # fmt: skip
    """Trains by a choice and returns how often the class of images is wrong.

    `error` and what else `head_figures` returns are those of the weights that are kept; by the names of what is
    watched, there are the errors after each epoch, of the weights as they are then. Beside them are the `last_` losses
    of the turns.

    Arguments:
        settings: Arguments of `HeadsAAE`.
        x: The training images (N, C, H, W), in [0, 1].
        labelled: Those of them (L, C, H, W) whose labels (L,) are told, and these.
        watched: By name, images and labels that are looked at after each epoch.
        scored: Images and labels of `error`.
        budget: Of the training.
        epochs: How often it is looked at.
        turns: Those that are taken; None for all.
    """
    classes = int(labelled[1].max()) + 1
    model = HeadsAAE(x.shape[1:], classes, labelled=labelled, **settings).to(x.device)
    model.turns = turns or model.turns
    errors = {name: [] for name in watched}

    @torch.no_grad()
    def look(step: int) -> None:
        model.eval()
        for name, pair in watched.items():
            wrong = evaluate(lambda x, y: model.heads(x)[0].argmax(1) != y, pair)
            errors[name].append(float(wrong.double().mean()))
        model.train()

    last = train(model, (x,), replace(budget, evaluations=epochs, look=look))
    return head_figures(model, *scored) | {f"last_{turn}": loss for turn, loss in last.items()} | errors
