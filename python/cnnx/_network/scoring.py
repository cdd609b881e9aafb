"""Evaluation and prediction: the loops over a source without training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnx._checks.scalars import integer
from cnnx._types import Array, Logs
from cnnx.data._order import Order
from cnnx.data._sources.base import PreparedSource, UsersSource, opened
from cnnx.data._sources.choose import choose, choose_images
from cnnx.data._weights import sample_weights
from cnnx.errors import ConfigError

if TYPE_CHECKING:
    from cnnx._network.network import Network


def scores(loss_sum: float, correct: int, images: int) -> Logs:
    """Compute averages over images from sums."""
    logs = {"loss": loss_sum / images}
    if correct >= 0:
        logs["accuracy"] = correct / images
    return logs


def score(network: Network, source: PreparedSource, *, owner: str) -> Logs:
    """Evaluate a network on one epoch of a source.

    The mean loss is rounded to the network's precision, so that it does not depend on the batch
    size.
    """
    loss_sum, correct, images = 0.0, 0, 0
    with opened(source.epoch(0)) as batches:
        for part in batches:
            options = {} if part.weights is None else {"weights": part.weights}
            batch_loss, batch_correct = network.engine.evaluate_batch(
                part.x, part.y, part.rows, **options
            )
            loss_sum += batch_loss
            correct += batch_correct
            images += len(part)
    if images == 0:
        raise ValueError(f"{owner} has no batches")
    found = scores(loss_sum, correct, images)
    if abs(found["loss"]) <= network.largest:
        found["loss"] = float(network.dtype.type(found["loss"]))
    return found


def evaluate(
    network: Network, x: object, y: object, batch_size: object, sample_weight: object
) -> Logs:
    """Check the arguments of `evaluate` and evaluate the network."""
    order = Order(integer(batch_size, "evaluate", "batch_size"))
    source = choose(x, y, network.reader, order, owner="evaluate")
    if sample_weight is not None:
        if source.labels is None:
            raise ConfigError(
                "evaluate: sample_weight can only be used with arrays x and y; let x yield "
                "(x, y, weights) instead"
            )
        weights = sample_weights(sample_weight, len(source.labels), network.dtype)
        if weights is not None:
            source = source.weighted(weights)
    return score(network, source, owner="evaluate: x")


def predict(network: Network, x: object, batch_size: object) -> Array:
    """Check the arguments of `predict` and compute the outputs."""
    order = Order(integer(batch_size, "predict", "batch_size"))
    source = choose_images(x, network.reader, order, owner="predict")
    if source.samples is None or isinstance(source, UsersSource):
        with opened(source.epoch(0)) as batches:
            parts = [network.engine.predict(part.x, part.rows) for part in batches]
        if not parts:
            raise ValueError("predict: x has no batches")
        return np.concatenate(parts)
    outputs = np.empty((source.samples, *network.output_shape), network.dtype)
    done = 0
    with opened(source.epoch(0)) as batches:
        for part in batches:
            outputs[done : done + len(part)] = network.engine.predict(part.x, part.rows)
            done += len(part)
    return outputs[:done]
