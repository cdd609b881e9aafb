"""Images in memory-mapped files, which may be larger than the memory.

Nothing goes through the whole of the images: each batch is checked when it is used. Where the file
holds what the engine reads, the engine reads the mapped pages themselves, and a thread has the
system bring those of the next batches into memory; other types are copied a batch at a time.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from cnnx._checks.arrays import as_array
from cnnx._checks.images import check_shape
from cnnx._checks.targets import check_length
from cnnx._types import Array
from cnnx.data._fingerprint import of_data
from cnnx.data._order import Order
from cnnx.data._reader import BatchReader, Data
from cnnx.data._sources.base import VALIDATION_BATCH, PreparedSource
from cnnx.data._sources.items import as_numpy, read_batch, rows_of
from cnnx.data._sources.prefetch import Prefetcher
from cnnx.data._split import cut
from cnnx.data.source import Batch

_CHUNK_BYTES = 2**24
_PAGE = mmap.PAGESIZE
_READ_DIRECTLY = frozenset(np.dtype(t) for t in (np.float32, np.float64, np.uint8))


def is_mapped(value: object) -> bool:
    """Tell whether an array lies in a mapped file, or is a view of one that does."""
    base: Any = value
    while isinstance(base, np.ndarray):
        if isinstance(base, np.memmap):
            return True
        base = base.base
    return isinstance(base, mmap.mmap)


class MappedSource(PreparedSource):
    """Images in memory-mapped files, or with labels there, as a source."""

    def __init__(
        self,
        data: Data,
        reader: BatchReader,
        order: Order,
        weights: Array | None = None,
        name: str = "x",
    ) -> None:
        self._data = data
        self.labels = data.y
        self._reader = reader
        self._order = order
        self._weights = weights
        self._name = name
        self._direct = _is_direct(data.x, _READ_DIRECTLY) and _is_direct(
            data.y, {np.dtype(np.int64) if data.y.ndim == 1 else reader.dtype}
        )
        self.samples = len(data)
        self.steps = order.steps(len(data))

    @classmethod
    def checked(
        cls,
        x: Any,
        y: Any,
        reader: BatchReader,
        order: Order,
        names: tuple[str, str] = ("x", "y"),
    ) -> Self:
        """Check what can be checked without reading all images."""
        if not is_mapped(x):
            x = reader.images(as_numpy(x), names[0])
        check_shape(x.shape, names[0], reader.input_shape)
        as_array(x[:1], names[0])  # refuses what holds no numbers
        data = Data(np.asarray(x), _labels(y, reader, names[1]))
        check_length(data.x, data.y, *names)
        made = cls(data, reader, order, None, names[0])
        if made._direct:
            reader.images(
                np.zeros((1, *x.shape[1:]), x.dtype), names[0]
            )  # warns where bytes do not suit
        return made

    @property
    def described(self) -> dict[str, Any]:
        """The data as plain values."""
        return of_data(self._data)

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of one epoch from batch `start` on, read from the disk ahead."""
        return Prefetcher(self._read(number, start))

    def split(self, fraction: float) -> tuple[Self, MappedSource]:
        """Hold out the last part of the images."""
        at = cut(len(self._data), fraction)
        x, y = self._data.x, self._data.y
        held = MappedSource(Data(x[at:], y[at:]), self._reader, Order(VALIDATION_BATCH))
        return type(self)(Data(x[:at], y[:at]), self._reader, self._order), held

    def weighted(self, weights: Array) -> Self:
        """Give each image a weight."""
        return type(self)(self._data, self._reader, self._order, weights, self._name)

    def take(self, rows: Array) -> Data:
        """Read and check some images with their labels."""
        return self._reader.data(self._data.x[rows], self._data.y[rows])

    def _read(self, number: int, start: int) -> Iterator[Batch]:
        """Bring the pages of each batch into memory, or copy it; runs in the thread."""
        x, y = self._data.x, self._data.y
        for first, rows in self._order.batches(len(x), number, start):
            if self._direct:
                _touch(x, rows)
                yield Batch(x, y, rows, self._weights)
            else:
                weights = None if self._weights is None else self._weights[rows]
                item = Batch(x[rows], y[rows], None, weights)
                yield read_batch(item, self._reader, rows_of(self._name, first, len(rows)))


def _is_direct(array: Array, dtypes: frozenset[np.dtype[Any]] | set[np.dtype[Any]]) -> bool:
    """Whether the engine reads this array as it is."""
    return array.dtype in dtypes and array.dtype.isnative and bool(array.flags.c_contiguous)


def _labels(y: Any, reader: BatchReader, name: str) -> Array:
    """Check labels; rows of targets in a mapped file stay there and are checked in pieces."""
    if not is_mapped(y) or y.ndim < 2 or len(y) == 0:
        return reader.targets(as_numpy(y), name)
    step = max(1, _CHUNK_BYTES // max(1, y[:1].nbytes))
    for start in range(0, len(y), step):
        stop = min(start + step, len(y))
        reader.targets(y[start:stop], name if start == 0 else f"{name}[{start}:{stop}]")
    return np.asarray(y)


def _touch(x: Array, rows: Array) -> None:
    """Read one byte of every page of some images."""
    table = x.reshape(len(x), -1).view(np.uint8)
    width = table.shape[1]
    places = np.append(np.arange(0, width, _PAGE), width - 1)
    # In the order of the file, as disks like it; the copy of a byte a page is thrown away.
    table[np.sort(rows)[:, None], places]
