"""From anything that holds training data to the source that gives its batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from cnnx._checks.scalars import describe
from cnnx._types import Array
from cnnx.data._reader import BatchReader
from cnnx.data._sources.arrays import ArraySource
from cnnx.data._sources.items import as_numpy
from cnnx.data._sources.iterable import IterableSource, check_epochs
from cnnx.data._sources.mapped import MappedSource, is_mapped
from cnnx.data._sources.readable import Readable, ReadSource
from cnnx.data._sources.sequence import SequenceSource
from cnnx.data.batches import Batches
from cnnx.data.source import Batch, Source


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
    """Make the source for what a user passes as training data."""
    if y is not None:
        if _gives_batches(x):
            raise TypeError(
                f"train: y must be left out where x gives batches of (x, y), got {describe(y)}"
            )
        if is_mapped(x) or is_mapped(y):
            return MappedSource(
                x, y, reader, batch_size=batch_size, shuffle=shuffle, seed=seed, weights=weights
            )
        data = reader.data(as_numpy(x), as_numpy(y))
        return ArraySource(data, batch_size=batch_size, shuffle=shuffle, seed=seed, weights=weights)
    if isinstance(x, Readable):
        return ReadSource(
            x, reader, batch_size=batch_size, shuffle=shuffle, seed=seed, weights=weights
        )
    if weights is not None:
        raise TypeError(
            "train: weights of images go with arrays; let x give batches of (x, y, weights) instead"
        )
    return _source_of_batches(x, reader, shuffle, seed)


def gives_batches(value: object) -> bool:
    """Tell whether something may be passed without labels, because it gives them itself."""
    if isinstance(value, (str, bytes, bytearray, Mapping)):
        return False
    if _gives_batches(value):
        return True
    return _is_sequence(value) and not hasattr(value, "__array__")


def _source_of_batches(x: Any, reader: BatchReader, shuffle: bool, seed: int) -> Source:
    """Make the source for what gives batches itself."""
    if isinstance(x, Source):
        return x
    if isinstance(x, Batches):
        return IterableSource(x.batches, reader, steps=x.steps)
    _refuse_others(x)
    if _is_sequence(x):
        return SequenceSource(x, reader, shuffle=shuffle, seed=seed)
    return IterableSource(x, reader)


def _is_sequence(x: object) -> bool:
    """Whether things can be asked for by their number."""
    return hasattr(type(x), "__len__") and hasattr(type(x), "__getitem__")


def _gives_batches(x: object) -> bool:
    """Whether this is surely not an array of images, but something that gives batches."""
    if isinstance(x, (Source, Readable, Batches, Iterator)):
        return True
    if hasattr(x, "__array__") or hasattr(x, "__array_interface__") or hasattr(x, "__buffer__"):
        return False
    return not _is_sequence(x) and (callable(x) or isinstance(x, Iterable))


def _refuse_others(x: object) -> None:
    """Refuse what gives no batches, with what was probably meant."""
    takes = "an array of images together with y, or something that gives batches (x, y)"
    if x is None or isinstance(x, (str, bytes, bytearray, dict, set, frozenset)):
        raise TypeError(f"train: x must be {takes}, got {describe(x)}")
    if isinstance(x, type):
        raise TypeError(f"train: x is the class itself; make an object of it: {x.__name__}(...)")
    if isinstance(x, (np.ndarray, np.generic)) or hasattr(x, "__array__"):
        raise TypeError("train: y is missing: pass the labels of the images in x, train(x, y)")
    if isinstance(x, tuple):
        raise TypeError(
            f"train: x must be {takes}, got a tuple of {len(x)}; pass images and labels one by "
            "one, train(x, y), and several batches as a list"
        )
    if hasattr(x, "train") and hasattr(x, "validation"):
        raise TypeError(
            f"train: x is the whole {type(x).__name__}; pass a part of it, such as x=folder.train"
        )
    if not callable(x) and not isinstance(x, Iterable) and not _is_sequence(x):
        raise TypeError(f"train: x must be {takes}, got {describe(x)}")


__all__ = ["Batch", "Source", "check_epochs", "gives_batches", "make_source"]
