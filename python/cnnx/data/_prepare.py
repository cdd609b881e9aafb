"""The data arguments of `train`: the sources of training and validation data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cnnx._types import Array
from cnnx.data._classes import Classes
from cnnx.data._fingerprint import of_array
from cnnx.data._order import Order
from cnnx.data._reader import BatchReader, check_pair
from cnnx.data._sources.base import VALIDATION_BATCH, PreparedSource
from cnnx.data._sources.choose import check_epochs, choose, gives_batches
from cnnx.data._weights import ClassWeighted, combined, sample_weights
from cnnx.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Sets:
    """The training and validation data of a call."""

    source: PreparedSource
    validation: PreparedSource | None
    described: dict[str, Any]
    """A description of the data, to detect whether a checkpoint belongs to another call."""


def make_sets(
    x: object,
    y: object,
    reader: BatchReader,
    classes: Classes,
    order: Order,
    *,
    epochs: int,
    validation_data: object = None,
    fraction: float = 0.0,
    class_weight: object = None,
    sample_weight: object = None,
) -> Sets:
    """Check all data of a call, and warn about imbalanced classes."""
    if validation_data is not None and fraction > 0.0:
        raise ConfigError("train: pass validation_data or validation_split, not both")
    source = choose(x, y, reader, order)
    check_epochs(source, epochs)
    images = source.samples or 0
    validation: PreparedSource | None = None
    if fraction > 0.0:
        source, validation = source.split(fraction)
    described = source.described
    if source.labels is not None:
        weights = _weights(source.labels, images, reader, classes, class_weight, sample_weight)
        if weights is not None:
            source = source.weighted(weights)
    else:
        if sample_weight is not None:
            raise ConfigError(
                "train: sample_weight can only be used with arrays x and y; let x yield "
                "(x, y, weights) instead"
            )
        weights = classes.table(class_weight, None)
        if weights is not None:
            source = ClassWeighted(source, classes, weights, reader.dtype)
    if validation_data is not None:
        validation = _validation(validation_data, reader)
    return Sets(
        source,
        validation,
        {
            "data": described,
            "weights": of_array(weights),
            "validation": {} if validation is None else validation.described,
        },
    )


def _weights(
    labels: Array,
    images: int,
    reader: BatchReader,
    classes: Classes,
    class_weight: object,
    sample_weight: object,
) -> Array | None:
    """Compute the weights of the training images; `images` is their number before a split."""
    own = sample_weights(sample_weight, images, reader.dtype)
    own = None if own is None else own[: len(labels)]
    if class_weight is None and own is None:
        classes.warn_if_imbalanced(labels)
    found = combined(classes, classes.table(class_weight, labels), labels, own, reader.dtype)
    if found is not None and not found.any():
        raise ConfigError("train: class_weight gives every image weight 0")
    return found


def _validation(value: object, reader: BatchReader) -> PreparedSource:
    """Check validation data: a pair of arrays, or a source of batches."""
    pair = isinstance(value, (tuple, list)) and len(value) == 2
    order = Order(VALIDATION_BATCH)
    if not pair and not isinstance(value, tuple) and gives_batches(value):
        return choose(value, None, reader, order, names=("validation_data", "labels"))
    x, y = check_pair(value)
    return choose(x, y, reader, order, names=("validation_data[0]", "validation_data[1]"))
