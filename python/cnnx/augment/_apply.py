"""`apply`: augmentation of an array of images by the engine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from cnnx._checks.arrays import as_array, as_numbers
from cnnx._checks.scalars import LARGEST_SEED, integer
from cnnx._engine import core
from cnnx._types import Array
from cnnx.augment._base import Augmentation
from cnnx.augment._registry import resolve
from cnnx.errors import ShapeError


def apply(
    images: ArrayLike,
    augment: Sequence[Augmentation | str],
    seed: int = 0,
    epoch: int = 0,
    first_row: int = 0,
) -> Array:
    """Augment images as training does, to view them or for your own training loop.

    Image i is augmented as row ``first_row + i`` of the data is in the given epoch, by training
    with the same seed. `MixUp` and `CutMix` treat `images` as one batch.

    Parameters
    ----------
    images : array-like
        Images of shape (N, channels, height, width) and dtype float32, float64 or uint8; other
        integers and booleans are converted to float32.
    augment : sequence of Augmentation or str
        The augmentations, in order; a name selects one with default arguments.
    seed : int
        Seed, as that of the network.
    epoch : int
        The number of the epoch, starting at 0.
    first_row : int
        Index of the first image in the data.

    Returns
    -------
    ndarray
        New images of the same shape; float64 for float64 images, else float32.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ShapeError
        If there are no images.
    ConfigError
        If an augmentation cannot be applied to the images, or a number is out of range.
    ValueError
        If a value is NaN or infinite.
    """
    array = as_array(images, "images")
    if array.ndim < 2 or array.size == 0:
        raise ShapeError(
            "images: expected shape (N, channels, height, width) with at least one image, "
            f"got {array.shape}"
        )
    numbers = as_numbers(array, "images", np.dtype(np.float32), keep=True)
    made, _, _ = core.augment(
        numbers,
        [step.to_dict() for step in resolve(augment, "apply")],
        integer(seed, "apply", "seed", minimum=0, maximum=LARGEST_SEED),
        integer(epoch, "apply", "epoch", minimum=0),
        integer(first_row, "apply", "first_row", minimum=0),
    )
    return made
