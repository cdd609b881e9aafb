"""Images held out for validation: a part of each class, drawn from a seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cnnx.data._order import epoch_order
from cnnx.errors import ConfigError


def held_out(
    labels: NDArray[np.int64], classes: Sequence[str], fraction: float, seed: int
) -> NDArray[np.bool_]:
    """Mark the images that are held out.

    Parameters
    ----------
    labels : ndarray
        int64, the class index of each image.
    classes : sequence of str
        The names of the classes.
    fraction : float
        How much of each class is held out, greater than 0 and smaller than 1; at least one image,
        and never the last.
    seed : int
        What decides which.

    Returns
    -------
    ndarray
        bool of the shape of `labels`.

    Raises
    ------
    ConfigError
        If a class has one image only. One that has none stays out of it.
    """
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


__all__ = ["held_out"]
