"""The command line, ``cnnx``: train, check, find-lr, evaluate, predict, info, config.

One module per subcommand, each with `HELP`, `DESCRIPTION`, `add_arguments` and `run`, which
does the work. `main` turns what happened into an exit code.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from typing import TYPE_CHECKING, NoReturn

import cnnx
from cnnx.cli import check, config, config_file, evaluate, find_lr, info, output, predict, train

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

COMMANDS = {
    "train": train,
    "check": check,
    "find-lr": find_lr,
    "evaluate": evaluate,
    "predict": predict,
    "info": info,
    "config": config,
}

OK = 0
FAILURE = 1
USAGE = 2
INTERRUPTED = 130

# What can go wrong while running and is the user's to fix: files, data, numbers, memory,
# a missing optional package. Anything else is a fault in cnnx and keeps its traceback.
_FAILURES = (OSError, ValueError, TypeError, ArithmeticError, MemoryError, ImportError)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments, without the name of the program. Default: those of the process.

    Returns
    -------
    int
        The exit code: 0 for success, 1 for a failure while running (one message on
        standard error), 2 for wrong usage, 130 after Ctrl-C.
    """
    output.open_missing_stderr()
    try:
        with output.warnings_in_lines():
            code = _run(argv)
        output.flush()
    except KeyboardInterrupt:
        output.note("cnnx: interrupted")
        code = INTERRUPTED
    except BrokenPipeError:  # the reader has left, as `head` does: nobody to tell
        code = FAILURE
    except _FAILURES as error:
        output.note(f"cnnx: error: {output.describe(error)}")
        code = FAILURE
    output.silence_broken_streams()
    return code


def _run(argv: Sequence[str] | None) -> int:
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        parser = _parser()
        args = parser.parse_args(given)
        if getattr(args, "config", None) is not None:
            args = _with_file(parser, given, args)
        args.run(args)
    except SystemExit as stop:  # argparse: --help, --version, wrong usage
        return stop.code if isinstance(stop.code, int) else USAGE
    return OK


def _with_file(
    parser: argparse.ArgumentParser, given: list[str], args: argparse.Namespace
) -> argparse.Namespace:
    """Parse the arguments again, those of a configuration file before those given."""
    try:
        found = config_file.read(args.config, args.parser)
    except cnnx.ConfigError as error:
        args.parser.error(str(error))
    command = given.index(args.command)
    return parser.parse_args([*given[: command + 1], *found, *given[command + 1 :]])


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the usage, where that can be written, and end with its code."""
        with contextlib.suppress(OSError):  # older versions of argparse let it through
            super().error(message)
        sys.exit(USAGE)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="cnnx",
        description="Train convolutional networks on the CPU.",
        epilog="Exit codes: 0 success, 1 failure while running, 2 wrong usage, 130 Ctrl-C.",
    )
    parser.add_argument("--version", action="version", version=f"cnnx {cnnx.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        subparser = commands.add_parser(name, help=command.HELP, description=command.DESCRIPTION)
        command.add_arguments(subparser)
        subparser.set_defaults(run=command.run, parser=subparser, command=name)
    return parser
