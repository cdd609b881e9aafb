"""A test of whether a copy of a network can be overfitted to one batch."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from cnnx._network.network import Network
from cnnx._types import Array
from cnnx.data._reader import Data
from cnnx.diagnosis.report import Finding, spread

_TRIED = 32
"""The number of images in the batch."""
_SCORED = 256
"""The number of images on which the initial loss is computed."""


def learns_one_batch(network: Network, data: Data, steps: int) -> Iterator[Finding]:
    """Check the initial loss, then train a copy on a few images until it fits them."""
    engine, rate = network.copy().engine, network.learning_rate
    sample = spread(len(data), _SCORED)
    loss = engine.evaluate_batch(data.x, data.y, sample)[0] / len(sample)
    if network.epochs_trained == 0:
        yield _first_loss(
            loss, network.classes.count if network.loss.kind == "cross_entropy" else None
        )
    rows = _mixed(network.classes.find(data.y), len(data))
    initial = engine.evaluate_batch(data.x, data.y, rows)[0] / len(rows)
    loss, correct, step = initial, 0, 0
    for step in range(1, steps + 1):
        engine.train_batch(data.x, data.y, rows, rate)
        if step % 10 == 0 or step == steps:
            loss, correct = engine.evaluate_batch(data.x, data.y, rows)
            loss /= len(rows)
            if not math.isfinite(loss):
                yield Finding(
                    "warning",
                    "one batch",
                    f"diverged within {step} steps: the learning rate {rate:g} is too large; try "
                    "model.find_learning_rate(x, y)",
                )
                return
            if loss <= 0.1 * initial and correct in {len(rows), -1}:
                break
    text = f"loss {initial:.4g} to {loss:.4g} in {step} steps on {len(rows)} images"
    text += f", {correct} of them correct" if correct >= 0 else ""
    learned = loss <= 0.5 * initial if correct < 0 else correct >= 0.9 * len(rows)
    if learned:
        yield Finding("ok", "one batch", text)
    else:
        yield Finding(
            "warning",
            "one batch",
            f"{text}: the network cannot fit even these; try a learning rate other than {rate:g} "
            "(model.find_learning_rate), and check labels, scale and frozen layers",
        )


def _first_loss(loss: float, classes: int | None) -> Finding:
    """Check the loss of an untrained network."""
    if classes is None:
        return Finding("ok" if math.isfinite(loss) else "error", "first loss", f"{loss:.4g}")
    chance = math.log(classes)
    text = f"{loss:.4g}; guessing among {classes} classes would give {chance:.4g}"
    if not math.isfinite(loss):
        return Finding("error", "first loss", f"{text}: the outputs are not finite")
    if loss > 3.0 * max(chance, 0.5):
        return Finding(
            "warning", "first loss", f"{text}: outputs are large; check scale and initializers"
        )
    return Finding("ok", "first loss", text)


def _mixed(labels: Array | None, images: int) -> Array:
    """Select the rows of a batch with as many classes as possible."""
    if labels is None:
        return np.arange(min(images, _TRIED), dtype=np.int64)
    order = np.argsort(labels, kind="stable")
    first = np.searchsorted(labels[order], labels[order])
    rank = np.arange(len(order)) - first  # within the class, from 0
    return np.sort(order[np.lexsort((labels[order], rank))][:_TRIED]).astype(np.int64)
