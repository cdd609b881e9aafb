"""From anything that holds training data to the source that gives its batches."""

from __future__ import annotations

from cnnx._arrays import Array
from cnnx._batches import BatchReader
from cnnx.data._array_source import ArraySource
from cnnx.data._batch import Batch, Source


def make_source(
    x: object,
    y: object,
    reader: BatchReader,
    *,
    batch_size: int,
    shuffle: bool,
    seed: int,
    weights: Array | None = None,
) -> Source:
    """Make the source for what a user passes as training data.

    Parameters
    ----------
    x, y : object
        Images and labels.
    reader : BatchReader
        Checks and converts them for the network.
    batch_size : int
        How many images make a batch.
    shuffle : bool
        Whether every epoch has an order of its own.
    seed : int
        What decides the orders.
    weights : ndarray, optional
        One weight an image, checked and of the network's dtype.

    Returns
    -------
    Source
        What gives the batches.

    Raises
    ------
    TypeError, ShapeError, ConfigError, ValueError
        If the data cannot be used.
    """
    data = reader.data(x, y)  # type: ignore[arg-type] # checks what it is given
    return ArraySource(data, batch_size=batch_size, shuffle=shuffle, seed=seed, weights=weights)


__all__ = ["Batch", "Source", "make_source"]
