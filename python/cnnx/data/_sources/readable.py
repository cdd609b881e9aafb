"""Images that are read when they are needed, such as the files of a folder."""

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
from cnnx.data._sources.items import read_batch, rows_of
from cnnx.data._sources.prefetch import Prefetcher
from cnnx.data.source import Batch, Readable


class ReadSource(PreparedSource):
    """Images that are read as they are needed, as a source; a thread reads ahead."""

    def __init__(
        self,
        images: Readable,
        labels: Array,
        reader: BatchReader,
        order: Order,
        weights: Array | None = None,
        name: str = "x",
    ) -> None:
        self._images = images
        self.labels = self._labels = labels
        self._reader = reader
        self._order = order
        self._weights = weights
        self._name = name
        self.samples = len(images)
        self.steps = order.steps(len(images))

    @classmethod
    def checked(cls, images: Readable, reader: BatchReader, order: Order, name: str = "x") -> Self:
        """Check the shape of the images and all labels."""
        check_shape((len(images), *images.input_shape), name, reader.input_shape)
        labels = reader.targets(images.labels, f"{name}.labels")
        check_length(np.empty(len(images)), labels, name, f"{name}.labels")
        return cls(images, labels, reader, order, None, name)

    @property
    def described(self) -> dict[str, Any]:
        """The data as plain values."""
        return {**super().described, "labels": of_array(self._labels)}

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of one epoch from batch `start` on, read ahead."""
        return Prefetcher(self._read(number, start))

    def weighted(self, weights: Array) -> Self:
        """Give each image a weight."""
        return type(self)(
            self._images, self._labels, self._reader, self._order, weights, self._name
        )

    def take(self, rows: Array) -> Data:
        """Read and check some images with their labels."""
        return self._reader.data(self._images.read(rows), self._labels[rows])

    def _read(self, number: int, start: int) -> Iterator[Batch]:
        """Read batch after batch; runs in the thread."""
        for first, rows in self._order.batches(len(self._images), number, start):
            weights = None if self._weights is None else self._weights[rows]
            item = (self._images.read(rows), self._labels[rows], weights)
            yield read_batch(item, self._reader, rows_of(self._name, first, len(rows)))
