"""``cnnx evaluate``: loss and accuracy of a saved network on labelled images."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cnnx import CNN
from cnnx.cli import arguments, inputs, output
from cnnx.cli.recipes import RECIPES

if TYPE_CHECKING:
    import argparse

    from numpy.typing import NDArray


HELP = "measure a saved network on labelled images"
DESCRIPTION = "Print the loss and the accuracy of a saved network."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="file that `cnnx train --out` wrote")
    parser.add_argument(
        "data",
        metavar="DATA",
        help=f"a data set ({', '.join(RECIPES)}: its test images are used), an .npz file with "
        "arrays x and y, or a .npy or IDX file of images together with --labels",
    )
    parser.add_argument("--labels", metavar="FILE", help=".npy or IDX file with the labels")
    arguments.add_data_root(parser)
    arguments.add_threads(parser)
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Load, evaluate and report."""
    _check(args)
    arguments.apply_threads(args)
    model = CNN.load(args.model)
    x, y = _data(args, model.input_shape)
    start = time.perf_counter()
    scores = model.evaluate(x, y)
    seconds = time.perf_counter() - start
    if args.json:
        output.emit_json(
            {
                "model": args.model,
                "data": args.data,
                "images": len(x),
                "test": scores,
                "seconds": seconds,
            }
        )
        return
    accuracy = f"accuracy {scores['accuracy']:.2%}, " if "accuracy" in scores else ""
    output.emit(f"{accuracy}loss {scores['loss']:.4f} on {len(x)} images")


def _check(args: argparse.Namespace) -> None:
    """Refuse arguments that do not go together."""
    recipe = RECIPES.get(args.data)
    if recipe is not None and args.labels is not None:
        args.parser.error(f"{args.data} has its own labels: --labels does not apply")
    if args.data_root is not None and (recipe is None or not recipe.has_root):
        args.parser.error(f"{args.data}: --data-root does not apply")


def _data(
    args: argparse.Namespace, input_shape: tuple[int, ...]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Read images and labels."""
    if args.data in RECIPES:
        _, test = RECIPES[args.data].data(args.data_root)
        return test
    if args.labels is None and not inputs.is_npz(args.data):
        args.parser.error(f"{args.data} holds images only: name the file of their --labels")
    images = inputs.read_array(args.data, inputs.IMAGE_NAMES)
    labels = inputs.read_array(args.labels or args.data, inputs.LABEL_NAMES)
    return inputs.as_images(images, input_shape), labels
