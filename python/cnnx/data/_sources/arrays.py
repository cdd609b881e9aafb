"""Images and labels in memory: nothing is copied, the engine picks its rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from cnnx._types import Array
from cnnx.data._fingerprint import of_data
from cnnx.data._order import Order
from cnnx.data._reader import Data
from cnnx.data._sources.base import VALIDATION_BATCH, PreparedSource
from cnnx.data._split import cut
from cnnx.data.source import Batch


class ArraySource(PreparedSource):
    """Checked arrays as a source."""

    def __init__(self, data: Data, order: Order, weights: Array | None = None) -> None:
        self.data = data
        self.labels = data.y
        self._order = order
        self._weights = weights
        self.samples = len(data)
        self.steps = order.steps(len(data))

    @property
    def described(self) -> dict[str, Any]:
        """The data as plain values."""
        return of_data(self.data)

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of one epoch from batch `start` on."""
        x, y, weights = self.data.x, self.data.y, self._weights
        if self._order.shuffle:
            for _, rows in self._order.batches(len(x), number, start):
                yield Batch(x, y, rows, weights)
            return
        size = self._order.batch_size
        for first in range(start * size, len(x), size):
            part = slice(first, first + size)
            yield Batch(x[part], y[part], None, None if weights is None else weights[part])

    def split(self, fraction: float) -> tuple[Self, ArraySource]:
        """Hold out the last part of the images, as Keras does; nothing is copied."""
        at = cut(len(self.data), fraction)
        x, y = self.data.x, self.data.y
        held = ArraySource(Data(x[at:], y[at:]), Order(VALIDATION_BATCH))
        return type(self)(Data(x[:at], y[:at]), self._order), held

    def weighted(self, weights: Array) -> Self:
        """Give each image a weight."""
        return type(self)(self.data, self._order, weights)
