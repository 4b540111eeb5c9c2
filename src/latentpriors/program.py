"""How every program of the project is started: its options, and one line where it fails in a foreseen way."""

__all__ = ["Parser", "program"]

import argparse
import errno
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .choices import unknown


@contextmanager
def program(name: str, interrupted: str = "interrupted") -> Iterator[None]:
    """Ends the program with one line and exit code 1 where its block fails in a foreseen way.

    Arguments:
        name: Of the program, for the line.
        interrupted: What it says where its user stops it.
    """
    if sys.stdout:  # a service may have none
        sys.stdout.reconfigure(errors="replace")  # a locale without a sign must not stop it
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(interrupted)
    except (ValueError, ArithmeticError, OSError, subprocess.CalledProcessError) as error:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = "\nThe disk is full: make room (`dvc gc --workspace`, or .work/) and run it again." if full else ""
        sys.exit(f"error in {name}: {error}{advice}")


class Parser(argparse.ArgumentParser):
    """Options by their whole names; a mistake is one line, with the nearest choices first."""

    def __init__(self, **settings: object):
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> None:
        self.exit(2, f"{self.prog}: {message}\n")

    def parse_known_args(
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        known = [option for action in self._actions for option in action.option_strings]
        given = sys.argv[1:] if args is None else args
        for name in (word.partition("=")[0] for word in given if word.startswith("--") and not self._subparsers):
            if name not in known:  # said before what is missing, which may be what was meant
                self.error(unknown("the option", name, known))
        return super().parse_known_args(args, namespace)

    def _get_value(self, action: argparse.Action, text: str) -> object:
        if action.type is Path and not text:  # an unset variable of a shell: it would be the folder one is in
            self.error(f"{_of(action)}: the path is empty")
        return super()._get_value(action, text)

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            self.error(unknown(_of(action), value, action.choices))


def _of(action: argparse.Action) -> str:
    return action.option_strings[0] if action.option_strings else f"the {action.metavar or action.dest}"
