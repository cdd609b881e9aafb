"""Weights of samples and of classes: how much an image counts in the loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from cnnx._checks.arrays import as_array, first_where
from cnnx._types import Array
from cnnx.data._classes import Classes
from cnnx.data._sources.base import PreparedSource, opened
from cnnx.data.source import Batch
from cnnx.errors import ShapeError


def check_weights(
    value: object, images: int, dtype: np.dtype[Any], name: str = "sample_weight"
) -> Array:
    """Check one weight for each image."""
    array = as_array(value, name)
    if array.shape != (images,):
        raise ShapeError(
            f"{name}: expected one number for each image, shape ({images},), "
            f"got shape {array.shape}"
        )
    with np.errstate(over="ignore"):  # an infinity is found in the next line
        weights = np.ascontiguousarray(array, dtype)
    if not (np.isfinite(weights) & (weights >= 0)).all():
        place, bad = first_where(weights, lambda part: ~(np.isfinite(part) & (part >= 0)))
        raise ValueError(
            f"{name}: expected finite numbers, none below 0, got {bad} at {name}[{place}]"
        )
    return weights


def sample_weights(value: object, images: int, dtype: np.dtype[Any]) -> Array | None:
    """Check the weights of a whole data set, which cannot all be 0."""
    if value is None:
        return None
    weights = check_weights(value, images, dtype)
    if not weights.any():
        raise ValueError("sample_weight: all are 0, so there is nothing to learn; raise some")
    return weights


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
