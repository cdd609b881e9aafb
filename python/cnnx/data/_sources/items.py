"""What a user's iterator gives for a batch -> a checked batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnx._checks.arrays import as_array
from cnnx._checks.scalars import describe
from cnnx._types import Array
from cnnx.data._reader import BatchReader
from cnnx.data.source import Batch
from cnnx.errors import ShapeError


def as_numpy(value: Any) -> Any:
    """Take the array out of a tensor of another library, without importing that library."""
    if isinstance(value, (np.ndarray, np.generic)) or not callable(getattr(value, "numpy", None)):
        return value
    detach = getattr(value, "detach", None)
    try:
        return (detach() if callable(detach) else value).numpy()
    except (TypeError, RuntimeError) as error:
        raise TypeError(f"a tensor ({type(value).__name__}) gives no array: {error}") from error


def check_weights(value: object, images: int, dtype: np.dtype[Any], name: str) -> Array:
    """Check the weights of a batch's images."""
    array = as_array(as_numpy(value), name)
    if array.shape != (images,):
        raise ShapeError(
            f"{name}: expected one weight an image, shape ({images},), got shape {array.shape}"
        )
    with np.errstate(over="ignore"):  # found in the next line
        weights = np.ascontiguousarray(array, dtype=dtype)
    if not bool(np.isfinite(weights).all()) or bool((weights < 0).any()):
        raise ValueError(f"{name}: expected finite weights of at least 0, got others among them")
    return weights


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
            weights = check_weights(parts[2], len(data), reader.dtype, "weights")
    except (TypeError, ValueError) as error:  # ShapeError and ConfigError are ValueErrors
        raise type(error)(f"{where}: {error}") from error
    return Batch(data.x, data.y, None, weights)


__all__ = ["as_numpy", "check_weights", "read_batch"]
