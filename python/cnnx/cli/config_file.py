"""Options from a TOML file: the same names, checked in the same way, under the command line's.

The file becomes arguments that stand before those of the command line, where the last one counts.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnx._checks.scalars import describe, near
from cnnx.errors import ConfigError, FileFormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOT_IN_FILES = frozenset({"help", "config", "print_config"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--config`` and ``--print-config``."""
    group = parser.add_argument_group("configuration")
    group.add_argument(
        "--config",
        metavar="FILE",
        help="TOML file with options under their names here, such as batch-size = 64; "
        "those of the command line win",
    )
    group.add_argument(
        "--print-config",
        action="store_true",
        help="print the options in use as TOML, for --config, and do nothing else",
    )


def read(path: str, parser: argparse.ArgumentParser) -> list[str]:
    """Read a configuration as command-line arguments.

    Parameters
    ----------
    path : str
        The TOML file.
    parser : argparse.ArgumentParser
        The subcommand's parser, whose options are known.

    Returns
    -------
    list of str
        The arguments.

    Raises
    ------
    OSError
        If the file cannot be read.
    FileFormatError
        If it is no TOML.
    ConfigError
        If a name is unknown, or a value has a type that its option does not take.
    """
    try:
        with Path(path).open("rb") as file:
            values = tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileFormatError(f"{path}: not valid TOML: {error}") from error
    known = _options(parser)
    found: list[str] = []
    for name, value in values.items():
        if name not in known:
            raise ConfigError(f"{path}: unknown option {name!r}{near(name, tuple(known))}")
        found += _arguments(path, name, value, known[name])
    return found


def write(values: Mapping[str, Any], parser: argparse.ArgumentParser) -> str:
    """Write options as TOML, those without a value left out.

    Parameters
    ----------
    values : Mapping[str, Any]
        Values by option, as argparse names them.
    parser : argparse.ArgumentParser
        The subcommand's parser, which gives the order.

    Returns
    -------
    str
        Lines for a file that `read` reads.
    """
    lines = []
    for name, action in _options(parser).items():
        value = values.get(action.dest)
        if value is None or (action.nargs == 0 and not value and not _has_negative(action)):
            continue
        lines.append(f"{name} = {_toml(value)}")
    return "\n".join(lines)


def _options(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    """Give the options that a file may hold, by name."""
    return {
        action.option_strings[0].removeprefix("--"): action
        for action in parser._actions  # noqa: SLF001 - argparse has no other list of them
        if action.option_strings and action.dest not in _NOT_IN_FILES
    }


def _has_negative(action: argparse.Action) -> bool:
    """Whether an option can be switched off too."""
    return isinstance(action, argparse.BooleanOptionalAction)


def _arguments(path: str, name: str, value: object, action: argparse.Action) -> list[str]:
    """Write one entry of the file as arguments."""
    if action.nargs == 0:  # a switch
        if not isinstance(value, bool):
            raise ConfigError(f"{path}: {name} must be true or false, got {describe(value)}")
        if value:
            return [f"--{name}"]
        return [f"--no-{name}"] if _has_negative(action) else []
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        value = ",".join(value)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ConfigError(
            f"{path}: {name} must be a number, a string or a list of strings, got {describe(value)}"
        )
    return [f"--{name}={value}"]


def _toml(value: Any) -> str:
    """Write a value as TOML, whose strings may be written as JSON's."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)
