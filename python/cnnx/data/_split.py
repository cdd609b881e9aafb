"""Images held out for validation: a part of each class, drawn from a seed."""

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
    """Mark the images that are held out."""
    mask = np.zeros(len(labels), np.bool_)
    for label, name in enumerate(classes):
        rows = np.flatnonzero(labels == label)
        if len(rows) == 1:
            raise ConfigError(
                f"validation_split={fraction:g} needs at least two images in each class, got one "
                f"in {name!r}; add images or pass validation_split=0"
            )
        count = min(max(1, round(len(rows) * fraction)), len(rows) - 1)
        mask[rows[epoch_order(len(rows), True, seed, label)[: max(count, 0)]]] = True
    return mask


def cut(images: int, fraction: float) -> int:
    """Tell how many images are left for training when a part of them is held out."""
    # The small number undoes binary rounding, 10 * (1 - 0.9) being a little less than 1.
    left = math.floor(images * (1.0 - fraction) + 1e-4)
    if not 0 < left < images:
        empty = "training" if left == 0 else "validation"
        raise ValueError(
            f"train: validation_split={fraction:g} of {images} images leaves none for {empty}; "
            "use another fraction, or pass validation_data=(x, y)"
        )
    return left
