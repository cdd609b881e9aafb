"""``cnnx evaluate``: loss and accuracy of a saved network on labelled images."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnx import CNN
from cnnx.cli import arguments, inputs, output, report, training_data
from cnnx.cli.recipes import RECIPES
from cnnx.data import ImageFolder
from cnnx.errors import ShapeError

if TYPE_CHECKING:
    import argparse


HELP = "measure a saved network on labelled images"
DESCRIPTION = "Print the loss and the accuracy of a saved network."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="file that `cnnx train --out` wrote")
    parser.add_argument(
        "data",
        metavar="DATA",
        help=f"a data set ({', '.join(RECIPES)}: its test images are used), a folder with a "
        "sub-folder of image files for each class, an .npz file with arrays x and y, or a .npy or "
        "IDX file of images together with --labels",
    )
    parser.add_argument("--labels", metavar="FILE", help=".npy or IDX file with the labels")
    training_data.add_folder_arguments(parser)
    parser.add_argument(
        "--report",
        action="store_true",
        help="show the confusion matrix, and precision, recall and F1 of each class",
    )
    arguments.add_data_root(parser)
    arguments.add_threads(parser)
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Load, evaluate and report."""
    _check(args)
    arguments.apply_threads(args)
    model = CNN.load(args.model)
    data, names = _data(args, model)
    start = time.perf_counter()
    scores = model.evaluate(*training_data.labelled(data))
    seconds = time.perf_counter() - start
    document: dict[str, Any] = {
        "model": args.model,
        "data": args.data,
        "images": len(training_data.labels_of(data)),
        "test": scores,
        "seconds": seconds,
    }
    accuracy = f"accuracy {scores['accuracy']:.2%}, " if "accuracy" in scores else ""
    text = f"{accuracy}loss {scores['loss']:.4f} on {document['images']} images"
    if args.report:
        counts = report.matrix(model, data)
        names = names or tuple(map(str, range(len(counts))))
        document |= {"classes": list(names), "confusion_matrix": counts.tolist()}
        document["report"] = report.scores(counts)
        text += "\n\n" + report.text(counts, names)
    if args.json:
        output.emit_json(document)
    else:
        output.emit(text)


def _check(args: argparse.Namespace) -> None:
    """Refuse arguments that do not go together."""
    recipe = RECIPES.get(args.data)
    folder = recipe is None and Path(args.data).is_dir()
    if (recipe is not None or folder) and args.labels is not None:
        args.parser.error(f"{args.data} has its own labels: --labels does not apply")
    if not folder and args.aspect is not None:
        args.parser.error(f"{args.data} is no folder of images: --aspect does not apply")
    if args.data_root is not None and (recipe is None or not recipe.has_root):
        args.parser.error(f"{args.data}: --data-root does not apply")


def _data(args: argparse.Namespace, model: CNN) -> tuple[Any, tuple[str, ...] | None]:
    """Read images and labels, and the names of the classes where there are some."""
    if args.data in RECIPES:
        recipe = RECIPES[args.data]
        _, test = recipe.data(args.data_root)
        return test, recipe.class_names
    if Path(args.data).is_dir():
        return _folder(args, model)
    if args.labels is None and not inputs.is_npz(args.data):
        args.parser.error(f"{args.data} holds images only: name the file of their --labels")
    images = inputs.read_array(args.data, inputs.IMAGE_NAMES)
    labels = inputs.read_array(args.labels or args.data, inputs.LABEL_NAMES)
    return (inputs.as_images(images, model.input_shape), labels), None


def _folder(args: argparse.Namespace, model: CNN) -> tuple[Any, tuple[str, ...]]:
    """Open a folder of images of the network's size."""
    if len(model.input_shape) != 3 or model.input_shape[0] not in {1, 3}:
        raise ShapeError(
            f"{args.model}: takes inputs of shape {model.input_shape}, and image files give 1 or 3 "
            "channels, height and width"
        )
    channels, height, width = model.input_shape
    folder = ImageFolder(args.data, (height, width), channels, aspect=args.aspect or "stretch")
    if model.output_shape != (len(folder.classes),):
        raise ShapeError(
            f"{args.data}: has {len(folder.classes)} classes, and {args.model} gives outputs of "
            f"shape {model.output_shape}; the folders must be those it was trained on"
        )
    return folder.all, folder.classes
