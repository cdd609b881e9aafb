"""Source for images that are read when they are used, such as the files of a folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from cnnx._checks.images import check_shape
from cnnx._checks.targets import check_length
from cnnx._types import Array
from cnnx.data._fingerprint import of_array
from cnnx.data._order import Order
from cnnx.data._reader import BatchReader, Data
from cnnx.data._sources.base import PreparedSource
from cnnx.data._sources.items import read_batch
from cnnx.data._sources.prefetch import Prefetcher
from cnnx.data.source import Batch, Readable


class ReadSource(PreparedSource):
    """A source for readable images, which are read in a background thread."""

    def __init__(
        self,
        images: Readable,
        labels: Array,
        reader: BatchReader,
        order: Order,
        weights: Array | None = None,
    ) -> None:
        self._images = images
        self.labels = self._labels = labels
        self._reader = reader
        self._order = order
        self._weights = weights
        self.samples = len(images)
        self.steps = order.steps(len(images))

    @classmethod
    def checked(cls, images: Readable, reader: BatchReader, order: Order) -> Self:
        """Create a source after checking the shape of the images and all labels."""
        check_shape((len(images), *images.input_shape), "x", reader.input_shape)
        labels = reader.targets(images.labels, "labels")
        check_length(np.empty(len(images)), labels, "x", "labels")
        return cls(images, labels, reader, order)

    @property
    def described(self) -> dict[str, Any]:
        """A description of the data, to compare calls."""
        return {**super().described, "labels": of_array(self._labels)}

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Return the batches of an epoch from batch `start` on, prefetched by a thread."""
        return Prefetcher(self._read(number, start))

    def weighted(self, weights: Array) -> Self:
        """Return a source with a weight for each image."""
        return type(self)(self._images, self._labels, self._reader, self._order, weights)

    def take(self, rows: Array) -> Data:
        """Read and check the given images and their labels."""
        return self._reader.data(self._images.read(rows), self._labels[rows])

    def _read(self, number: int, start: int) -> Iterator[Batch]:
        """Yield the batches of an epoch; runs in the thread."""
        for first, rows in self._order.batches(len(self._images), number, start):
            weights = None if self._weights is None else self._weights[rows]
            item = (self._images.read(rows), self._labels[rows], weights)
            yield read_batch(item, self._reader, f"images {first} to {first + len(rows) - 1}")
