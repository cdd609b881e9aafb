"""The data arguments of `CNN.train` -> what gives its batches, and what it validates on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnx import _training
from cnnx._batches import BatchReader, Data, check_pair
from cnnx._fingerprint import of_array, of_data
from cnnx._sample_weights import ClassWeighted, class_weights, combined, sample_weights
from cnnx.data import Source
from cnnx.data._array_source import ArraySource
from cnnx.data._source import make_source
from cnnx.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Sets:
    """The data of one call.

    Attributes
    ----------
    source : Source
        What gives the batches.
    validation : Data or Source or None
        What is scored after every epoch.
    described : dict[str, Any]
        All of it as plain values, by which a checkpoint is told from that of another call.
    """

    source: Source
    validation: Data | Source | None
    described: dict[str, Any]


def make_sets(
    x: object,
    y: object,
    reader: BatchReader,
    *,
    batch_size: int,
    shuffle: bool,
    seed: int,
    validation_data: object,
    fraction: float,
    class_weight: object,
    sample_weight: object,
    classes: int,
    dtype: np.dtype[Any],
) -> Sets:
    """Check all data of a call.

    Parameters
    ----------
    x, y : object
        Images and labels, or what gives batches and ``None``.
    reader : BatchReader
        Checks and converts them for the network.
    batch_size, shuffle, seed
        How an epoch is cut and ordered.
    validation_data : object
        A pair of images and labels, what gives batches, or ``None``.
    fraction : float
        Or the part of the images that is held out.
    class_weight, sample_weight : object
        How much classes and images count.
    classes : int
        How many classes the network has.
    dtype : dtype
        The network's precision.

    Returns
    -------
    Sets
        The data.

    Raises
    ------
    TypeError, ShapeError, ConfigError, ValueError
        If something cannot be used.
    """
    if validation_data is not None and fraction > 0.0:
        raise ConfigError("train: pass validation_data or validation_split, not both")
    validation: Data | Source | None = None
    if y is None and _gives_batches(x):
        if fraction > 0.0:
            raise ConfigError(
                "train: validation_split cuts arrays, and x gives batches; pass validation_data"
            )
        if sample_weight is not None:
            raise ConfigError(
                "train: sample_weight belongs to arrays, and x gives batches; let it give "
                "(images, labels, weights)"
            )
        table = class_weights(class_weight, classes, None)
        source = make_source(x, None, reader, batch_size=batch_size, shuffle=shuffle, seed=seed)
        described: dict[str, Any] = {"data": of_data(source), "class_weight": of_array(table)}
        if table is not None:
            source = ClassWeighted(source, table, dtype)
    else:
        data = reader.data(x, y)  # type: ignore[arg-type] # it checks what it is given
        weights = sample_weights(sample_weight, len(data), dtype)
        if fraction > 0.0:
            data, validation = _training.split(data, fraction)
            weights = None if weights is None else weights[: len(data)]
        weights = combined(class_weights(class_weight, classes, data.y), data.y, weights, dtype)
        source = ArraySource(
            data, batch_size=batch_size, shuffle=shuffle, seed=seed, weights=weights
        )
        described = {"data": of_data(data), "weights of images": of_array(weights)}
    if validation_data is not None:
        validation = _validation(validation_data, reader, batch_size, seed)
    return Sets(source, validation, {**described, "validation": of_data(validation)})


def _validation(value: object, reader: BatchReader, batch_size: int, seed: int) -> Data | Source:
    """Check validation data: a pair of arrays, or what gives batches."""
    if not isinstance(value, (tuple, list)) and _gives_batches(value):
        return make_source(value, None, reader, batch_size=batch_size, shuffle=False, seed=seed)
    x, y = check_pair(value)
    return reader.data(x, y, "validation_data[0]", "validation_data[1]")


def _gives_batches(value: object) -> bool:
    """Whether something may be a source of batches, and is not just an array without labels."""
    array = hasattr(value, "__array__") or isinstance(value, (str, bytes, dict))
    return not array and (isinstance(value, Iterable) or callable(value) or _has_items(value))


def _has_items(value: object) -> bool:
    """Whether it is a sequence by its methods."""
    return hasattr(value, "__getitem__") and hasattr(value, "__len__")
