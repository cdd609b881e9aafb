"""One epoch: the loop over batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnnx._network.divergence import diverged
from cnnx._network.network import Network
from cnnx._network.scoring import scores
from cnnx._training.plan import Plan
from cnnx._training.position import Position
from cnnx._types import Logs
from cnnx.callbacks import CallbackList
from cnnx.data._sources.base import opened


def train_epoch(
    network: Network,
    plan: Plan,
    position: Position,
    callbacks: CallbackList,
    save: Callable[[], None] | None,
    way_back: Callable[[], str],
) -> tuple[Logs, float]:
    """Train for one epoch, or for the rest of an interrupted one.

    The position is updated before `save` is called, and at the end. Returns the metrics over all
    images, each evaluated just before its own step, and the last learning rate.
    """
    step, every = network.engine.train_batch, plan.every
    begin_hooks, end_hooks = callbacks.batch_begin, callbacks.batch_end
    rate = plan.rates(network, position.step)
    loss_sum, correct = position.loss_sum, position.correct
    images, batch = position.images, position.batch
    judging, augmented = save is not None, bool(plan.augment)
    options: dict[str, Any] = {"epoch": position.number} if augmented else {}
    with opened(plan.source.epoch(position.number, batch)) as batches:
        for part in batches:
            for hook in begin_hooks:
                hook(batch, {})
            if part.weights is not None:
                options["weights"] = part.weights
            if augmented and part.rows is None:
                options["first_row"] = images  # rows are numbered across batches
            batch_loss, batch_correct = step(part.x, part.y, part.rows, rate(batch), **options)
            loss_sum += batch_loss
            correct += batch_correct
            images += len(part)
            if not batch_loss <= network.largest:  # also true for NaN
                where = plan.name_batch(position.epoch, batch)
                what = f"the loss is {batch_loss / len(part):g} in {where}"
                raise diverged(what, rate(batch), way_back())
            if judging:
                position.judge(batch_loss / len(part))
                judging = False
            batch += 1
            for hook in end_hooks:
                hook(batch - 1, scores(loss_sum, correct, images))
            if save is not None and every is not None and (position.step + batch) % every == 0:
                position.batch, position.images = batch, images
                position.loss_sum, position.correct = loss_sum, correct
                save()
                judging = True
    if images == 0:
        raise ValueError(
            f"train: x has no batches for epoch {position.epoch + 1}; pass an iterable that can be "
            "restarted for each epoch, not an exhausted generator"
        )
    position.batch, position.images = batch, images
    position.loss_sum, position.correct = loss_sum, correct
    return scores(loss_sum, correct, images), rate(batch - 1)
