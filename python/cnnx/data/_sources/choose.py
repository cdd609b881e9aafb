"""Selection of the source of batches for the user's data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from cnnx._checks.images import check_shape
from cnnx._checks.scalars import describe
from cnnx.data._order import Order
from cnnx.data._reader import BatchReader, Data
from cnnx.data._sources.arrays import ArraySource
from cnnx.data._sources.base import PreparedSource, UsersSource
from cnnx.data._sources.items import NO_TARGETS, ReadItem, as_numpy, read_batch, read_images
from cnnx.data._sources.iterable import ONCE, IterableSource
from cnnx.data._sources.mapped import MappedSource, is_mapped
from cnnx.data._sources.readable import ReadSource
from cnnx.data._sources.sequence import SequenceSource
from cnnx.data.batches import Batches
from cnnx.data.source import Batch, Readable, Source


def choose(
    x: Any,
    y: Any,
    reader: BatchReader,
    order: Order,
    *,
    owner: str = "train",
    names: tuple[str, str] = ("x", "y"),
) -> PreparedSource:
    """Create the source for images and labels, or for a source of batches if `y` is None."""
    if _is_array(x) or (y is not None and not _gives_batches(x)):
        if y is None:
            raise TypeError(
                f"{owner}: y is missing: pass the labels of the images in x, {owner}(x, y)"
            )
        if is_mapped(x) or is_mapped(y):
            return MappedSource.checked(as_numpy(x), as_numpy(y), reader, order)
        return ArraySource(reader.data(as_numpy(x), as_numpy(y), *names), order)
    if y is not None:
        raise TypeError(
            f"{owner}: y must be omitted if x is a source of batches (x, y), got {describe(y)}"
        )
    if isinstance(x, Readable):
        return ReadSource.checked(x, reader, order)
    if not isinstance(x, (Source, Batches)):
        _refuse_others(x, owner, names[0], "an array of images together with y")
    return _source_of_batches(x, lambda item, where: read_batch(item, reader, where), order)


def choose_images(x: Any, reader: BatchReader, order: Order, *, owner: str) -> PreparedSource:
    """Create the source for images without labels; labels in `x` are ignored."""
    if isinstance(x, Readable) or is_mapped(x):
        return _pieces(x, reader, order)
    if _is_array(x) or not (_gives_batches(x) or _holds_batches(x)):
        return ArraySource(Data(reader.images(as_numpy(x)), NO_TARGETS), order)
    if not isinstance(x, (Source, Batches)):
        _refuse_others(x, owner, "x", "an array of images")
    return _source_of_batches(x, lambda item, where: read_images(item, reader, where), order)


def check_epochs(source: PreparedSource, epochs: int) -> None:
    """Check that the source can be used for this number of epochs."""
    if epochs > 1 and source.once:
        raise ValueError(ONCE)


def gives_batches(value: object) -> bool:
    """Whether a value may be passed without labels, because its batches contain them."""
    if _is_array(value) or isinstance(value, (str, bytes, bytearray, Mapping)):
        return False
    return _gives_batches(value) or _is_sequence(value)


def _source_of_batches(x: Any, read: ReadItem, order: Order) -> PreparedSource:
    """Create the source for an object that yields batches."""
    if isinstance(x, Source):
        return UsersSource(x)
    if isinstance(x, Batches):
        return IterableSource(x.batches, read, steps=x.steps)
    if _is_sequence(x):
        return SequenceSource(x, read, order)
    return IterableSource(x, read)


def _pieces(x: Any, reader: BatchReader, order: Order) -> PreparedSource:
    """Create the source for images that are read one batch at a time, without labels."""
    shape = (len(x), *x.input_shape) if isinstance(x, Readable) else x.shape
    check_shape(shape, "x", reader.input_shape)
    read = x.read if isinstance(x, Readable) else x.__getitem__

    def pieces() -> Iterator[Any]:
        for _, rows in order.batches(len(x), 0, 0):
            yield read(rows)

    source = IterableSource(pieces, lambda item, where: read_images(item, reader, where))
    source.samples, source.steps = len(x), order.steps(len(x))
    return source


def _is_array(x: object) -> bool:
    """Whether `x` is certainly an array, or an object that NumPy treats as one."""
    return (
        isinstance(x, (np.ndarray, np.generic))
        or hasattr(x, "__array__")
        or hasattr(x, "__array_interface__")
        or hasattr(x, "__buffer__")
    )


def _is_sequence(x: object) -> bool:
    """Whether `x` has items that can be accessed by index."""
    return hasattr(type(x), "__len__") and hasattr(type(x), "__getitem__")


def _gives_batches(x: object) -> bool:
    """Whether `x` is certainly a source of batches rather than an array."""
    if isinstance(x, (Source, Readable, Batches, Iterator)):
        return True
    return not _is_sequence(x) and (callable(x) or isinstance(x, Iterable))


def _holds_batches(x: Any) -> bool:
    """Whether a sequence passed without labels contains batches rather than images."""
    if not _is_sequence(x) or isinstance(x, (str, bytes, bytearray, Mapping)):
        return False
    if not isinstance(x, (list, tuple)):
        return True
    first = x[0] if x else None
    return isinstance(first, Batch) or (
        isinstance(first, (list, tuple)) and len(first) in {2, 3} and _is_array(first[0])
    )


def _refuse_others(x: object, owner: str, name: str, array: str) -> None:
    """Reject values that are not sources of batches, with a hint for common mistakes."""
    takes = f"{array}, or a source of batches (x, y)"
    if x is None or isinstance(x, (str, bytes, bytearray, dict, set, frozenset)):
        raise TypeError(f"{owner}: {name} must be {takes}, got {describe(x)}")
    if isinstance(x, type):
        raise TypeError(f"{owner}: {name} is the class itself; create an object: {x.__name__}(...)")
    if isinstance(x, tuple):
        raise TypeError(
            f"{owner}: {name} must be {takes}, got a tuple of {len(x)}; pass images and labels as "
            f"separate arguments, {owner}(x, y), or several batches as a list"
        )
    if hasattr(x, "train") and hasattr(x, "validation"):
        raise TypeError(
            f"{owner}: {name} is a whole {type(x).__name__}; pass a part of it, such as "
            f"{name}=folder.train"
        )
    if not callable(x) and not isinstance(x, Iterable) and not _is_sequence(x):
        raise TypeError(f"{owner}: {name} must be {takes}, got {describe(x)}")
