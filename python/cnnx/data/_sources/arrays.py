"""Images and labels that lie in memory: nothing is copied, the engine picks its rows."""

from __future__ import annotations

from collections.abc import Iterator

from cnnx._types import Array
from cnnx.data._order import epoch_order
from cnnx.data._reader import Data
from cnnx.data.source import Batch


class ArraySource:
    """Checked arrays as a source."""

    samples: int | None
    steps: int | None

    def __init__(
        self,
        data: Data,
        *,
        batch_size: int,
        shuffle: bool,
        seed: int,
        weights: Array | None = None,
    ) -> None:
        self._data = data
        self._weights = weights
        self._batch_size = batch_size
        self._shuffle = shuffle
        self._seed = seed
        self._images = len(data)
        self.samples = self._images
        self.steps = -(-self._images // batch_size)

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of one epoch from batch `start` on."""
        order = epoch_order(self._images, self._shuffle, self._seed, number)
        size = self._batch_size
        for first in range(start * size, self._images, size):
            yield Batch(self._data.x, self._data.y, order[first : first + size], self._weights)


__all__ = ["ArraySource"]
