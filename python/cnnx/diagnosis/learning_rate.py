"""The learning-rate range test on a copy of a network."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from cnnx._checks.scalars import integer, real
from cnnx._network.network import Network
from cnnx.data._order import Order
from cnnx.data._sources.base import PreparedSource, opened
from cnnx.data._sources.choose import choose
from cnnx.data.source import Batch
from cnnx.diagnosis.range_test import LearningRates, range_test
from cnnx.errors import ConfigError

_OWNER = "find_learning_rate"


def find(
    network: Network, x: object, y: object, *, batch_size: int, start: float, end: float, steps: int
) -> LearningRates:
    """Check the arguments and train a copy with an increasing learning rate."""
    start = real(start, _OWNER, "start", above=0.0)
    end = real(end, _OWNER, "end", above=0.0)
    if not end > start:
        raise ConfigError(f"{_OWNER}: end must be greater than start {start:g}, got {end:g}")
    steps = integer(steps, _OWNER, "steps", minimum=10)
    order = Order(integer(batch_size, _OWNER, "batch_size"), shuffle=True, seed=network.seed)
    source = choose(x, y, network.reader, order, owner=_OWNER)
    engine = network.copy().engine
    with opened(_endless(source)) as batches:

        def loss_at(rate: float) -> float:
            part = next(batches, None)
            if part is None:  # a source for a single epoch is exhausted
                return math.nan
            options: dict[str, Any] = {} if part.weights is None else {"weights": part.weights}
            loss_sum, _ = engine.train_batch(part.x, part.y, part.rows, rate, **options)
            return loss_sum / len(part) if loss_sum <= network.largest else math.inf

        return range_test(loss_at, start, end, steps)


def _endless(source: PreparedSource) -> Iterator[Batch]:
    """Yield the batches of consecutive epochs."""
    epoch = 0
    while epoch == 0 or not source.once:
        empty = True
        with opened(source.epoch(epoch)) as batches:
            for batch in batches:
                empty = False
                yield batch
        if empty:
            raise ValueError(f"{_OWNER}: x has no batches")
        epoch += 1
