"""Mistakes in params.yaml and the rows of the tables, found before any work: each names the key and the choices."""

__all__ = ["check", "check_method"]

import inspect
import itertools
import re
from collections.abc import Iterable

from ..autoencoders.base import Autoencoder
from ..choices import unknown
from ..networks import NETWORKS, Classifier
from ..registry import KINDS, find, hyperparameters, method_of, names
from ..targets import TARGETS
from .schema import CHOICES, check_block, check_is_block, check_keys, check_value
from .tables import GROUPS

# Fields of cells.yaml: what params.yaml has a block for, and tables of the same data set.
METHODS, TABLES = {"dataset", "autoencoder", "prior"}, {"table", "beside"}
IMAGE = (1, 32, 32)  # on which every network can be built, whatever the images' shape will be
DEVICES = ("auto", "cpu", "cuda")

DATASET = {
    "source": {"reader": str, "mirrors": tuple[str, ...]},
    "split": {"train": int | None, "validation": int, "test": int | None, "seed": int},
    "samples": int,
    "classifier": {"count": int, "steps": int, "batch_size": int, "precision": str, "network": None},
    "judge": {"count": int, "steps": int, "batch_size": int, "precision": str, "network": None},
    "autoencoder": {"steps": int, "batch_size": int, "precision": str, "network": None},
    "prior": {"steps": int, "batch_size": int, "precision": str},
}
# Of data sets for which tables.yaml lists the study; the other studies have nothing to set.
STUDIES = {
    "clusters": {
        "factor": float,
        "counts": tuple[int, ...],
        "style": int,
        "noise_scale": float,
        "normalized": bool,
        "encoder_learning_rate": float,
    },
    "completion": {"factor": float, "quarters": tuple[int, ...], "samples": int},
    "evolution": {"latent": int, "epochs": tuple[int, ...]},
    "few_labels": {
        "factor": float,
        "labels": tuple[int, ...],
        "draws": int,
        "style": int,
        "noise_scale": float,
        "normalized": bool,
        "label_rate": float,
    },
    "reduction": {
        "factor": float,
        "clusters": int,
        "labels": tuple[int, ...],
        "apart": float,
        "noise_scale": float,
        "normalized": bool,
        "learning_rate": float,
        "encoder_learning_rate": float,
        "label_rate": float,
    },
    "styles": {"factor": float, "dimensions": tuple[int, ...]},
    "sweep": {"factor": float, "betas": tuple[float, ...]},
}
FOUR_POINTS = {"steps": int, "batch_size": int, "precision": str, "network": None}
EXACT = {"train": int, "validation": int, "test": int, "steps": int, "batch_size": int, "precision": str}


def check(params: dict, cells: dict) -> None:
    """Raises ValueError where a key is misspelt, missing or has a bad value, or a cell makes no sense.

    Arguments:
        params: The content of params.yaml.
        cells: What `read_tables` returns.
    """
    blocks = ("seeds", "device", "datasets", "exact", "four_points", "autoencoders", "priors")
    check_keys(params, blocks, "params.yaml")
    for kind in ("datasets", *KINDS):
        check_is_block(params[kind], f"params.yaml {kind}")
        for name in params[kind]:
            if not (isinstance(name, str) and re.fullmatch(r"\w[\w-]*", name, re.ASCII)):
                raise ValueError(f"params.yaml {kind}: a name of letters, digits, _ and - is needed, not {name!r}")
    check_value(params["seeds"], int, "params.yaml seeds")
    if params["device"] not in DEVICES:
        raise ValueError(unknown("params.yaml device", params["device"], DEVICES))
    network, classifier = _arguments(Autoencoder, {"shape", "stochastic"}), _arguments(Classifier, {"shape", "classes"})
    check_keys(cells, ("tables", "studies", "designs", *GROUPS), "tables.yaml")
    _studies(params, cells["studies"])
    for name, block in params["datasets"].items():
        path = f"params.yaml datasets.{name}"
        schema = DATASET | {kind: DATASET[kind] | {"network": classifier} for kind in ("classifier", "judge")}
        schema |= {"autoencoder": DATASET["autoencoder"] | {"network": network}}
        schema |= {study: STUDIES[study] for study in STUDIES if name in cells["studies"][study]}
        check_block(block, schema, path, optional={*network, *classifier} - {"network", "latent"})
        _network(block["autoencoder"]["network"], f"{path}.autoencoder.network", NETWORKS)
        for kind, key in itertools.product(("classifier", "judge"), ("channels", "strides")):
            if len(given := block[kind]["network"].get(key, (0, 0, 0))) != 3:
                raise ValueError(f"{path}.{kind}.network.{key}: one for each of three layers, not {given!r}")
        quarters = block["completion"]["quarters"] if "completion" in schema else [1]
        if not quarters or max(quarters) > 3 or len(set(quarters)) < len(quarters):
            raise ValueError(f"{path}.completion.quarters: different numbers from 1 to 3 are needed, not {quarters}")
        for study, key in (
            ("clusters", "counts"),
            ("evolution", "epochs"),
            ("few_labels", "labels"),
            ("reduction", "labels"),
            ("styles", "dimensions"),
        ):
            found = block[study][key] if study in schema else [1]
            if not found or len(set(found)) < len(found):
                raise ValueError(f"{path}.{study}.{key}: different numbers are needed, not {found}")
        epochs = block["evolution"]["epochs"] if "evolution" in schema else []
        if epochs != sorted(epochs):
            raise ValueError(f"{path}.evolution.epochs: numbers in growing order are needed, not {epochs}")
        if "clusters" in schema and max(block["clusters"]["counts"]) > block["split"]["validation"]:
            raise ValueError(
                f"{path}.clusters.counts: {max(block['clusters']['counts'])} clusters and "
                f"{block['split']['validation']} validation images to name them; ask for fewer"
            )
        if "reduction" in schema and block["reduction"]["apart"] == 0:
            raise ValueError(f"{path}.reduction.apart: a distance above 0 is needed")
        betas = block["sweep"]["betas"] if "sweep" in schema else [1]
        if not betas or min(betas) == 0 or len(set(betas)) < len(betas):
            raise ValueError(f"{path}.sweep.betas: different numbers above 0 are needed, not {betas}")
    check_block(params["exact"], EXACT, "params.yaml exact")
    schema = FOUR_POINTS | {"network": {key: network[key] for key in network if key != "latent"}}
    check_block(params["four_points"], schema, path := "params.yaml four_points")
    _network(params["four_points"]["network"], f"{path}.network", NETWORKS)
    for kind in KINDS:
        for name, block in params[kind].items():
            check_method(kind, name, block, f"params.yaml {kind}.{name}")
    _cells(params, cells)


def check_method(kind: str, name: str, block: dict, path: str) -> None:
    """Raises ValueError where a block, its `method`, `factor` and arguments, has a mistake; `path` names it."""
    check_is_block(block, path)
    method = method_of(name, block)
    if method not in names(kind):
        where = f"{path}.method" if "method" in block else f"{path}, which names no method"
        raise ValueError(unknown(where, method, names(kind)))
    allowed = {key: p.annotation for key, p in hyperparameters(kind, method).items()} | {"factor": float, "method": str}
    # A block may have a learning rate and a latent size of its own, and a network with its channels: those of the data
    # set are another network's.
    shared = inspect.signature(Autoencoder).parameters if kind == "autoencoders" else {}
    own = {key: shared[key].annotation for key in ("network", "channels") if key in shared}
    allowed |= {key: shared[key].annotation for key in ("latent", "learning_rate") if key in shared}
    check_block(block, allowed | own, path, optional={*allowed, *(() if own.keys() & block.keys() else own)})
    if "network" in block:
        _network(block, path, CHOICES["network"])
    if block.get("target", "normal") not in TARGETS:
        raise ValueError(unknown(f"{path}.target", block["target"], TARGETS))
    if block.get("label_share", 0) > 1:
        raise ValueError(f"{path}.label_share: a share from 0 to 1 is needed, not {block['label_share']}")


def _network(block: dict, path: str, choices: Iterable[str]) -> None:
    """Checks a network: a data set's is one of those on which every autoencoder rests."""
    if block["network"] not in choices:
        raise ValueError(unknown(f"{path}.network", block["network"], choices))
    if block["network"] != "mlp" and block.get("channels") == []:
        raise ValueError(f"{path}.channels: {block['network']} needs at least one convolutional stage")


def _studies(params: dict, studies: dict) -> None:
    known = (
        "audit", "clusters", "completion", "conditional", "detection", "evolution", "few_labels", "metric_check",
        "reduction", "styles", "sweep"
    )  # fmt: skip
    check_keys(studies, known, "tables.yaml studies")
    for study, listed in studies.items():
        check_value(listed, tuple[str, ...], f"tables.yaml studies.{study}")
        for name in listed:
            if name not in params["datasets"]:
                raise ValueError(unknown(f"tables.yaml studies.{study}", name, params["datasets"]))


def _cells(params: dict, cells: dict) -> None:
    fields = {
        "tables": ("dataset", "table", "beside"),
        "models": ("dataset", "autoencoder", "table"),
        "targets": ("dataset", "autoencoder", "table"),
        "real": ("dataset", "table"),
        "designs": ("dataset", "autoencoder", "prior"),
        "cells": ("dataset", "autoencoder", "prior", "table"),
        "bounds": ("dataset", "autoencoder", "prior", "table"),
    }
    for group, wanted in fields.items():
        home = f"tables.yaml {group}" if group in ("tables", "designs") else f"cells.yaml {group}"
        check_is_block(cells[group], home)
        for key, item in cells[group].items():
            more = {"more_seeds": int} if group in ("models", "cells") else {}
            check_block(item, dict.fromkeys(wanted, str) | more, f"{home}.{key}", optional={*more})
            expected = _name(group, [item[field] for field in wanted])
            if key != expected:
                raise ValueError(f"{home}.{key}: by its fields its name should be {expected}")
            for field in (field for field in wanted if field in METHODS):
                if item[field] not in params[f"{field}s"]:
                    raise ValueError(unknown(f"{home}.{key}.{field}", item[field], params[f"{field}s"]))
            for field in (field for field in wanted if field in TABLES):
                table = f"{item['dataset']}-{item[field]}"
                if table not in cells["tables"]:
                    raise ValueError(unknown(f"{home}.{key}: the table", table, cells["tables"]))
            model = f"{item['dataset']}-{item['autoencoder']}" if "prior" in item or group == "targets" else None
            if model and model not in cells["models"]:
                raise ValueError(unknown(f"{home}.{key}: the autoencoder", model, cells["models"]))
            if model and item.get("more_seeds", 0) > cells["models"][model].get("more_seeds", 0):
                raise ValueError(
                    f"{home}.{key}: more_seeds is {item['more_seeds']}, more than its autoencoder has; "
                    f"give {model} as many first"
                )
            if model and "table" in item:
                trained = cells["models"][model]["table"]
                if trained not in (item["table"], cells["tables"][f"{item['dataset']}-{item['table']}"]["beside"]):
                    raise ValueError(
                        f"{home}.{key}: the table {trained} trains {model} and this one does not show it; "
                        f"move the line to tables/{item['dataset']}-{trained}/cells.yaml"
                    )
            if group == "bounds" and key not in cells["cells"]:
                raise ValueError(f"cells.yaml bounds.{key}: no table has such a row; list it under cells first")
            if group == "bounds" and not _prior(params, item["prior"]).has_density:
                raise ValueError(f"cells.yaml bounds.{key}: the prior {item['prior']} has no density")
            block = params["autoencoders"].get(item.get("autoencoder"), {})
            latent = block.get("latent", params["datasets"][item["dataset"]]["autoencoder"]["network"]["latent"])
            if group == "targets" and latent != 2:
                raise ValueError(f"cells.yaml targets.{key}: its codes have {latent} dimensions, and a target has two")
            if "prior" in item and latent < _prior(params, item["prior"]).least_dim:
                raise ValueError(
                    f"cells.yaml {key}: latent is {latent}, too few dimensions for the prior {item['prior']}"
                )
    for key, item in cells["models"].items():
        _constructed(item["autoencoder"], params, item["dataset"], f"cells.yaml models.{key}")


def _constructed(autoencoder: str, params: dict, dataset: str, home: str) -> None:
    """Raises ValueError where an autoencoder refuses its arguments together with the network of the data set."""
    block = params["autoencoders"][autoencoder]
    settings = params["datasets"][dataset]["autoencoder"]["network"] | block
    arguments = {key: value for key, value in settings.items() if key not in ("factor", "method")}
    try:
        find("autoencoders", method_of(autoencoder, block))(IMAGE, **arguments)
    except ValueError as error:
        raise ValueError(f"{home}, params.yaml autoencoders.{autoencoder}: {error}") from error


def _prior(params: dict, name: str) -> type:
    return find("priors", method_of(name, params["priors"][name]))


def _name(group: str, fields: list[str]) -> str:
    """Returns the name that a line of cells.yaml should have by its fields, the table last."""
    named = {
        "tables": fields[:2],
        "real": [fields[0], "real"],
        "models": fields[:2],
        "targets": fields[:2],
        "cells": fields[:3],
        "bounds": fields[:3],
    }
    return "-".join(named.get(group, fields))


def _arguments(cls: type, without: set[str]) -> dict[str, type]:
    parameters = inspect.signature(cls).parameters
    return {key: p.annotation for key, p in parameters.items() if key not in without}
