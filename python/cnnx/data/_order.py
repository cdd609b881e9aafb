"""The order in which an epoch goes through its images or batches, and its cut into batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cnnx._engine import core
from cnnx._types import Array


def epoch_order(count: int, shuffle: bool, seed: int, epoch: int) -> Array:
    """Draw the order of one epoch: int64 of shape (count,), each number from 0 once."""
    if shuffle:
        return core.permutation(count, seed, epoch)
    return np.arange(count, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Order:
    """How an epoch is ordered and cut into batches."""

    batch_size: int
    shuffle: bool = False
    seed: int = 0

    def steps(self, count: int) -> int:
        """Count the batches of an epoch of so many images."""
        return -(-count // self.batch_size)

    def batches(self, count: int, epoch: int, start: int) -> Iterator[tuple[int, Array]]:
        """Yield the first place and the rows of every batch from batch `start` on."""
        order = epoch_order(count, self.shuffle, self.seed, epoch)
        for first in range(start * self.batch_size, count, self.batch_size):
            yield first, order[first : first + self.batch_size]
