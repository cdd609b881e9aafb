"""One epoch: the loop over batches."""

from __future__ import annotations

from typing import Any

from cnnx._engine.protocol import Network
from cnnx._network.divergence import diverged
from cnnx._network.scoring import scores
from cnnx._training.plan import Steps
from cnnx._training.position import Position
from cnnx._types import Logs
from cnnx.callbacks import CallbackList


def train_epoch(
    network: Network, steps: Steps, position: Position, callbacks: CallbackList
) -> tuple[Logs, float]:
    """Train on every image once, or on what an epoch that was begun has left."""
    step, every, save = network.train_batch, steps.every, steps.save
    begin_hooks, end_hooks = callbacks.batch_begin, callbacks.batch_end
    rate = steps.rate(position.step)
    loss_sum, correct = position.loss_sum, position.correct
    images, batch = position.images, position.batch
    judging = save is not None
    number = position.first_epoch + position.epoch
    options: dict[str, Any] = {"epoch": number} if steps.augmented else {}
    batches = steps.source.epoch(number, batch)
    try:
        for part in batches:
            for hook in begin_hooks:
                hook(batch, {})
            if part.weights is not None:
                options["weights"] = part.weights
            if steps.augmented and part.rows is None:
                options["first_row"] = images  # rows count on from batch to batch
            batch_loss, batch_correct = step(part.x, part.y, part.rows, rate(batch), **options)
            loss_sum += batch_loss
            correct += batch_correct
            images += len(part)
            if not batch_loss <= steps.largest_loss:  # NaN is not, either
                place = _place(position.epoch, steps, batch)
                what = f"the loss is {batch_loss / len(part):g} in {place}"
                raise diverged(what, rate(batch), steps.way_back())
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
    finally:
        close = getattr(batches, "close", None)
        if close is not None:
            close()
    if images == 0:
        raise ValueError(
            f"train: x gave no batch for epoch {position.epoch + 1}; pass something that gives its "
            "batches anew in every epoch, not a generator that is used up"
        )
    position.batch, position.images = batch, images
    position.loss_sum, position.correct = loss_sum, correct
    return scores(loss_sum, correct, images), rate(batch - 1)


def _place(epoch: int, steps: Steps, batch: int) -> str:
    """Name a batch in a message."""
    of = "" if steps.source.steps is None else f" of {steps.source.steps}"
    return f"epoch {epoch + 1} of {steps.epochs}, batch {batch + 1}{of}"
