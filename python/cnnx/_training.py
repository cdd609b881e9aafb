"""The loops over epochs and batches. Arrays were checked before; nothing is checked again here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cnnx._batches import Data
from cnnx._network import Network
from cnnx.callbacks import CallbackList, Logs
from cnnx.errors import DivergenceError

if TYPE_CHECKING:
    from cnnx.data import Source
    from cnnx.schedules import Schedule


def scores(loss_sum: float, correct: int, images: int) -> Logs:
    """Make averages over images from sums.

    Parameters
    ----------
    loss_sum : float
        The sum of their losses.
    correct : int
        How many were right, negative where there is no right and wrong.
    images : int
        How many there are.

    Returns
    -------
    dict[str, float]
        "loss", and where it is defined "accuracy".
    """
    logs = {"loss": loss_sum / images}
    if correct >= 0:
        logs["accuracy"] = correct / images
    return logs


@dataclass(slots=True)
class Position:
    """Where a training stands: everything about it that is not in the network.

    Attributes
    ----------
    first_epoch : int
        How many epochs the network had trained before.
    epoch : int
        The running epoch, from 0.
    batch, images : int
        How many batches and images of it are done.
    loss_sum, correct : float, int
        The sums over these images.
    step : int
        How many batches the training has done before the running epoch.
    logs : dict[str, float]
        The scores of the last whole epoch.
    finished : bool
        Whether nothing is left to do.
    first_loss : float or None
        The mean loss of the training's first batch.
    confirmed : bool
        Whether the loss after the last checkpoint shows that its weights are of use.
    """

    first_epoch: int
    epoch: int = 0
    batch: int = 0
    images: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    step: int = 0
    logs: Logs = field(default_factory=dict)
    finished: bool = False
    first_loss: float | None = None
    confirmed: bool = False

    def judge(self, loss: float) -> None:
        """Judge the weights of the last checkpoint by the mean loss of the batch after it."""
        if self.first_loss is None:
            self.first_loss = loss
        self.confirmed = loss <= max(10.0 * self.first_loss, self.first_loss + 10.0)

    def end_epoch(self, logs: Logs) -> None:
        """Move on to the next epoch."""
        self.epoch += 1
        self.step += self.batch
        self.batch = self.images = self.correct = 0
        self.loss_sum = 0.0
        self.logs = dict(logs)


@dataclass(frozen=True, slots=True)
class Steps:
    """How the steps of a training are made.

    Attributes
    ----------
    source : Source
        What gives the batches.
    epochs : int
        How many epochs there are.
    learning_rate : callable
        The optimizer's learning rate; asked before every step, because callbacks may change it.
    schedule : Schedule or None
        What it is multiplied by.
    augmented : bool
        Whether images are changed on their way.
    largest_loss : float
        The largest number of the network's precision.
    every : int or None
        After how many batches `save` is called.
    way_back : callable
        Says what can be done about weights that are lost.
    save : callable, optional
        Writes a checkpoint.
    """

    source: Source
    epochs: int
    learning_rate: Callable[[], float]
    schedule: Schedule | None
    augmented: bool
    largest_loss: float
    every: int | None
    way_back: Callable[[], str]
    save: Callable[[], None] | None = None

    def rate(self, step: int) -> Callable[[int], float]:
        """Give what tells the learning rate of each batch of an epoch.

        Parameters
        ----------
        step : int
            How many batches were done before the epoch.

        Returns
        -------
        callable
            Takes the number of the batch.
        """
        base, schedule, steps = self.learning_rate, self.schedule, self.source.steps
        if schedule is None:
            return lambda _: base()
        an_epoch = steps or 1  # a schedule that needs the number was refused without it
        total = self.epochs * an_epoch
        return lambda batch: base() * schedule(step + batch, total, an_epoch)


def train_epoch(
    network: Network, steps: Steps, position: Position, callbacks: CallbackList
) -> tuple[Logs, float]:
    """Train on every image once, or on what an epoch that was begun has left.

    Parameters
    ----------
    network : Network
        What trains.
    steps : Steps
        How.
    position : Position
        Where the training stands. It is brought up to date before `Steps.save` is called, and at
        the end.
    callbacks : CallbackList
        What is called around every batch.

    Returns
    -------
    tuple[dict[str, float], float]
        The averages over all images, each scored just before the step it was part of, and the
        learning rate of the last step.

    Raises
    ------
    DivergenceError
        If a batch's loss is NaN, or too large for the network's precision.
    ValueError
        If the epoch has no batch.
    """
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


def evaluate(network: Network, data: Data, chunk: int) -> Logs:
    """Score a network, a chunk of images at a time.

    Parameters
    ----------
    network : Network
        What is scored.
    data : Data
        The images and labels.
    chunk : int
        How many images are passed to the engine at once.

    Returns
    -------
    dict[str, float]
        "loss", and where it is defined "accuracy".
    """
    loss_sum, correct = 0.0, 0
    for start in range(0, len(data), chunk):
        part = slice(start, start + chunk)
        chunk_loss, chunk_correct = network.evaluate_batch(data.x[part], data.y[part])
        loss_sum += chunk_loss
        correct += chunk_correct
    return scores(loss_sum, correct, len(data))


def evaluate_source(network: Network, source: Source) -> Logs:
    """Score a network on the batches of a source.

    Parameters
    ----------
    network : Network
        What is scored.
    source : Source
        What gives the batches.

    Returns
    -------
    dict[str, float]
        "loss", and where it is defined "accuracy".

    Raises
    ------
    ValueError
        If there is no batch.
    """
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


def split(data: Data, fraction: float) -> tuple[Data, Data]:
    """Hold out the last part of the data for validation, as Keras does; nothing is copied.

    Parameters
    ----------
    data : Data
        The images and labels.
    fraction : float
        How much is held out, greater than 0 and smaller than 1.

    Returns
    -------
    tuple[Data, Data]
        For training and for validation.

    Raises
    ------
    ValueError
        If one of the two would be empty.
    """
    at = cut(len(data), fraction)
    return Data(data.x[:at], data.y[:at]), Data(data.x[at:], data.y[at:])


def cut(images: int, fraction: float) -> int:
    """Tell how many images are left for training when a part of them is held out.

    Parameters
    ----------
    images : int
        How many there are.
    fraction : float
        How much is held out, greater than 0 and smaller than 1.

    Returns
    -------
    int
        At least 1, and smaller than `images`.

    Raises
    ------
    ValueError
        If one of the two would be empty.
    """
    # The small number undoes binary rounding, 10 * (1 - 0.9) being a little less than 1.
    left = math.floor(images * (1.0 - fraction) + 1e-4)
    if not 0 < left < images:
        empty = "training" if left == 0 else "validation"
        raise ValueError(
            f"train: validation_split={fraction:g} of {images} images leaves none for {empty}; "
            "use another fraction, or pass validation_data=(x, y)"
        )
    return left


LOST = "The weights are no longer of use: build the network again or load a saved one"
"""What a message says about a network that diverged without a checkpoint."""


def diverged(what: str, learning_rate: float, way_back: str) -> DivergenceError:
    """Make the error for a loss or weights that are no numbers any more.

    Parameters
    ----------
    what : str
        What was found, and where.
    learning_rate : float
        The one in use.
    way_back : str
        What can be done about the weights.

    Returns
    -------
    DivergenceError
        The error, with what to try.
    """
    return DivergenceError(
        f"training diverged: {what}; try a learning rate smaller than {learning_rate:g} "
        "(model.find_learning_rate finds one), clip_norm=1.0 in the optimizer, or "
        'schedule="warmup", and check that images are scaled (to 0..1 or to mean 0 and '
        f"deviation 1; model.check says). {way_back}"
    )
