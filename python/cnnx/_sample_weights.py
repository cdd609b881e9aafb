"""Weights of samples and of classes: how much an image counts in the loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from cnnx._arrays import Array, as_array
from cnnx._validate import describe, integer, real
from cnnx.data._batch import Batch, Source
from cnnx.errors import ConfigError, ShapeError


def sample_weights(value: object, images: int, dtype: np.dtype[Any]) -> Array | None:
    """Check a weight for each image.

    Parameters
    ----------
    value : object
        The argument as given: ``None``, or numbers of shape (N,).
    images : int
        How many there have to be.
    dtype : dtype
        The network's precision.

    Returns
    -------
    ndarray or None
        The weights, of `dtype`.

    Raises
    ------
    TypeError
        If it is not an array of numbers.
    ShapeError
        If there is not one for each image.
    ValueError
        If one is negative or not finite, or all are 0.
    """
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


def class_weights(value: object, classes: int, labels: Array | None) -> Array | None:
    """Check a weight for each class.

    Parameters
    ----------
    value : object
        The argument as given: ``None``, a dict from class to weight (1 for those left out), one
        number a class, or "balanced".
    classes : int
        How many classes the network has.
    labels : ndarray, optional
        The training labels, which "balanced" counts.

    Returns
    -------
    ndarray or None
        float64 of shape (classes,).

    Raises
    ------
    TypeError
        If it is something else.
    ConfigError
        If a class is not one of the network's, a weight is negative, or their number is wrong.
    """
    if value is None:
        return None
    if isinstance(value, str):
        if value != "balanced":
            raise ConfigError(
                f'train: class_weight must be a dict, a list or "balanced", got {value!r}'
            )
        if labels is None:
            raise ConfigError(
                'train: class_weight="balanced" counts labels, and batches come one by one here; '
                "pass a weight for each class"
            )
        counts = np.bincount(class_indices(labels), minlength=classes)
        present = int((counts > 0).sum())
        return np.where(counts > 0, len(labels) / (present * np.maximum(counts, 1)), 1.0)
    table = np.ones(classes)
    if isinstance(value, Mapping):
        for key, weight in value.items():
            index = integer(key, "train", "a class in class_weight", minimum=0, maximum=classes - 1)
            table[index] = real(weight, "train", f"class_weight[{index}]", minimum=0.0)
        return table
    if isinstance(value, (list, tuple, np.ndarray)):
        if len(value) != classes:
            raise ConfigError(
                f"train: class_weight must have one number for each of the {classes} classes, "
                f"got {len(value)}"
            )
        for index, weight in enumerate(value):
            table[index] = real(weight, "train", f"class_weight[{index}]", minimum=0.0)
        return table
    raise TypeError(
        f'train: class_weight must be a dict, a list or "balanced", got {describe(value)}'
    )


def class_indices(labels: Array) -> Array:
    """Give each image's class.

    Parameters
    ----------
    labels : ndarray
        Checked classes (N,), or rows of probabilities, whose largest counts.

    Returns
    -------
    ndarray
        Integers of shape (N,).
    """
    if labels.ndim == 1:
        return labels
    classes: Array = labels.reshape(len(labels), -1).argmax(axis=1)
    return classes


def combined(table: Array | None, labels: Array, weights: Array | None, dtype: Any) -> Array | None:
    """Multiply the weights of classes and samples.

    Parameters
    ----------
    table : ndarray, optional
        A weight for each class.
    labels : ndarray
        Checked labels.
    weights : ndarray, optional
        A weight for each sample.
    dtype : dtype
        The network's precision.

    Returns
    -------
    ndarray or None
        A weight for each sample, of `dtype`; ``None`` where neither is given.
    """
    if table is None:
        return weights
    by_class = table[class_indices(labels)]
    return np.ascontiguousarray(by_class if weights is None else by_class * weights, dtype)


class ClassWeighted:
    """A source whose samples weigh what their class does.

    Parameters
    ----------
    source : Source
        What gives the batches.
    table : ndarray
        A weight for each class.
    dtype : dtype
        The network's precision.

    Attributes
    ----------
    samples, steps : int or None
        The source's.
    """

    samples: int | None
    steps: int | None

    def __init__(self, source: Source, table: Array, dtype: np.dtype[Any]) -> None:
        self._source, self._table, self._dtype = source, table, dtype
        self.samples, self.steps = source.samples, source.steps

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of one epoch from batch `start` on."""
        batches = self._source.epoch(number, start)
        try:
            for batch in batches:
                weights = combined(self._table, batch.y, batch.weights, self._dtype)
                yield replace(batch, weights=weights)
        finally:
            close = getattr(batches, "close", None)
            if close is not None:
                close()
