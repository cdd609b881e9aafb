"""The one place that asks what a user's data is, and makes the source for it."""

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
    """Make the source for images and labels, or for a source of batches where `y` is None."""
    if _is_array(x) or (y is not None and not _gives_batches(x) and not _begins_with_a_batch(x)):
        if y is None:
            raise TypeError(
                f"{owner}: y is missing: pass the labels of the images in x, {owner}(x, y)"
            )
        if is_mapped(x) or is_mapped(y):
            return MappedSource.checked(as_numpy(x), as_numpy(y), reader, order)
        return ArraySource(reader.data(as_numpy(x), as_numpy(y), *names), order)
    if y is not None:
        raise TypeError(
            f"{owner}: y must be left out where x is a source of batches (x, y), got {describe(y)}"
        )
    if isinstance(x, Readable):
        return ReadSource.checked(x, reader, order)
    if not isinstance(x, (Source, Batches)):
        _refuse_others(x, owner, names[0], "an array of images together with y")
    return _source_of_batches(x, lambda item, where: read_batch(item, reader, where), order)


def choose_images(x: Any, reader: BatchReader, order: Order, *, owner: str) -> PreparedSource:
    """Make the source for images alone; where `x` has labels too, they are not used."""
    mapped = is_mapped(x)
    if isinstance(x, np.ndarray) and not mapped:  # by far the most frequent: asked first
        return ArraySource(Data(reader.images(x), NO_TARGETS), order)
    if mapped or isinstance(x, Readable):
        return _pieces(x, reader, order)
    if _is_array(x) or not (_gives_batches(x) or _holds_batches(x)):
        return ArraySource(Data(reader.images(as_numpy(x)), NO_TARGETS), order)
    if not isinstance(x, (Source, Batches)):
        _refuse_others(x, owner, "x", "an array of images")
    return _source_of_batches(x, lambda item, where: read_images(item, reader, where), order)


def check_epochs(source: PreparedSource, epochs: int) -> None:
    """Refuse more epochs than a source has."""
    if epochs > 1 and source.once:
        raise ValueError(ONCE)


def gives_batches(value: object) -> bool:
    """Whether something may be passed without labels, because it gives them itself."""
    if _is_array(value) or isinstance(value, (str, bytes, bytearray, Mapping)):
        return False
    return _gives_batches(value) or _is_sequence(value)


def _source_of_batches(x: Any, read: ReadItem, order: Order) -> PreparedSource:
    """Make the source for an object that provides batches."""
    if isinstance(x, Source):
        return UsersSource(x)
    if isinstance(x, Batches):
        return IterableSource(x.batches, read, steps=x.steps)
    if _is_sequence(x):
        return SequenceSource(x, read, order)
    return IterableSource(x, read)


def _pieces(x: Any, reader: BatchReader, order: Order) -> PreparedSource:
    """Make the source for images that are read a batch at a time, without their labels."""
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
    """Whether this is surely an array of images, or something that NumPy takes for one."""
    return (
        isinstance(x, (np.ndarray, np.generic))
        or hasattr(x, "__array__")
        or hasattr(x, "__array_interface__")
        or hasattr(x, "__buffer__")
    )


def _is_sequence(x: object) -> bool:
    """Whether items can be asked for by their number."""
    return hasattr(type(x), "__len__") and hasattr(type(x), "__getitem__")


def _gives_batches(x: object) -> bool:
    """Whether this is surely no array of images, but a source of batches."""
    if isinstance(x, (Source, Readable, Batches, Iterator)):
        return True
    return not _is_sequence(x) and (callable(x) or isinstance(x, Iterable))


def _holds_batches(x: Any) -> bool:
    """Whether a sequence that is passed alone holds batches, rather than images as numbers."""
    if not _is_sequence(x) or isinstance(x, (str, bytes, bytearray, Mapping)):
        return False
    if not isinstance(x, (list, tuple)):
        return True
    return _begins_with_a_batch(x)


def _begins_with_a_batch(x: Any) -> bool:
    """Whether the first item of a sequence is a batch."""
    if not _is_sequence(x) or isinstance(x, Mapping) or len(x) == 0:
        return False
    first = x[0]
    return isinstance(first, Batch) or (
        isinstance(first, (list, tuple)) and len(first) in {2, 3} and _is_array(first[0])
    )


def _refuse_others(x: object, owner: str, name: str, array: str) -> None:
    """Refuse what is no source of batches, with what was probably meant."""
    takes = f"{array}, or a source of batches (x, y)"
    if x is None or isinstance(x, (str, bytes, bytearray, dict, set, frozenset)):
        raise TypeError(f"{owner}: {name} must be {takes}, got {describe(x)}")
    if isinstance(x, type):
        raise TypeError(
            f"{owner}: {name} is the class itself; make an object of it: {x.__name__}(...)"
        )
    if isinstance(x, tuple):
        raise TypeError(
            f"{owner}: {name} must be {takes}, got a tuple of {len(x)}; pass images and labels one "
            f"by one, {owner}(x, y), and several batches as a list"
        )
    if hasattr(x, "train") and hasattr(x, "validation"):
        raise TypeError(
            f"{owner}: {name} is the whole {type(x).__name__}; pass a part of it, such as "
            f"{name}=folder.train"
        )
    if not callable(x) and not isinstance(x, Iterable) and not _is_sequence(x):
        raise TypeError(f"{owner}: {name} must be {takes}, got {describe(x)}")
