"""Validation splits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cnnx.data._order import epoch_order
from cnnx.errors import ConfigError


def held_out(
    labels: NDArray[np.int64], classes: Sequence[str], fraction: float, seed: int
) -> NDArray[np.bool_]:
    """Select a fraction of each class at random; returns a mask of the validation images."""
    mask = np.zeros(len(labels), np.bool_)
    for label, name in enumerate(classes):
        rows = np.flatnonzero(labels == label)
        if len(rows) == 1:
            raise ConfigError(
                f"validation_split={fraction:g} requires at least two images per class, got one "
                f"in {name!r}; add images or pass validation_split=0"
            )
        count = min(max(1, round(len(rows) * fraction)), len(rows) - 1)
        mask[rows[epoch_order(len(rows), True, seed, label)[: max(count, 0)]]] = True
    return mask


def cut(images: int, fraction: float) -> int:
    """Return the number of training images when a fraction of the images is held out."""
    # The small number compensates for rounding: 10 * (1 - 0.9) is slightly less than 1.
    left = math.floor(images * (1.0 - fraction) + 1e-4)
    if not 0 < left < images:
        empty = "training" if left == 0 else "validation"
        raise ValueError(
            f"train: validation_split={fraction:g} of {images} images leaves none for {empty}; "
            "use another fraction, or pass validation_data=(x, y)"
        )
    return left
