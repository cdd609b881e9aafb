"""Images in memory-mapped files, which may be larger than the memory.

Nothing goes through the whole of the images: each batch is checked when it is used. Where the file
holds what the engine reads, the engine reads the mapped pages themselves, and a thread has the
system bring those of the next batches into memory; other types are copied a batch at a time.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import Any

import numpy as np

from cnnx._checks.arrays import as_array
from cnnx._checks.images import check_shape
from cnnx._checks.targets import check_length
from cnnx._types import Array
from cnnx.data._order import epoch_order
from cnnx.data._reader import BatchReader, Data
from cnnx.data._sources.items import as_numpy, read_batch
from cnnx.data._sources.prefetch import Prefetcher
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


class MappedSource:
    """Memory-mapped images as a source."""

    samples: int | None
    steps: int | None

    def __init__(
        self,
        x: Any,
        y: Any,
        reader: BatchReader,
        *,
        batch_size: int,
        shuffle: bool,
        seed: int,
        weights: Array | None = None,
    ) -> None:
        if not is_mapped(x):
            x = reader.images(as_numpy(x))
        check_shape(x.shape, "x", reader.input_shape)
        as_array(x[:1], "x")  # refuses what holds no numbers
        self._x = np.asarray(x)
        self._y = _labels(y, reader)
        check_length(self._x, self._y, "x", "y")
        self._reader = reader
        self._weights = weights
        self._batch_size = batch_size
        self._shuffle = shuffle
        self._seed = seed
        self._direct = _is_direct(self._x, _READ_DIRECTLY) and _is_direct(
            self._y, {np.dtype(np.int64) if self._y.ndim == 1 else reader.dtype}
        )
        if self._direct:
            reader.images(np.zeros((1, *x.shape[1:]), x.dtype))  # warns where bytes do not suit
        self.data = Data(self._x, self._y)
        self.samples = len(x)
        self.steps = -(-len(x) // batch_size)

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of one epoch from batch `start` on, read from the disk ahead."""
        return Prefetcher(self._read(number, start))

    def _read(self, number: int, start: int) -> Iterator[Batch]:
        """Bring the pages of each batch into memory, or copy it; runs in the thread."""
        order = epoch_order(len(self._x), self._shuffle, self._seed, number)
        for first in range(start * self._batch_size, len(order), self._batch_size):
            rows = order[first : first + self._batch_size]
            if self._direct:
                _touch(self._x, rows)
                yield Batch(self._x, self._y, rows, self._weights)
            else:
                weights = None if self._weights is None else self._weights[rows]
                item = Batch(self._x[rows], self._y[rows], None, weights)
                yield read_batch(item, self._reader, f"images {first} to {first + len(rows) - 1}")


def _is_direct(array: Array, dtypes: frozenset[np.dtype[Any]] | set[np.dtype[Any]]) -> bool:
    """Whether the engine reads this array as it is."""
    return array.dtype in dtypes and array.dtype.isnative and bool(array.flags.c_contiguous)


def _labels(y: Any, reader: BatchReader) -> Array:
    """Check labels; rows of targets in a mapped file stay there and are checked in pieces."""
    if not is_mapped(y) or y.ndim < 2 or len(y) == 0:
        return reader.targets(as_numpy(y))
    step = max(1, _CHUNK_BYTES // max(1, y[:1].nbytes))
    for start in range(0, len(y), step):
        stop = min(start + step, len(y))
        reader.targets(y[start:stop], "y" if start == 0 else f"y[{start}:{stop}]")
    return np.asarray(y)


def _touch(x: Array, rows: Array) -> None:
    """Read one byte of every page of some images."""
    table = x.reshape(len(x), -1).view(np.uint8)
    width = table.shape[1]
    places = np.append(np.arange(0, width, _PAGE), width - 1)
    # In the order of the file, as disks like it; the copy of a byte a page is thrown away.
    table[np.sort(rows)[:, None], places]


__all__ = ["MappedSource", "is_mapped"]
