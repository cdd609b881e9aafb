"""``cnnx check``: look for what would spoil a training before it begins."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cnnx.cli import arguments, network_arguments, output, training_data

if TYPE_CHECKING:
    import argparse


HELP = "look at images, labels and network before training"
DESCRIPTION = (
    "Look at some of the images and labels, and see whether the network can learn one batch of "
    "them by heart, as a sound one can. The exit code is 1 when it cannot be trained at all."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    training_data.add_arguments(parser)
    network_arguments.add_arguments(parser)
    arguments.add_threads(parser)
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Check and report."""
    arguments.apply_threads(args)
    data = training_data.load(args)
    model = network_arguments.model(args, data)
    report = model.check(data.x, data.y)
    if args.json:
        findings = [
            {"level": found.level, "subject": found.subject, "text": found.text}
            for found in report.findings
        ]
        output.emit_json({"data": args.data, "ok": report.ok, "findings": findings})
    else:
        output.emit(str(report))
    if report.errors:
        sys.exit(1)
