"""Helpers for the tests of sources: a reader, small data, and the batches of a source as lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnx import _core
from cnnx.data._order import Order
from cnnx.data._reader import BatchReader
from cnnx.data._sources.choose import choose
from cnnx.data.source import Batch, Source

SHAPE = (1, 4, 4)
CLASSES = 3


def reader(
    shape: tuple[int, ...] = SHAPE,
    outputs: tuple[int, ...] = (CLASSES,),
    loss: str = "cross_entropy",
    takes_bytes: bool = True,
) -> BatchReader:
    """A reader as a network makes it."""
    return BatchReader(
        shape,
        outputs,
        np.dtype(np.float32),
        loss,
        takes_bytes=takes_bytes,
        all_finite=_core.all_finite,
    )


def data(count: int = 10, dtype: Any = np.float32) -> tuple[np.ndarray, np.ndarray]:
    """Images whose pixels all hold the image's number, and labels."""
    x = np.broadcast_to(np.arange(count).reshape(-1, 1, 1, 1), (count, *SHAPE)).astype(dtype)
    return x, np.arange(count) % CLASSES


def order(settings: dict[str, Any]) -> Order:
    """The order that these settings give."""
    return Order(*(settings[name] for name in ("batch_size", "shuffle", "seed")))


def source(x: Any, y: Any = None, **options: Any) -> Source:
    """A source with small batches."""
    settings = {"batch_size": 4, "shuffle": False, "seed": 7, "reader": reader()} | options
    found = choose(x, y, settings["reader"], order(settings))
    weights = settings.get("weights")
    return found if weights is None else found.weighted(weights)


def numbers(batch: Batch) -> list[int]:
    """The images of a batch, as `data` made them, after a look at its labels."""
    rows = slice(None) if batch.rows is None else batch.rows
    found: list[int] = batch.x[rows][:, 0, 0, 0].astype(int).tolist()
    assert len(batch) == len(found)
    assert batch.y.dtype == np.int64
    assert batch.y[rows].tolist() == [number % CLASSES for number in found]
    assert batch.x.flags.c_contiguous
    return found


def epoch(source: Source, number: int = 0, start: int = 0) -> list[list[int]]:
    """The images of each batch of an epoch."""
    return [numbers(batch) for batch in source.epoch(number, start)]
