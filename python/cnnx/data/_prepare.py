"""The data arguments of `train`: the source to train on, and the one to validate on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cnnx._checks.weights import sample_weights
from cnnx._types import Array
from cnnx.data._classes import Classes
from cnnx.data._fingerprint import of_array
from cnnx.data._order import Order
from cnnx.data._reader import BatchReader, check_pair
from cnnx.data._sources.base import VALIDATION_BATCH, PreparedSource
from cnnx.data._sources.choose import check_epochs, choose, gives_batches, holds_batches
from cnnx.data._weights import ClassWeighted, combined
from cnnx.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Sets:
    """The data of one call."""

    source: PreparedSource
    validation: PreparedSource | None
    described: dict[str, Any]
    """All of it as plain values, by which a checkpoint is told from that of another call."""


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
    """Check all data of a call; classes that are far from balanced cause a warning."""
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
                "train: sample_weight goes with arrays, x and y; let x give (x, y, weights)"
            )
        weights = classes.table(class_weight, None)
        if weights is not None:
            source = ClassWeighted(source, classes, weights, reader.dtype)
    if validation_data is not None:
        validation = _validation(validation_data, reader)
        check_epochs(validation, epochs, "validation_data")
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
    """Compute the weights of a training set that had `images` images before a split."""
    own = sample_weights(sample_weight, images, reader.dtype)
    own = None if own is None else own[: len(labels)]
    if class_weight is None and own is None:
        classes.warn_if_imbalanced(labels)
    found = combined(classes, classes.table(class_weight, labels), labels, own, reader.dtype)
    if found is not None and not found.any():
        raise ConfigError("train: class_weight gives every image the weight 0")
    return found


def _validation(value: object, reader: BatchReader) -> PreparedSource:
    """Check validation data: a pair of arrays, or a source of batches."""
    order = Order(VALIDATION_BATCH)
    if _is_source(value, len(reader.input_shape)):
        return choose(value, None, reader, order, names=("validation_data", "labels"))
    x, y = check_pair(value)
    return choose(x, y, reader, order, names=("validation_data[0]", "validation_data[1]"))


def _is_source(value: object, rank: int) -> bool:
    """Whether validation data give batches, rather than being a pair of images and labels."""
    if not isinstance(value, (tuple, list)):
        return gives_batches(value)
    if len(value) != 2:
        return isinstance(value, list)
    # Images of a pair may be a list of arrays themselves, each with one axis fewer than a batch.
    return all(holds_batches([part], rank + 1) for part in value)
