"""Checks of data and network before training."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np

from cnnx._checks.scalars import integer
from cnnx._network.network import Network
from cnnx._types import Array
from cnnx.data._classes import Classes
from cnnx.data._order import Order
from cnnx.data._reader import Data
from cnnx.data._sources.arrays import ArraySource
from cnnx.data._sources.base import PreparedSource, opened
from cnnx.data._sources.choose import choose
from cnnx.data._sources.mapped import MappedSource
from cnnx.data._sources.readable import ReadSource
from cnnx.diagnosis.report import CheckReport, Finding, spread
from cnnx.diagnosis.trial import learns_one_batch
from cnnx.layers import Layer, Normalize, Rescale

_SAMPLED = 4096
"""How many images statistics are made of, and how many are taken of a source."""
_HASHED = 200_000
"""How many images are compared with each other."""
_BATCH = 32


def check(network: Network, x: object, y: object, steps: object) -> CheckReport:
    """Check the data, and whether a copy of the network learns one batch."""
    steps = integer(steps, "check", "steps")
    try:
        source = choose(x, y, network.reader, Order(_BATCH), owner="check")
        data, is_all = _sample(source)
    except (TypeError, ValueError) as error:
        return CheckReport([Finding("error", "data", str(error))])
    findings = list(_examine(network, data, source, is_all))
    findings += learns_one_batch(network, data, steps)
    return CheckReport(findings)


def _sample(source: PreparedSource) -> tuple[Data, bool]:
    """Take arrays, or a limited number of images of anything else; whether these are all."""
    if isinstance(source, ArraySource):
        return source.data, True
    if isinstance(source, (MappedSource, ReadSource)):
        data = source.take(spread(source.samples or 0, _SAMPLED))
        return data, len(data) == source.samples
    parts: list[Data] = []
    is_all = True
    with opened(source.epoch(0)) as batches:
        for part in batches:
            rows = slice(None) if part.rows is None else part.rows
            parts.append(Data(part.x[rows], part.y[rows]))
            if sum(map(len, parts)) >= _SAMPLED:
                is_all = False
                break
    if not parts:
        raise ValueError("check: x gave no batch")
    data = Data(np.concatenate([p.x for p in parts]), np.concatenate([p.y for p in parts]))
    return data, is_all or len(data) == source.samples


def _examine(
    network: Network, data: Data, source: PreparedSource, is_all: bool
) -> Iterator[Finding]:
    """Check shapes, scale, labels and duplicates."""
    text = f"{len(data)} of shape {data.x.shape[1:]}, {data.x.dtype}, all finite"
    if source.samples is not None and not is_all:
        text += f"; {len(data)} of {source.samples} were read"
    elif not is_all:
        text += "; the first ones of the source"
    yield Finding("ok", "images", text)
    yield _scale(data.x, network.layers[0])
    labels = network.classes.find(data.y)
    if labels is not None:
        yield from _labels(labels, network.classes)
    yield _duplicates(data, labels)


def _scale(x: Array, first: Layer) -> Finding:
    """Check the numbers that reach the first layer with weights."""
    sample = x[spread(len(x), _SAMPLED)].astype(np.float64)
    raw_low, raw_high = float(sample.min()), float(sample.max())
    if isinstance(first, Rescale):
        sample = sample * first.scale + first.offset
    elif isinstance(first, Normalize):
        shape = (1, -1) + (1,) * (sample.ndim - 2)
        sample = (sample - np.reshape(first.mean, shape)) / np.reshape(first.std, shape)
    low, high = float(sample.min()), float(sample.max())
    mean, deviation = float(sample.mean()), float(sample.std())
    after = f" after {type(first).__name__}" if isinstance(first, (Rescale, Normalize)) else ""
    text = f"{low:.4g} to {high:.4g}, mean {mean:.3g}, standard deviation {deviation:.3g}{after}"
    if deviation == 0.0:
        return Finding("warning", "scale", f"{text}: all numbers are the same, nothing to learn")
    unit = low >= -1.1 and high <= 1.1 and deviation > 0.01
    if unit or (abs(mean) <= 1.0 and 0.2 <= deviation <= 3.0):
        return Finding("ok", "scale", text)
    way_out = f"put layers.Normalize({mean:.4g}, {deviation:.4g}) first"
    if raw_low >= 0.0 and 2.0 < raw_high <= 255.0 and not after:
        way_out = "put layers.Rescale(1/255) first, if these are pixels"
    elif after:
        way_out = f"the layer {type(first).__name__} does not suit them"
    return Finding(
        "warning", "scale", f"{text}: neither 0..1 nor mean 0 and standard deviation 1; {way_out}"
    )


def _labels(labels: Array, classes: Classes) -> Iterator[Finding]:
    """Check how many images each class has."""
    counts = np.bincount(labels, minlength=classes.count)
    present = counts[counts > 0]
    yield Finding(
        "ok",
        "labels",
        f"{labels.min()} to {labels.max()}, {len(present)} of {classes.count} classes",
    )
    missing = np.flatnonzero(counts == 0)
    if len(missing) > 0:
        names = ", ".join(map(str, missing[:8])) + (", ..." if len(missing) > 8 else "")
        yield Finding(
            "warning",
            "classes",
            f"no image of {names}; are all classes in the data, or is the last layer too wide?",
        )
    text = f"{present.min()} to {present.max()} images a class"
    found = classes.imbalance(labels)
    if found is not None:
        yield Finding(
            "warning",
            "balance",
            f"{text}, {found.most_images / found.least_images:.0f} to 1: rare classes will hardly "
            'be learned; pass class_weight="balanced" to train',
        )
    else:
        yield Finding("ok", "balance", text)


def _duplicates(data: Data, labels: Array | None) -> Finding:
    """Count duplicate images, and those among them with different labels."""
    seen: dict[bytes, int] = {}
    repeated = contradicting = 0
    looked_at = min(len(data), _HASHED)
    for i in range(looked_at):
        key = hashlib.blake2b(data.x[i].data, digest_size=16).digest()
        first = seen.setdefault(key, i)
        if first != i:
            repeated += 1
            contradicting += labels is not None and bool(labels[i] != labels[first])
    if repeated == 0:
        return Finding("ok", "duplicates", f"none among {looked_at} images")
    text = f"{repeated} of {looked_at} images are duplicates"
    if contradicting:
        return Finding(
            "warning", "duplicates", f"{text}, {contradicting} of them with different labels"
        )
    if repeated > looked_at / 100:
        return Finding(
            "warning", "duplicates", f"{text}; some may be in the validation data as well"
        )
    return Finding("note", "duplicates", text)
