"""``cnnx info``: what a saved network is and how it came about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnx import CNN, io
from cnnx.cli import arguments, output

if TYPE_CHECKING:
    import argparse


HELP = "describe a saved network"
DESCRIPTION = "Show the layers, the parameters and the metadata of a saved network."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="file that `cnnx train --out` wrote")
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Load and describe."""
    description = io.read(args.model).architecture.to_dict()
    model = CNN.load(args.model)
    if args.json:
        output.emit_json(
            {
                "model": args.model,
                "bytes": Path(args.model).stat().st_size,
                **description,
                "output_shape": model.output_shape,
                "parameter_count": model.parameter_count,
                "parameters": {name: array.shape for name, array in model.state_dict().items()},
            }
        )
        return
    output.emit(model.summary(print_fn=None))
    output.emit("")
    del description["layers"]  # in the table
    for name, value in description.items():
        output.emit(f"{name:<16}{_text(value)}")


def _text(value: Any) -> str:
    """Write a loss or an optimizer as "sgd, learning_rate=0.01, ...", other values as they are."""
    if not isinstance(value, dict):
        return str(value)
    settings = (
        f"{name}={item}" for name, item in value.items() if name != "kind" and item is not None
    )
    return ", ".join([value["kind"], *settings])
