"""Source for arrays in memory, which are not copied."""

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
    """A source of batches from checked arrays; the engine selects the rows of each batch."""

    def __init__(self, data: Data, order: Order, weights: Array | None = None) -> None:
        self.data = data
        self.labels = data.y
        self._order = order
        self._weights = weights
        self.samples = len(data)
        self.steps = order.steps(len(data))

    @property
    def described(self) -> dict[str, Any]:
        """A description of the data, to compare calls."""
        return of_data(self.data)

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch, from batch `start` on."""
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
        """Split off the last part of the images for validation, as Keras does, without copying."""
        at = cut(len(self.data), fraction)
        x, y = self.data.x, self.data.y
        held = ArraySource(Data(x[at:], y[at:]), Order(VALIDATION_BATCH))
        return type(self)(Data(x[:at], y[:at]), self._order), held

    def weighted(self, weights: Array) -> Self:
        """Return a source with a weight for each image."""
        return type(self)(self.data, self._order, weights)
