"""Weights of samples and of classes: how much an image counts in the loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from cnnx._checks.arrays import as_array
from cnnx._types import Array
from cnnx.data._classes import Classes
from cnnx.data.source import Batch, Source
from cnnx.errors import ShapeError


def sample_weights(value: object, images: int, dtype: np.dtype[Any]) -> Array | None:
    """Check a weight for each image."""
    if value is None:
        return None
    array = as_array(value, "sample_weight")
    if array.shape != (images,):
        raise ShapeError(
            f"sample_weight: expected one number for each image, shape ({images},), "
            f"got shape {array.shape}"
        )
    weights = np.ascontiguousarray(array, dtype)
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        place = int(wrong.argmax())
        raise ValueError(
            f"sample_weight: expected finite numbers, none below 0, got {array[place]} at "
            f"sample_weight[{place}]"
        )
    if not weights.any():
        raise ValueError("sample_weight: all are 0, so there is nothing to learn; raise some")
    return weights


def class_indices(labels: Array) -> Array:
    """Give each image's class."""
    if labels.ndim == 1:
        return labels
    classes: Array = labels.reshape(len(labels), -1).argmax(axis=1)
    return classes


def combined(
    classes: Classes, table: Array | None, labels: Array, weights: Array | None, dtype: Any
) -> Array | None:
    """Multiply the weights of classes and samples."""
    if table is None:
        return weights
    by_class = classes.weigh(table, labels)
    return np.ascontiguousarray(by_class if weights is None else by_class * weights, dtype)


class ClassWeighted:
    """A source whose samples weigh what their class does."""

    samples: int | None
    steps: int | None

    def __init__(
        self, source: Source, classes: Classes, table: Array, dtype: np.dtype[Any]
    ) -> None:
        self._source, self._classes, self._table, self._dtype = source, classes, table, dtype
        self.samples, self.steps = source.samples, source.steps

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of one epoch from batch `start` on."""
        batches = self._source.epoch(number, start)
        try:
            for batch in batches:
                weights = combined(self._classes, self._table, batch.y, batch.weights, self._dtype)
                yield replace(batch, weights=weights)
        finally:
            close = getattr(batches, "close", None)
            if close is not None:
                close()
