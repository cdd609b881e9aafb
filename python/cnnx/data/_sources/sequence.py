"""Batches that are asked for by their number: Keras' ``Sequence``, plain lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from cnnx.data._order import Order, epoch_order
from cnnx.data._sources.base import PreparedSource
from cnnx.data._sources.items import ReadItem
from cnnx.data._sources.prefetch import Prefetcher
from cnnx.data.source import Batch


class BatchSequence(Protocol):
    """Batches by number; ``on_epoch_begin`` and ``on_epoch_end`` are called where they exist."""

    def __len__(self) -> int:
        """Give the number of batches."""
        ...

    def __getitem__(self, index: int, /) -> Any:
        """Give batch `index`: (x, y) or (x, y, weights)."""
        ...


class SequenceSource(PreparedSource):
    """A sequence of batches as a source; they are made in a thread, ahead of their use."""

    def __init__(
        self, batches: BatchSequence, read: ReadItem, order: Order, name: str = "x"
    ) -> None:
        self._batches = batches
        self._read_item = read
        self._order = order
        self._name = name
        self.steps = self._count()

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of one epoch from batch `start` on, prepared ahead."""
        return Prefetcher(self._read(number, start))

    def _read(self, number: int, start: int) -> Iterator[Batch]:
        """Ask for the batches one by one; runs in the thread."""
        self._tell("on_epoch_begin")
        self.steps = self._count()  # a sequence may change its length between epochs
        order = epoch_order(self.steps, self._order.shuffle, self._order.seed, number)
        for index in order[start:].tolist():
            yield self._read_item(self._batches[index], f"{self._name}[{index}]")
        self._tell("on_epoch_end")

    def _count(self) -> int:
        """Ask for the number of batches."""
        count = len(self._batches)
        if count == 0:
            raise ValueError(
                f"{self._name}: a sequence of batches must hold at least one, got none"
            )
        return count

    def _tell(self, hook: str) -> None:
        """Call a hook of Keras' sequences where there is one."""
        method = getattr(self._batches, hook, None)
        if callable(method):
            method()
