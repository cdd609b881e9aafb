"""``cnnx find-lr``: try learning rates and name one that suits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnx.cli import arguments, network_arguments, output, training_data

if TYPE_CHECKING:
    import argparse


HELP = "find a learning rate"
DESCRIPTION = (
    "Train for some batches while the learning rate rises, and name the one to start with: "
    "`cnnx train DATA --lr X`."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    training_data.add_arguments(parser)
    network_arguments.add_arguments(parser)
    parser.add_argument("--batch-size", type=arguments.positive_int, metavar="N")
    arguments.add_threads(parser)
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Try and report."""
    arguments.apply_threads(args)
    data = training_data.load(args)
    model = network_arguments.model(args, data)
    found = model.find_learning_rate(
        data.x, data.y, batch_size=args.batch_size or data.plan.batch_size
    )
    if args.json:
        output.emit_json(
            {
                "data": args.data,
                "suggestion": found.suggestion,
                "learning_rates": list(found.lrs),
                "losses": list(found.losses),
            }
        )
    else:
        output.emit(str(found))
