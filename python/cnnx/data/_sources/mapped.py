"""Source for memory-mapped files, which may be larger than the available memory.

Images are never read as a whole: each batch is checked when it is used. If the dtype and layout of
the file are supported by the engine, it reads the mapped pages directly, and a thread loads those
of the next batches into memory. Other dtypes are converted one batch at a time.
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
from cnnx.data._sources.items import as_numpy, read_batch
from cnnx.data._sources.prefetch import Prefetcher
from cnnx.data._split import cut
from cnnx.data.source import Batch

_CHUNK_BYTES = 2**24
_PAGE = mmap.PAGESIZE
_READ_DIRECTLY = frozenset(np.dtype(t) for t in (np.float32, np.float64, np.uint8))


def is_mapped(value: object) -> bool:
    """Whether an array is memory-mapped, or a view of one that is."""
    base: Any = value
    while isinstance(base, np.ndarray):
        if isinstance(base, np.memmap):
            return True
        base = base.base
    return isinstance(base, mmap.mmap)


class MappedSource(PreparedSource):
    """A source for memory-mapped images or labels."""

    def __init__(
        self, data: Data, reader: BatchReader, order: Order, weights: Array | None = None
    ) -> None:
        self._data = data
        self.labels = data.y
        self._reader = reader
        self._order = order
        self._weights = weights
        self._direct = _is_direct(data.x, _READ_DIRECTLY) and _is_direct(
            data.y, {np.dtype(np.int64) if data.y.ndim == 1 else reader.dtype}
        )
        self.samples = len(data)
        self.steps = order.steps(len(data))

    @classmethod
    def checked(cls, x: Any, y: Any, reader: BatchReader, order: Order) -> Self:
        """Create a source, with all checks that do not require reading all images."""
        if not is_mapped(x):
            x = reader.images(as_numpy(x))
        check_shape(x.shape, "x", reader.input_shape)
        as_array(x[:1], "x")  # rejects arrays that are not numeric
        data = Data(np.asarray(x), _labels(y, reader))
        check_length(data.x, data.y, "x", "y")
        made = cls(data, reader, order)
        if made._direct:
            reader.images(np.zeros((1, *x.shape[1:]), x.dtype))  # warns about unscaled uint8
        return made

    @property
    def described(self) -> dict[str, Any]:
        """A description of the data, to compare calls."""
        return of_data(self._data)

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Return the batches of an epoch from batch `start` on, prefetched by a thread."""
        return Prefetcher(self._read(number, start))

    def split(self, fraction: float) -> tuple[Self, MappedSource]:
        """Split off the last part of the images for validation."""
        at = cut(len(self._data), fraction)
        x, y = self._data.x, self._data.y
        held = MappedSource(Data(x[at:], y[at:]), self._reader, Order(VALIDATION_BATCH))
        return type(self)(Data(x[:at], y[:at]), self._reader, self._order), held

    def weighted(self, weights: Array) -> Self:
        """Return a source with a weight for each image."""
        return type(self)(self._data, self._reader, self._order, weights)

    def take(self, rows: Array) -> Data:
        """Read and check the given images and their labels."""
        return self._reader.data(self._data.x[rows], self._data.y[rows])

    def _read(self, number: int, start: int) -> Iterator[Batch]:
        """Load the pages of each batch into memory, or convert it; runs in the thread."""
        x, y = self._data.x, self._data.y
        for first, rows in self._order.batches(len(x), number, start):
            if self._direct:
                _touch(x, rows)
                yield Batch(x, y, rows, self._weights)
            else:
                weights = None if self._weights is None else self._weights[rows]
                item = Batch(x[rows], y[rows], None, weights)
                yield read_batch(item, self._reader, f"images {first} to {first + len(rows) - 1}")


def _is_direct(array: Array, dtypes: frozenset[np.dtype[Any]] | set[np.dtype[Any]]) -> bool:
    """Whether the engine can read an array without conversion."""
    return array.dtype in dtypes and array.dtype.isnative and bool(array.flags.c_contiguous)


def _labels(y: Any, reader: BatchReader) -> Array:
    """Check labels; memory-mapped rows of targets are checked in chunks and not copied."""
    if not is_mapped(y) or y.ndim < 2 or len(y) == 0:
        return reader.targets(as_numpy(y))
    step = max(1, _CHUNK_BYTES // max(1, y[:1].nbytes))
    for start in range(0, len(y), step):
        stop = min(start + step, len(y))
        reader.targets(y[start:stop], "y" if start == 0 else f"y[{start}:{stop}]")
    return np.asarray(y)


def _touch(x: Array, rows: Array) -> None:
    """Read one byte of every page of the given images, to load them into memory."""
    table = x.reshape(len(x), -1).view(np.uint8)
    width = table.shape[1]
    places = np.append(np.arange(0, width, _PAGE), width - 1)
    # Sorted, for sequential access to the disk; the bytes that are read are discarded.
    table[np.sort(rows)[:, None], places]
