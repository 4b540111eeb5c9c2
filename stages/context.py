"""How every stage is started: its options and parameters, code that nobody edited, one clear message for a failure."""

__all__ = ["ROOT", "run"]

import inspect
import os
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

# What lines of cells.yaml may say beside the arguments of a stage; no stage reads it but here.
MORE = {
    "train_autoencoder": {"more_seeds": (int, 0, "independent runs beside the `seeds` of params.yaml")},
    "fit_prior": {
        "more_seeds": (int, 0, "independent runs beside the `seeds` of params.yaml"),
        "autoencoder": (str, None, "whose codes these are"),
    },
}
PARENT = os.getppid()  # taken before the slow imports: it may die while they run

ROOT = Path(__file__).resolve().parent.parent
# This checkout's library, also in the copies of it in which `dvc exp run --queue` works.
sys.path.insert(0, str(ROOT / "src"))

from latentpriors.processes import die_with  # noqa: E402
from latentpriors.program import Parser, program  # noqa: E402
from latentpriors.project.code import snapshot  # noqa: E402
from latentpriors.yaml_files import read_yaml  # noqa: E402


def run(stage: Callable[..., None], checked: bool = True, **methods: Iterable[str]) -> None:
    """Runs the function of a stage as a program: params.yaml is its first argument, the others are options.

    The program dies with the process that started it. A foreseen failure is one line and exit code 1; so is code that
    is not what the stage `fingerprint` saw, before the work and after it.

    Arguments:
        stage: Its docstring has a line for each option.
        checked: Whether outputs rest on its fingerprints; not for the stages that come before these.
        methods: The blocks of params.yaml that it runs, by kind, where no option `autoencoder` or `prior` names them.
    """
    die_with(PARENT)
    with program(stage.__name__, "interrupted; finished seeds are kept, and the next run goes on after them"):
        params = read_yaml(ROOT / "params.yaml")
        options = _options(stage, params)
        if more := options.get("more_seeds"):
            params["seeds"] += more
        blocks = {kind: list(names) for kind, names in methods.items()}
        blocks |= {f"{kind}s": [options[kind]] for kind in ("autoencoder", "prior") if options.get(kind)}
        before = snapshot(ROOT, stage.__name__, blocks, params) if checked else None
        stage(params, **{name: options[name] for name in inspect.signature(stage).parameters if name in options})
        if checked and snapshot(ROOT, stage.__name__, blocks, params) != before:
            raise ValueError("the fingerprints were written anew while it ran; run it again")


def _options(stage: Callable[..., None], params: dict) -> dict[str, object]:
    """Returns the command line's options by the arguments of a function: all are required and as it annotates them.

    Those that its docstring calls a key of something in params.yaml have these keys as their choices.
    """
    summary, _, listed = inspect.getdoc(stage).partition("\n\nArguments:\n")
    helps = {name: " ".join(text.split()) for name, text in re.findall(r"^    (\w+): ((?:.|\n     )+)", listed, re.M)}
    parser = Parser(description=f"Stage `{stage.__name__}`: {summary}")
    for name, parameter in list(inspect.signature(stage).parameters.items())[1:]:
        text = helps[name].rstrip(".")
        found = re.fullmatch(r"A key of (\w+) in params\.yaml", text)
        choices = list(params.get(found[1], {})) if found else None
        text = f"{text}: {', '.join(map(str, choices))}" if choices else text
        parser.add_argument(
            f"--{name}", required=True, type=parameter.annotation, choices=choices, metavar=name.upper(), help=text
        )
    for name, (kind, default, text) in MORE.get(stage.__name__, {}).items():
        parser.add_argument(f"--{name}", type=kind, default=default, metavar=name.upper(), help=text)
    return vars(parser.parse_args())
