"""DATA of the subcommands that train: a data set, a folder of images, an .npz file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnx._checks.scalars import near
from cnnx.cli import arguments, inputs
from cnnx.cli.recipes import GENERAL, RECIPES, Plan, Recipe
from cnnx.data import ImageFolder, ImageSet
from cnnx.data._split import held_out
from cnnx.errors import FileFormatError

if TYPE_CHECKING:
    import argparse

    from numpy.typing import NDArray

HELP = (
    f"a data set ({', '.join(RECIPES)}), a folder with a sub-folder of image files for each class, "
    "or an .npz file with arrays x and y and, if there are images for the test, x_test and y_test"
)

_TRAIN_IMAGES = ("x", "x_train", "images", "arr_0")
_TRAIN_LABELS = ("y", "y_train", "labels", "arr_1")
_FOLDER_OPTIONS = ("size", "channels", "aspect")


@dataclass(frozen=True)
class TrainingData:
    """Labelled images to train on, and others to tell how well that went."""

    x: Any
    labels: NDArray[Any]
    y: NDArray[Any] | None
    held_out: Any
    held_out_name: str
    split: float
    input_shape: tuple[int, ...]
    classes: int
    names: tuple[str, ...] | None
    plan: Plan

    @property
    def bytes_(self) -> bool:
        """Whether the images are uint8."""
        return isinstance(self.x, ImageSet) or self.x.dtype == np.uint8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add DATA and the options that say how to read it."""
    parser.add_argument("data", metavar="DATA", help=HELP)
    group = parser.add_argument_group("data")
    arguments.add_data_root(group)
    group.add_argument(
        "--validation-split",
        type=arguments.fraction,
        metavar="X",
        help="share of the training images kept for validation; 0: validate on the test images",
    )
    add_folder_arguments(group)
    group.add_argument(
        "--size",
        type=arguments.size,
        metavar="HxW",
        help="height and width that images of a folder are brought to (default: 32x32)",
    )
    group.add_argument(
        "--channels",
        type=int,
        choices=(1, 3),
        help="grey (1) or colour (3) images of a folder (default: 3)",
    )


def add_folder_arguments(parser: arguments.Adder) -> None:
    """Add ``--aspect``, which has to be the same in training and later."""
    parser.add_argument(
        "--aspect",
        choices=("stretch", "crop", "pad"),
        help="what happens to images of a folder with other proportions (default: stretch)",
    )


def load(args: argparse.Namespace) -> TrainingData:
    """Load DATA."""
    recipe = RECIPES.get(args.data)
    path = Path(args.data)
    if args.data_root is not None and (recipe is None or not recipe.has_root):
        args.parser.error(f"{args.data}: --data-root does not apply")
    if recipe is not None or not path.is_dir():
        for name in _FOLDER_OPTIONS:
            if getattr(args, name) is not None:
                args.parser.error(f"{args.data} is no folder of images: --{name} does not apply")
    if recipe is not None:
        return _data_set(args, recipe)
    if path.is_dir():
        return _folder(args)
    if not path.exists():
        args.parser.error(
            f"argument DATA: expected {', '.join(RECIPES)}, a folder or an .npz file, "
            f"got {args.data!r}{near(args.data, tuple(RECIPES))}"
        )
    if not inputs.is_npz(args.data):
        raise FileFormatError(f"{args.data}: expected an .npz file with arrays x and y")
    return _npz(args)


def _data_set(args: argparse.Namespace, recipe: Recipe) -> TrainingData:
    """Load one of the data sets with recipes."""
    (x, y), test = recipe.data(args.data_root)
    split = recipe.validation_split if args.validation_split is None else args.validation_split
    return TrainingData(
        x, y, y, test, "test", split, x.shape[1:], int(y.max()) + 1, recipe.class_names, recipe
    )


def _folder(args: argparse.Namespace) -> TrainingData:
    """Open a folder of images."""
    share = GENERAL.validation_split if args.validation_split is None else args.validation_split
    folder = ImageFolder(
        args.data,
        args.size or (32, 32),
        args.channels or 3,
        validation_split=share,
        seed=args.seed,
        aspect=args.aspect or "stretch",
    )
    return TrainingData(
        folder.train,
        folder.train.labels,
        None,
        folder.validation if share else None,
        "validation",
        0.0,
        folder.input_shape,
        len(folder.classes),
        folder.classes,
        GENERAL,
    )


def _npz(args: argparse.Namespace) -> TrainingData:
    """Read the arrays of an .npz file, and hold out images where it has none for the test."""
    x = _with_channels(args.data, inputs.read_array(args.data, _TRAIN_IMAGES))
    labels = _class_indices(args.data, inputs.read_array(args.data, _TRAIN_LABELS))
    if len(labels) != len(x):
        raise FileFormatError(f"{args.data}: {len(x)} images but {len(labels)} labels")
    classes, test, name, split = int(labels.max()) + 1, None, "test", args.validation_split
    if {"x_test", "y_test"} <= inputs.names_in(args.data):
        test = (
            inputs.as_images(inputs.read_array(args.data, ("x_test",)), x.shape[1:]),
            inputs.read_array(args.data, ("y_test",)),
        )
        split = split or 0.0
    else:
        name, share = "validation", GENERAL.validation_split if split is None else split
        split = 0.0
        if share:
            mask = held_out(
                labels, [f"class {label}" for label in range(classes)], share, args.seed
            )
            test = (x[mask], labels[mask])
            x, labels = x[~mask], labels[~mask]
    return TrainingData(x, labels, labels, test, name, split, x.shape[1:], classes, None, GENERAL)


def _with_channels(path: str, x: NDArray[Any]) -> NDArray[Any]:
    """Add the axis that grey images leave out, and refuse what are no images."""
    if x.ndim == 3:
        return x[:, np.newaxis]
    if x.ndim == 4 and x.shape[1] not in {1, 3} and x.shape[3] in {1, 3}:
        raise FileFormatError(
            f"{path}: images of shape {x.shape} have their channels last; "
            "save x.transpose(0, 3, 1, 2)"
        )
    if x.ndim != 4 or len(x) == 0:
        raise FileFormatError(
            f"{path}: expected images (N, channels, height, width) or (N, height, width), "
            f"got shape {x.shape}"
        )
    return x


def _class_indices(path: str, labels: NDArray[Any]) -> NDArray[np.int64]:
    """Check labels of classes."""
    if labels.ndim != 1 or labels.dtype.kind not in "iub" or len(labels) == 0 or labels.min() < 0:
        raise FileFormatError(
            f"{path}: expected class indices (N,) from 0, got labels of dtype {labels.dtype} and "
            f"shape {labels.shape}"
        )
    return labels.astype(np.int64)


def labelled(data: Any) -> tuple[Any, ...]:
    """Give labelled images as the arguments ``x, y``; those of a folder bring their labels."""
    return data if isinstance(data, tuple) else (data,)


def labels_of(data: Any) -> NDArray[Any]:
    """Give the labels of labelled images."""
    labels: NDArray[Any] = data[1] if isinstance(data, tuple) else data.labels
    return labels
