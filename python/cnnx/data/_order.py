"""The order in which an epoch goes through its images or batches."""

from __future__ import annotations

import numpy as np

from cnnx._engine import core
from cnnx._types import Array


def epoch_order(count: int, shuffle: bool, seed: int, epoch: int) -> Array:
    """Draw the order of one epoch."""
    if shuffle:
        return core.permutation(count, seed, epoch)
    return np.arange(count, dtype=np.int64)
