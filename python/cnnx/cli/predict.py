"""``cnnx predict``: what a saved network says about images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnx import CNN
from cnnx.cli import arguments, inputs, output
from cnnx.io import _atomic

if TYPE_CHECKING:
    import argparse

    from numpy.typing import NDArray


HELP = "apply a saved network to images"
DESCRIPTION = (
    "Apply a saved network to images. Prints a line for each image: its number "
    "from 0, the class, and the network's output for that class (its probability where the "
    "network ends with softmax), separated by tabs. A network that does not classify has "
    "all its outputs printed."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="file that `cnnx train --out` wrote")
    parser.add_argument("input", metavar="INPUT", help="images: a .npy, .npz or IDX file")
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="write all outputs, float32 (N, outputs), as a .npy file instead of printing lines",
    )
    arguments.add_threads(parser)
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Load, predict and report."""
    if args.out is not None:
        _atomic.check_writable(args.out)
    arguments.apply_threads(args)
    model = CNN.load(args.model)
    images = inputs.as_images(inputs.read_array(args.input), model.input_shape)
    outputs = model.predict(images)
    classes = outputs.argmax(axis=1) if outputs.ndim == 2 and outputs.shape[1] > 1 else None

    if args.out is not None:
        _save(args.out, outputs)
    if args.json:
        output.emit_json(
            {
                "model": args.model,
                "input": args.input,
                "classes": None if classes is None else classes.tolist(),
                "outputs": outputs.tolist() if args.out is None else None,
                "out": args.out,
            }
        )
    elif args.out is None:
        output.emit("\n".join(_lines(outputs, classes)))
    else:
        output.emit(f"saved {args.out}: {outputs.dtype} {outputs.shape}")


def _lines(outputs: NDArray[Any], classes: NDArray[np.int64] | None) -> list[str]:
    """Write one line for each image."""
    if classes is None:
        rows = outputs.reshape(len(outputs), -1)
        return [
            "\t".join([str(i), *(f"{value:.6g}" for value in row)]) for i, row in enumerate(rows)
        ]
    best = outputs[np.arange(len(outputs)), classes]
    return [
        f"{i}\t{label}\t{value:.4f}"
        for i, (label, value) in enumerate(zip(classes, best, strict=True))
    ]


def _save(path: str, outputs: NDArray[Any]) -> None:
    """Write a .npy file whole or not at all."""
    try:
        with _atomic.replacing(path) as temporary, temporary.open("wb") as file:
            np.save(file, outputs)  # to a file, because a path would be given a suffix
    except OSError as error:
        raise OSError(f"{path}: could not be written: {output.describe(error)}") from error
