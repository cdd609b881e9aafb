"""The order in which an epoch goes through its images or batches."""

from __future__ import annotations

import numpy as np

from cnnx import _core
from cnnx._arrays import Array


def epoch_order(count: int, shuffle: bool, seed: int, epoch: int) -> Array:
    """Draw the order of one epoch.

    Parameters
    ----------
    count : int
        How many things are put in order.
    shuffle : bool
        Whether the order is drawn; otherwise it is 0, 1, 2 and so on.
    seed, epoch : int
        What decides it.

    Returns
    -------
    ndarray
        int64 of shape (count,), each number from 0 once.
    """
    if shuffle:
        return _core.permutation(count, seed, epoch)
    return np.arange(count, dtype=np.int64)
