"""Source for sequences of batches: Keras' ``Sequence``, lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from cnnx.data._order import Order, epoch_order
from cnnx.data._sources.base import PreparedSource
from cnnx.data._sources.items import ReadItem
from cnnx.data._sources.prefetch import Prefetcher
from cnnx.data.source import Batch


class BatchSequence(Protocol):
    """A sequence of batches; ``on_epoch_begin`` and ``on_epoch_end`` are called if they exist."""

    def __len__(self) -> int:
        """Return the number of batches."""
        ...

    def __getitem__(self, index: int, /) -> Any:
        """Return batch `index`: (x, y) or (x, y, weights)."""
        ...


class SequenceSource(PreparedSource):
    """A source for a sequence of batches, which are requested in a background thread."""

    def __init__(self, batches: BatchSequence, read: ReadItem, order: Order) -> None:
        self._batches = batches
        self._read_item = read
        self._order = order
        self.steps = self._count()

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Return the batches of an epoch from batch `start` on, prefetched by a thread."""
        return Prefetcher(self._read(number, start))

    def _read(self, number: int, start: int) -> Iterator[Batch]:
        """Yield the batches of an epoch; runs in the thread."""
        self._tell("on_epoch_begin")
        self.steps = self._count()  # a sequence may change its length between epochs
        order = epoch_order(self.steps, self._order.shuffle, self._order.seed, number)
        for index in order[start:].tolist():
            yield self._read_item(self._batches[index], f"x[{index}]")
        self._tell("on_epoch_end")

    def _count(self) -> int:
        """Return the number of batches."""
        count = len(self._batches)
        if count == 0:
            raise ValueError("x: a sequence of batches must have at least one batch, got none")
        return count

    def _tell(self, hook: str) -> None:
        """Call a hook of Keras' sequences if it exists."""
        method = getattr(self._batches, hook, None)
        if callable(method):
            method()
