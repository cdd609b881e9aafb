"""Conversion of the items of the user's iterators to checked batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnx._checks.scalars import describe
from cnnx._types import Array
from cnnx.data._reader import BatchReader
from cnnx.data._weights import check_weights
from cnnx.data.source import Batch

ReadItem = Callable[[object, str], Batch]
"""Checks an item of the user's source; the string names the item in messages."""

NO_TARGETS: Array = np.zeros(0, np.int64)
"""The labels of images in prediction."""


def as_numpy(value: Any) -> Any:
    """Convert a tensor of another library to an array, without importing that library."""
    if isinstance(value, (np.ndarray, np.generic)) or not callable(getattr(value, "numpy", None)):
        return value
    detach = getattr(value, "detach", None)
    try:
        return (detach() if callable(detach) else value).numpy()
    except (TypeError, RuntimeError) as error:
        raise TypeError(
            f"a tensor ({type(value).__name__}) cannot be converted to an array: {error}"
        ) from error


def read_batch(item: object, reader: BatchReader, where: str) -> Batch:
    """Check and convert one item."""
    if isinstance(item, Batch):
        rows = slice(None) if item.rows is None else item.rows
        parts: tuple[Any, ...] = (item.x[rows], item.y[rows])
        if item.weights is not None:
            parts += (item.weights[rows],)
    elif isinstance(item, (tuple, list)) and len(item) in {2, 3}:
        parts = tuple(item)
    else:
        got = f"{len(item)} items" if isinstance(item, (tuple, list)) else describe(item)
        raise TypeError(f"{where}: expected a batch (x, y) or (x, y, weights), got {got}")
    try:
        data = reader.batch(as_numpy(parts[0]), as_numpy(parts[1]))
        weights = None
        if len(parts) == 3 and parts[2] is not None:
            weights = check_weights(as_numpy(parts[2]), len(data), reader.dtype, "weights")
    except (TypeError, ValueError) as error:  # ShapeError and ConfigError are ValueErrors
        raise type(error)(f"{where}: {error}") from error
    return Batch(data.x, data.y, None, weights)


def read_images(item: object, reader: BatchReader, where: str) -> Batch:
    """Check and convert the images of one item; labels are ignored."""
    if isinstance(item, Batch):
        x: Any = item.x if item.rows is None else item.x[item.rows]
    else:
        x = item[0] if isinstance(item, (tuple, list)) and len(item) in {2, 3} else item
    try:
        return Batch(reader.images(as_numpy(x)), NO_TARGETS)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{where}: {error}") from error
