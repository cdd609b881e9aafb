"""Weights of samples and of classes: how much an image counts in the loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from cnnx._types import Array
from cnnx.data._classes import Classes
from cnnx.data._sources.base import PreparedSource, opened
from cnnx.data.source import Batch


def combined(
    classes: Classes, table: Array | None, labels: Array, weights: Array | None, dtype: Any
) -> Array | None:
    """Multiply the weights of classes and samples."""
    if table is None:
        return weights
    by_class = classes.weigh(table, labels)
    return np.ascontiguousarray(by_class if weights is None else by_class * weights, dtype)


class ClassWeighted(PreparedSource):
    """A source whose samples weigh what their class does."""

    def __init__(
        self, source: PreparedSource, classes: Classes, table: Array, dtype: np.dtype[Any]
    ) -> None:
        self._source, self._classes, self._table, self._dtype = source, classes, table, dtype
        self.samples, self.steps, self.once = source.samples, source.steps, source.once

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of one epoch from batch `start` on."""
        with opened(self._source.epoch(number, start)) as batches:
            for batch in batches:
                weights = combined(self._classes, self._table, batch.y, batch.weights, self._dtype)
                yield replace(batch, weights=weights)
