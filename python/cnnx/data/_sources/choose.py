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
from cnnx.data._sources.iterable import IterableSource, once
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
    rank = len(reader.input_shape)
    if _is_array(x) or (y is not None and not (_gives_batches(x) or holds_batches(x, rank))):
        if y is None:
            raise TypeError(
                f"{owner}: y is missing: pass the labels of the images in x, {owner}(x, y)"
            )
        if is_mapped(x) or is_mapped(y):
            return MappedSource.checked(as_numpy(x), as_numpy(y), reader, order, names)
        return ArraySource(reader.data(as_numpy(x), as_numpy(y), *names), order)
    if y is not None:
        raise TypeError(
            f"{owner}: {names[1]} must be left out where {names[0]} is a source of batches (x, y), "
            f"got {describe(y)}"
        )
    if isinstance(x, Readable):
        return ReadSource.checked(x, reader, order, names[0])
    if isinstance(x, type) or not isinstance(x, (Source, Batches)):
        _refuse_others(x, owner, names[0], "an array of images together with y")
    return _source_of_batches(
        x, lambda item, where: read_batch(item, reader, where), order, names[0]
    )


def choose_images(x: Any, reader: BatchReader, order: Order, *, owner: str) -> PreparedSource:
    """Make the source for images alone; where `x` has labels too, they are not used."""
    mapped = is_mapped(x)
    if isinstance(x, np.ndarray) and not mapped:  # by far the most frequent: asked first
        return ArraySource(Data(reader.images(x), NO_TARGETS), order)
    if mapped or isinstance(x, Readable):
        return _pieces(x, reader, order)
    rank = len(reader.input_shape)
    single = _is_sequence(x) and not isinstance(x, (list, tuple, str, bytes, bytearray, Mapping))
    if _is_array(x) or not (_gives_batches(x) or single or holds_batches(x, rank)):
        _refuse_several_arrays(x, owner, rank)
        return ArraySource(Data(reader.images(as_numpy(x)), NO_TARGETS), order)
    if isinstance(x, type) or not isinstance(x, (Source, Batches)):
        _refuse_others(x, owner, "x", "an array of images")
    return _source_of_batches(x, lambda item, where: read_images(item, reader, where), order, "x")


def check_epochs(source: PreparedSource, epochs: int, name: str = "x") -> None:
    """Refuse more epochs than a source has."""
    if epochs > 1 and source.once:
        raise ValueError(once(name))


def gives_batches(value: object) -> bool:
    """Whether something may be passed without labels, because it gives them itself."""
    if _is_array(value) or isinstance(value, (str, bytes, bytearray, Mapping)):
        return False
    return _gives_batches(value) or _is_sequence(value)


def holds_batches(x: Any, rank: int) -> bool:
    """Whether a sequence holds batches, rather than images as numbers.

    `rank` is the smallest number of axes of a batch's images that is taken for one: an image may be
    a list of arrays too, of its channels.
    """
    if not _is_sequence(x) or isinstance(x, (str, bytes, bytearray, Mapping)) or len(x) == 0:
        return False
    first = x[0]
    return isinstance(first, Batch) or (
        isinstance(first, (list, tuple))
        and len(first) in {2, 3}
        and _is_array(first[0])
        and np.ndim(first[0]) >= rank
    )


def _source_of_batches(x: Any, read: ReadItem, order: Order, name: str) -> PreparedSource:
    """Make the source for an object that provides batches."""
    if isinstance(x, Source):
        return UsersSource(x, name)
    if isinstance(x, Batches):
        return IterableSource(x.batches, read, steps=x.steps, name=name)
    if _is_sequence(x):
        return SequenceSource(x, read, order, name)
    return IterableSource(x, read, name=name)


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


def _refuse_several_arrays(x: Any, owner: str, rank: int) -> None:
    """Refuse a pair or a list of whole arrays, which are no images of one array."""
    if isinstance(x, (list, tuple)) and x and _is_array(x[0]) and np.ndim(x[0]) > rank:
        raise TypeError(
            f"{owner}: x must be an array of images, or a source of batches (x, y), got a "
            f"{type(x).__name__} of {len(x)} arrays; pass the images alone, {owner}(x), several "
            "arrays as one made by np.concatenate, and batches as a list of (x, y)"
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
