"""Scores of a network: the only loop that goes through a source without training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnx._engine.protocol import Network
from cnnx._types import Logs
from cnnx.data._reader import Data

if TYPE_CHECKING:
    from cnnx.data import Source


def scores(loss_sum: float, correct: int, images: int) -> Logs:
    """Make averages over images from sums."""
    logs = {"loss": loss_sum / images}
    if correct >= 0:
        logs["accuracy"] = correct / images
    return logs


def evaluate(network: Network, data: Data, chunk: int) -> Logs:
    """Score a network, a chunk of images at a time."""
    loss_sum, correct = 0.0, 0
    for start in range(0, len(data), chunk):
        part = slice(start, start + chunk)
        chunk_loss, chunk_correct = network.evaluate_batch(data.x[part], data.y[part])
        loss_sum += chunk_loss
        correct += chunk_correct
    return scores(loss_sum, correct, len(data))


def evaluate_source(network: Network, source: Source) -> Logs:
    """Score a network on the batches of a source."""
    loss_sum, correct, images = 0.0, 0, 0
    for part in source.epoch(0):
        options = {} if part.weights is None else {"weights": part.weights}
        batch_loss, batch_correct = network.evaluate_batch(part.x, part.y, part.rows, **options)
        loss_sum += batch_loss
        correct += batch_correct
        images += len(part)
    if images == 0:
        raise ValueError("train: validation_data gave no batch")
    return scores(loss_sum, correct, images)
