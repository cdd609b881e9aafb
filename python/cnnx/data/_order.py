"""The order of images or batches in an epoch, and the division into batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cnnx._engine import core
from cnnx._types import Array


def epoch_order(count: int, shuffle: bool, seed: int, epoch: int) -> Array:
    """Return the order of an epoch: a permutation of 0 to count - 1, int64 of shape (count,)."""
    if shuffle:
        return core.permutation(count, seed, epoch)
    return np.arange(count, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Order:
    """How an epoch is ordered and divided into batches."""

    batch_size: int
    shuffle: bool = False
    seed: int = 0

    def steps(self, count: int) -> int:
        """Return the number of batches of an epoch."""
        return -(-count // self.batch_size)

    def batches(self, count: int, epoch: int, start: int) -> Iterator[tuple[int, Array]]:
        """Yield the position of the first image and the rows of each batch, from `start` on."""
        order = epoch_order(count, self.shuffle, self.seed, epoch)
        for first in range(start * self.batch_size, count, self.batch_size):
            yield first, order[first : first + self.batch_size]
