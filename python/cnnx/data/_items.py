"""What a user's iterator gives for a batch -> a checked batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnx._arrays import Array, as_array
from cnnx._batches import BatchReader
from cnnx._validate import describe
from cnnx.data._batch import Batch
from cnnx.errors import ShapeError


def as_numpy(value: Any) -> Any:
    """Take the array out of a tensor of another library, without importing that library.

    Parameters
    ----------
    value : object
        Anything. What has a ``numpy`` method, as the tensors of PyTorch and TensorFlow do, gives
        its array, without a copy where it lies in this machine's memory; other values stay.

    Returns
    -------
    object
        An array, or the value itself.

    Raises
    ------
    TypeError
        If a tensor has no array: it lies on another device, or its dtype is unknown to NumPy.
    """
    if isinstance(value, (np.ndarray, np.generic)) or not callable(getattr(value, "numpy", None)):
        return value
    detach = getattr(value, "detach", None)
    try:
        return (detach() if callable(detach) else value).numpy()
    except (TypeError, RuntimeError) as error:
        raise TypeError(f"a tensor ({type(value).__name__}) gives no array: {error}") from error


def check_weights(value: object, images: int, dtype: np.dtype[Any], name: str) -> Array:
    """Check the weights of a batch's images.

    Parameters
    ----------
    value : object
        One number an image, at least 0.
    images : int
        How many images there are.
    dtype : dtype
        The network's precision, which they become.
    name : str
        What a message calls them.

    Returns
    -------
    ndarray
        C-contiguous, of `dtype` and shape (images,).

    Raises
    ------
    TypeError, ShapeError, ValueError
        If they cannot be used.
    """
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
    """Check and convert one item.

    Parameters
    ----------
    item : object
        ``(x, y)`` or ``(x, y, weights)`` as a tuple or list, of arrays, tensors or lists of
        numbers; or a `Batch`, whose arrays are checked too.
    reader : BatchReader
        Checks and converts images and labels for the network.
    where : str
        What a message calls the item, such as "x[3]".

    Returns
    -------
    Batch
        Images, labels and weights; without rows.

    Raises
    ------
    TypeError, ShapeError, ValueError
        If it is something else or cannot be used; the message begins with `where`.
    """
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
