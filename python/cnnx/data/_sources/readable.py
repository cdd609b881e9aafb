"""Images that are read when they are needed, such as the files of a folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cnnx._checks.images import check_shape
from cnnx._checks.targets import check_length
from cnnx._types import Array
from cnnx.data._order import epoch_order
from cnnx.data._reader import BatchReader
from cnnx.data._sources.items import read_batch
from cnnx.data._sources.prefetch import Prefetcher
from cnnx.data.source import Batch


@runtime_checkable
class Readable(Protocol):
    """Labelled images that can be read by their numbers.

    Attributes
    ----------
    input_shape : tuple[int, ...]
        The shape of one image, (channels, height, width).
    labels : ndarray
        int64, the class index of each image.
    """

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one image."""
        ...

    @property
    def labels(self) -> NDArray[np.int64]:
        """The class index of each image."""
        ...

    def __len__(self) -> int:
        """Give the number of images."""
        ...

    def read(self, rows: Array) -> Array:
        """Read some images.

        Parameters
        ----------
        rows : ndarray
            int64, their numbers.

        Returns
        -------
        ndarray
            The images, (len(rows), *input_shape).
        """
        ...


class ReadSource:
    """Images that are read as they are needed, as a source; a thread reads ahead."""

    samples: int | None
    steps: int | None

    def __init__(
        self,
        images: Readable,
        reader: BatchReader,
        *,
        batch_size: int,
        shuffle: bool,
        seed: int,
        weights: Array | None = None,
    ) -> None:
        check_shape((len(images), *images.input_shape), "x", reader.input_shape)
        self._labels = reader.targets(images.labels, "labels")
        check_length(np.empty(len(images)), self._labels, "x", "labels")
        self._images = images
        self._reader = reader
        self._weights = weights
        self._batch_size = batch_size
        self._shuffle = shuffle
        self._seed = seed
        self.samples = len(images)
        self.steps = -(-len(images) // batch_size)

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of one epoch from batch `start` on, read ahead."""
        return Prefetcher(self._read(number, start))

    def _read(self, number: int, start: int) -> Iterator[Batch]:
        """Read batch after batch; runs in the thread."""
        order = epoch_order(len(self._images), self._shuffle, self._seed, number)
        for first in range(start * self._batch_size, len(order), self._batch_size):
            rows = order[first : first + self._batch_size]
            weights = None if self._weights is None else self._weights[rows]
            item = (self._images.read(rows), self._labels[rows], weights)
            yield read_batch(item, self._reader, f"images {first} to {first + len(rows) - 1}")


__all__ = ["ReadSource", "Readable"]
