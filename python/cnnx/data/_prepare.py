"""The data arguments of `CNN.train` -> what gives its batches, and what it validates on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cnnx._types import Array
from cnnx.data._classes import Classes
from cnnx.data._fingerprint import of_array, of_data
from cnnx.data._reader import BatchReader, Data, check_pair
from cnnx.data._sources.arrays import ArraySource
from cnnx.data._sources.choose import gives_batches, make_source
from cnnx.data._sources.items import as_numpy
from cnnx.data._sources.mapped import MappedSource, is_mapped
from cnnx.data._sources.readable import Readable
from cnnx.data._split import cut, split
from cnnx.data._weights import ClassWeighted, combined, sample_weights
from cnnx.data.source import Source
from cnnx.errors import ConfigError

Weigh = Callable[[Array, int], Array | None]
"""Makes the weights of images from their labels, and the number of images before a split."""


@dataclass(frozen=True, slots=True)
class Sets:
    """The data of one call."""

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
    validation_data: object = None,
    fraction: float = 0.0,
    class_weight: object = None,
    sample_weight: object = None,
    classes: Classes,
    warn: bool = False,
) -> Sets:
    """Check all data of a call."""
    if validation_data is not None and fraction > 0.0:
        raise ConfigError("train: pass validation_data or validation_split, not both")

    def weigh(labels: Array, images: int) -> Array | None:
        own = sample_weights(sample_weight, images, reader.dtype)
        own = None if own is None else own[: len(labels)]
        if warn and class_weight is None and own is None:
            classes.warn_if_uneven(labels)
        table = classes.table(class_weight, labels)
        found = combined(classes, table, labels, own, reader.dtype)
        if found is not None and not found.any():
            raise ConfigError("train: class_weight gives every image the weight 0")
        return found

    def make(x: object, y: object, weights: Array | None = None) -> Source:
        return make_source(
            x, y, reader, batch_size=batch_size, shuffle=shuffle, seed=seed, weights=weights
        )

    validation: Data | Source | None = None
    if y is None:
        if fraction > 0.0:
            raise ConfigError(
                "train: validation_split goes with arrays, x and y; pass validation_data"
            )
        if isinstance(x, Readable):
            labels = reader.targets(x.labels)
            weights = weigh(labels, len(labels))
            source = make(x, None, weights)
            described = {**of_source(source), "labels": of_array(labels)}
        else:
            if sample_weight is not None:
                raise ConfigError(
                    "train: sample_weight goes with arrays, x and y; let x give (x, y, weights)"
                )
            source, weights = make(x, None), classes.table(class_weight, None)
            described = of_source(source)
            if weights is not None:
                source = ClassWeighted(source, classes, weights, reader.dtype)
    elif is_mapped(x) or is_mapped(y) or callable(x) or isinstance(x, (Source, Readable, Iterator)):
        x, y, validation, weights = _mapped(x, y, reader, fraction, weigh)
        source = make(x, y, weights)
        described = of_data(source.data) if isinstance(source, MappedSource) else {}
    else:
        data = reader.data(as_numpy(x), as_numpy(y))
        images = len(data)
        if fraction > 0.0:
            data, validation = split(data, fraction)
        weights = weigh(data.y, images)
        source = ArraySource(
            data, batch_size=batch_size, shuffle=shuffle, seed=seed, weights=weights
        )
        described = of_data(data)
    if validation_data is not None:
        validation = _validation(validation_data, reader, batch_size, seed)
    scored = of_data(validation) if isinstance(validation, Data) else of_source(validation)
    return Sets(
        source,
        validation,
        {"data": described, "weights": of_array(weights), "validation": scored},
    )


def of_source(source: Source | None) -> dict[str, Any]:
    """Describe what gives batches, by its size."""
    return {} if source is None else {"samples": source.samples, "batches": source.steps}


def _mapped(
    x: Any, y: Any, reader: BatchReader, fraction: float, weigh: Weigh
) -> tuple[Any, Any, Data | None, Array | None]:
    """Hold a part of mapped images out and weigh the others, without going through them."""
    if not (is_mapped(x) or is_mapped(y)):
        return x, y, None, None  # no arrays: the source refuses them
    x, y = as_numpy(x), as_numpy(y)
    images, validation = len(x), None
    if fraction > 0.0 and len(y) == images:
        at = cut(images, fraction)
        validation = reader.data(x[at:], y[at:])
        x, y = x[:at], y[:at]
    return x, y, validation, weigh(reader.targets(y), images)


def _validation(value: object, reader: BatchReader, batch_size: int, seed: int) -> Data | Source:
    """Check validation data: a pair of arrays, or what gives batches."""
    pair = isinstance(value, (tuple, list)) and len(value) == 2
    if not pair and not isinstance(value, tuple) and gives_batches(value):
        return make_source(value, None, reader, batch_size=batch_size, shuffle=False, seed=seed)
    x, y = check_pair(value)
    return reader.data(as_numpy(x), as_numpy(y), "validation_data[0]", "validation_data[1]")
