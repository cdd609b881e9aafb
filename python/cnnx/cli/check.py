"""``cnnx check``: look for problems of data and network before training."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cnnx.cli import arguments, network_arguments, output, training_data

if TYPE_CHECKING:
    import argparse


HELP = "look at images, labels and network before training"
DESCRIPTION = (
    "Check images and labels, and whether the network can overfit one batch of them. The exit "
    "code is 1 if it cannot be trained."
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
