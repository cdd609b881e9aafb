"""``cnnx config``: version, instruction set, threads and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cnnx
from cnnx.cli import arguments, output

if TYPE_CHECKING:
    import argparse


HELP = "show version, instruction set and threads"
DESCRIPTION = "Show how cnnx was built and what it uses on this machine."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Show the configuration."""
    if args.json:
        output.emit_json(cnnx.show_config("dict"))
    else:
        cnnx.show_config()
