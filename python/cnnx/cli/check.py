"""``cnnx check``: look for what would spoil a training before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnx.cli import arguments, network_arguments, output, training_data

if TYPE_CHECKING:
    import argparse


HELP = "look at images, labels and network before training"
DESCRIPTION = (
    "Look at some of the images and labels, and see whether the network can learn one batch of "
    "them by heart, as a sound one can."
)

_IMAGES = 512


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
    report = model.check(*data.sample(_IMAGES))
    if args.json:
        output.emit_json({"data": args.data, **report.to_dict()})
    else:
        output.emit(str(report))
