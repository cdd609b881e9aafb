"""Sample weights and class weights."""

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
            f"{name}: expected one number per image, shape ({images},), got shape {array.shape}"
        )
    with np.errstate(over="ignore"):  # infinity is detected below
        weights = np.ascontiguousarray(array, dtype)
    if not (np.isfinite(weights) & (weights >= 0)).all():
        place, bad = first_where(weights, lambda part: ~(np.isfinite(part) & (part >= 0)))
        raise ValueError(
            f"{name}: expected finite numbers of at least 0, got {bad} at {name}[{place}]"
        )
    return weights


def sample_weights(value: object, images: int, dtype: np.dtype[Any]) -> Array | None:
    """Check the sample weights of a dataset, which cannot all be 0."""
    if value is None:
        return None
    weights = check_weights(value, images, dtype)
    if not weights.any():
        raise ValueError("sample_weight: all weights are 0; at least one must be positive")
    return weights


def combined(
    classes: Classes, table: Array | None, labels: Array, weights: Array | None, dtype: Any
) -> Array | None:
    """Multiply class weights and sample weights."""
    if table is None:
        return weights
    by_class = classes.weigh(table, labels)
    return np.ascontiguousarray(by_class if weights is None else by_class * weights, dtype)


class ClassWeighted(PreparedSource):
    """A source that adds class weights to the batches of another source."""

    def __init__(
        self, source: PreparedSource, classes: Classes, table: Array, dtype: np.dtype[Any]
    ) -> None:
        self._source, self._classes, self._table, self._dtype = source, classes, table, dtype
        self.samples, self.steps, self.once = source.samples, source.steps, source.once

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch, from batch `start` on."""
        with opened(self._source.epoch(number, start)) as batches:
            for batch in batches:
                weights = combined(self._classes, self._table, batch.y, batch.weights, self._dtype)
                yield replace(batch, weights=weights)
