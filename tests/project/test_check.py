"""Every mistake in params.yaml and cells.yaml is named, with the choices, before any work."""

from copy import deepcopy
from pathlib import Path

import pytest

from latentpriors.project.check import check
from latentpriors.project.tables import read_tables
from latentpriors.yaml_files import read_yaml


@pytest.fixture
def files(root: Path) -> tuple[dict, dict]:
    return read_yaml(root / "params.yaml"), read_tables(root)


def put(block: dict, path: str, value: object) -> dict:
    block = deepcopy(block)
    *parents, key = path.split("/")
    inner = block
    for parent in parents:
        inner = inner[parent]
    inner[key] = value
    return block


def test_the_committed_files_are_right(files: tuple[dict, dict]) -> None:
    check(*files)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("priors/flow/learning_rat", 0.1, r"priors.flow: 'learning_rat' is unknown; choose from .*learning_rate"),
        ("priors/flow/learning_rate", -0.1, r"priors.flow.learning_rate: -0.1 is negative"),
        ("priors/flow/learning_rate", 0, r"priors.flow.learning_rate: must be greater than 0"),
        ("priors/flow/learning_rate", "1e-3", r"priors.flow.learning_rate: a number is needed, not '1e-3'"),
        ("priors/flow/learning_rate", float("nan"), r"priors.flow.learning_rate: nan is negative or not finite"),
        ("priors/flow/transforms", 2.5, r"priors.flow.transforms: a whole number is needed, not 2.5"),
        ("priors/flow/hidden", 64, r"priors.flow.hidden: a list is needed"),
        ("priors/flow/hidden", [64, -1], r"priors.flow.hidden: -1 is negative"),
        ("priors/gmm/components", [], r"priors.gmm.components: a list is needed"),
        ("priors/flw", {}, r"priors.flw, which names no method: 'flw' is unknown; choose from .*flow"),
        ("priors/flow_narrow/method", "flw", r"priors.flow_narrow.method: 'flw' is unknown; choose from .*flow"),
        ("priors/flow_narrow/bins", 3, r"priors.flow_narrow: 'bins' is unknown; choose from transforms"),
        ("seeds", 2.5, r"^params.yaml seeds: a whole number is needed, not 2.5"),
        ("priors", {"a b": {"method": "kde"}}, r"^params.yaml priors: a name of letters, .* is needed, not 'a b'"),
        ("priors", {("a",): {"method": "kde"}}, r"^params.yaml priors: a name .* is needed, not \('a',\)"),
        ("priors/flow", None, r"priors.flow: a block of keys is needed, not None"),
        ("autoencoders/vea", {}, r"autoencoders.vea, which names no method: 'vea' is unknown; choose from .*vae"),
        ("autoencoders/vae/beta", -1, r"autoencoders.vae.beta: -1 is negative"),
        ("datasets/mnist/autoencoder/steps", 0, r"datasets.mnist.autoencoder.steps: must be greater than 0"),
        ("datasets/mnist/autoencoder/network/network", "vit", r"'vit' is unknown; choose from conv, mlp"),
        ("datasets/mnist/autoencoder/network/network", "dcgan", r"network: 'dcgan' is unknown; choose from conv, mlp$"),
        ("datasets/mnist/autoencoder/network/channels", [], r"channels: conv needs at least one convolutional stage"),
        (
            "autoencoders/ae_dcgan/network",
            "dcgn",
            r"ae_dcgan.network: 'dcgn' is unknown; choose from dcgan, conv, mlp",
        ),
        ("autoencoders/ae_dcgan/channels", [], r"ae_dcgan.channels: dcgan needs at least one convolutional stage"),
        ("autoencoders/ae_dcgan/channels", 16, r"ae_dcgan.channels: a list is needed"),
        ("autoencoders/ae_dcgan", {"method": "ae", "channels": [4]}, r"autoencoders.ae_dcgan: network is missing"),
        ("autoencoders/ae_dcgan/hidden", 9, r"autoencoders.ae_dcgan: 'hidden' is unknown; choose from factor, method"),
        ("autoencoders/ae/network", "dcgan", r"autoencoders.ae: channels is missing"),
        ("datasets/mnist/autoencoder/network/latnt", 3, r"'latnt' is unknown; choose from latent"),
        (
            "datasets/mnist/judge/network/strides",
            [2, 2],
            r"strides: one for each of three layers",
        ),
        ("datasets/mnist/prior/precision", "fp16", r"choose from float32, tf32, bfloat16"),
        ("datasets/mnist/source/reader", "MNSIT", r"'MNSIT' is unknown; choose from MNIST, .*digits"),
        ("datasets/mnist/sampels", 3, r"datasets.mnist: 'sampels' is unknown"),
        (
            "datasets/digits/completion/quarter",
            [1],
            r"completion: 'quarter' is unknown; choose from quarters, factor, samples",
        ),
        (
            "datasets/digits/completion/quarters",
            [1, 4],
            r"completion.quarters: different numbers from 1 to 3 are needed, not \[1, 4\]",
        ),
        ("datasets/digits/completion/quarters", [0], r"completion.quarters: must be greater than 0"),
        ("datasets/digits/completion/quarters", [2, 2], r"completion.quarters: different numbers from 1 to 3"),
        ("datasets/digits/completion/quarters", [], r"completion.quarters: different numbers from 1 to 3"),
        ("datasets/digits/completion/samples", 0.5, r"completion.samples: a whole number is needed, not 0.5"),
        ("datasets/digits/evolution/epochs", [8, 8], r"evolution.epochs: different numbers are needed, not \[8, 8\]"),
        ("datasets/digits/evolution/epochs", [8, 1], r"evolution.epochs: numbers in growing order are needed"),
        ("four_points/network/hiden", 9, r"four_points.network: 'hiden' is unknown; choose from hidden"),
        (
            "autoencoders/vae_gan/feature_layer",
            3,
            r"digits-vae_gan, params.yaml autoencoders.vae_gan: feature_layer is 3: the image critic has layers 0",
        ),
        ("autoencoders/aae_learned/schedule", "paper's", r"schedule is \"paper's\"; choose from paper, report"),
        ("autoencoders/aae_learned/information_weight", 1.0, r"information_weight is 1.0 and there are no labels"),
        ("datasets/digits/styles/dimensions", [2, 2], r"styles.dimensions: different numbers are needed, not \[2, 2\]"),
        ("datasets/digits/styles/dimensions", [], r"styles.dimensions: different numbers are needed"),
        ("datasets/digits/styles/dimensions", [0], r"styles.dimensions: must be greater than 0"),
        ("datasets/digits/clusters/counts", [16, 401], r"401 clusters and 400 validation images to name them"),
        ("datasets/digits/clusters/counts", [4, 4], r"clusters.counts: different numbers are needed"),
        ("datasets/digits/reduction/labels", [100, 100], r"reduction.labels: different numbers are needed"),
        ("datasets/digits/reduction/apart", 0.0, r"digits.reduction.apart: a distance above 0 is needed"),
        ("datasets/digits/few_labels/labels", [], r"few_labels.labels: different numbers are needed, not \[\]"),
        ("datasets/digits/few_labels/draws", 0, r"few_labels.draws: must be greater than 0"),
        ("datasets/digits/few_labels/label", [5], r"few_labels: 'label' is unknown; choose from labels"),
        ("datasets/digits/sweep/beta", [1], r"sweep: 'beta' is unknown; choose from betas, factor"),
        ("datasets/digits/sweep/betas", [0, 1], r"sweep.betas: different numbers above 0 are needed, not \[0, 1\]"),
        ("datasets/digits/sweep/betas", [3, 3.0], r"sweep.betas: different numbers above 0"),
        ("datasets/digits/sweep/betas", [], r"sweep.betas: different numbers above 0"),
        ("seeds", 0, r"seeds: must be greater than 0"),
        ("seeds", True, r"seeds: a whole number is needed"),
        ("device", "gpu", r"device: 'gpu' is unknown; choose from cpu, auto, cuda"),
        ("precison", "tf32", r"params.yaml: 'precison' is unknown; choose from seeds, device"),
    ],
)
def test_mistakes_in_params(files: tuple[dict, dict], path: str, value: object, message: str) -> None:
    params, cells = files
    with pytest.raises(ValueError, match=message):
        check(put(params, path, value), cells)


@pytest.mark.parametrize(
    ("studies", "message"),
    [
        (
            {"sweeep": ["digits"]},
            "tables.yaml studies: 'sweeep' is unknown; choose from sweep, audit, clusters, completion",
        ),
        ({"sweep": ["digit"]}, "tables.yaml studies.sweep: 'digit' is unknown; choose from digits, mnist"),
        ({"sweep": ["digits"]}, "datasets.mnist: 'sweep' is unknown; choose from source"),
    ],
)
def test_a_study_is_for_the_data_sets_that_are_listed(files: tuple[dict, dict], studies: dict, message: str) -> None:
    params, cells = files
    with pytest.raises(ValueError, match=message):
        check(params, cells | {"studies": cells["studies"] | studies})
    del params["datasets"]["mnist"]["sweep"]
    check(params, cells | {"studies": cells["studies"] | {"sweep": ["digits"]}})


@pytest.mark.parametrize("value", [None, [], "text", [None], [[1]], {"a": None}, {3: 4}])
def test_nothing_of_a_wrong_kind_passes(files: tuple[dict, dict], value: object) -> None:
    params, cells = files
    row = "cells/digits-ae-gmm"
    for path in ("datasets", "datasets/digits/split", "datasets/digits/samples", "priors", "priors/gmm", "seeds"):
        with pytest.raises(ValueError, match=r"needed|unknown|missing"):
            check(put(params, path, value), cells)
    for path in ("tables", "studies", "cells", "models", row, f"{row}/dataset", f"{row}/prior", f"{row}/table"):
        with pytest.raises(ValueError, match=r"needed|unknown|missing|should be"):
            check(params, put(cells, path, value))


def test_missing_keys(files: tuple[dict, dict]) -> None:
    params, cells = files
    del params["datasets"]["mnist"]["prior"]["steps"]
    with pytest.raises(ValueError, match=r"datasets.mnist.prior: steps is missing"):
        check(params, cells)


def test_a_mistake_in_tables_yaml_is_said_to_be_there(files: tuple[dict, dict]) -> None:
    params, cells = files
    with pytest.raises(ValueError, match=r"^tables.yaml designs.x: dataset, autoencoder, prior is missing"):
        check(params, cells | {"designs": {"x": {}}})


@pytest.mark.parametrize(
    ("key", "item", "message"),
    [
        ("mnist-ae-flw", {"prior": "flw"}, r"mnist-ae-flw.prior: 'flw' is unknown; choose from .*flow"),
        ("mnist-ea-flow", {"autoencoder": "ea"}, r"autoencoder: 'ea' is unknown; choose from ae, vae, aae"),
        ("minst-ae-flow", {"dataset": "minst"}, r"dataset: 'minst' is unknown; choose from mnist, digits"),
        ("mnist-ae-flow2", {}, r"mnist-ae-flow2: by its fields its name should be mnist-ae-flow"),
        (
            "mnist-ae-flow",
            {"table": "postr"},
            r"the table: 'mnist-postr' is unknown; choose from mnist-poster",
        ),
        (
            "mnist-cvae-flow",
            {"autoencoder": "cvae"},
            "the table joint trains mnist-cvae and .*; move the line to tables/mnist-joint/cells.yaml$",
        ),
        ("mnist-ae-flow", {"tabel": "x"}, r"'tabel' is unknown; choose from table, dataset, autoencoder, prior"),
        (
            "mnist-ae-flow",
            {"more_seeds": 99},
            r"more_seeds is 99, more than its autoencoder has; give mnist-ae as many",
        ),
        ("mnist-ae-flow", {"more_seeds": 0}, r"mnist-ae-flow.more_seeds: must be greater than 0"),
        ("mnist-ae-flow", {"more_seeds": "two"}, r"mnist-ae-flow.more_seeds: a whole number is needed, not 'two'"),
    ],
)
def test_mistakes_in_cells(files: tuple[dict, dict], key: str, item: dict, message: str) -> None:
    params, cells = files
    right = {"dataset": "mnist", "autoencoder": "ae", "prior": "flow", "table": "poster"}
    with pytest.raises(ValueError, match=message):
        check(params, put(cells, f"cells/{key}", right | item))


@pytest.mark.parametrize(
    ("key", "item", "message"),
    [
        ("mnist-ae-maf", {"prior": "maf", "table": "joint"}, "no table has such a row; list it under cells first"),
        ("mnist-ae-wgan", {"prior": "wgan"}, "bounds.mnist-ae-wgan: the prior wgan has no density"),
    ],
)
def test_rows_without_a_likelihood_have_no_bound(files: tuple[dict, dict], key: str, item: dict, message: str) -> None:
    params, cells = files
    right = {"dataset": "mnist", "autoencoder": "ae", "prior": "flow", "table": "poster"}
    cells["cells"].pop("mnist-ae-maf", None)
    with pytest.raises(ValueError, match=message):
        check(params, put(cells, f"bounds/{key}", right | item))


def test_a_coupling_flow_on_one_dimension_is_refused(files: tuple[dict, dict]) -> None:
    params, cells = files
    with pytest.raises(ValueError, match="latent is 1, too few dimensions for the prior flow"):
        check(put(params, "datasets/mnist/autoencoder/network/latent", 1), cells)


def test_rows_may_have_more_seeds_than_others(files: tuple[dict, dict]) -> None:
    params, cells = files
    cells = put(put(cells, "models/mnist-ae/more_seeds", 3), "cells/mnist-ae-flow/more_seeds", 2)
    check(params, cells)
    with pytest.raises(ValueError, match="'more_seeds' is unknown"):
        check(params, put(cells, "bounds/mnist-ae-gmm/more_seeds", 2))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("target", "rol", r"aae_roll.target: 'rol' is unknown; choose from roll, normal, mixture"),
        ("latent", 3, r"targets.digits-aae_roll: its codes have 3 dimensions, and a target has two"),
        ("label_share", 1.5, r"aae_roll.label_share: a share from 0 to 1 is needed, not 1.5"),
    ],
)
def test_a_target_that_does_not_fit_is_named(files: tuple[dict, dict], path: str, value: object, message: str) -> None:
    params, cells = files
    with pytest.raises(ValueError, match=message):
        check(put(params, f"autoencoders/aae_roll/{path}", value), cells)


def test_codes_of_more_dimensions_have_no_target_to_look_at(files: tuple[dict, dict]) -> None:
    params, cells = files
    item = {"dataset": "digits", "autoencoder": "ae", "table": "poster"}
    with pytest.raises(ValueError, match=r"targets.digits-ae: its codes have 8 dimensions, and a target has two"):
        check(params, put(cells, "targets/digits-ae", item))


def test_the_check_looks_at_every_table(root: Path) -> None:
    stages = read_yaml(root / "dvc.yaml")["stages"]
    rows = {f"tables/{name}/cells.yaml" for name in read_yaml(root / "tables.yaml")["tables"]}
    for stage in ("check", "replication"):
        assert rows == {dep for dep in stages[stage]["deps"] if dep.endswith("cells.yaml")}
