"""The loops over epochs and batches. Arrays were checked before; nothing is checked again here."""

from __future__ import annotations

import math
from collections.abc import Callable

from cnnx._arrays import Array
from cnnx._batches import Data
from cnnx._network import Network
from cnnx.callbacks import CallbackList, Logs
from cnnx.errors import DivergenceError


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


def train_epoch(
    network: Network,
    data: Data,
    order: Array,
    batch_size: int,
    learning_rate: Callable[[], float],
    largest_loss: float,
    callbacks: CallbackList,
    epoch: str,
) -> Logs:
    """Train on every image once.

    Parameters
    ----------
    network : Network
        What trains.
    data : Data
        The images and labels.
    order : ndarray
        int64, the rows of `data` in the order in which they are used.
    batch_size : int
        How many make one step; the last batch may be smaller, and counts by its size.
    learning_rate : callable
        Asked before every step, because callbacks may change it.
    largest_loss : float
        The largest number of the network's precision.
    callbacks : CallbackList
        What is called around every batch.
    epoch : str
        What a message calls this epoch.

    Returns
    -------
    dict[str, float]
        The averages over all images, each scored just before the step it was part of.

    Raises
    ------
    DivergenceError
        If a batch's loss is NaN, or too large for the network's precision.
    """
    step, x, y = network.train_batch, data.x, data.y
    begin_hooks, end_hooks = callbacks.batch_begin, callbacks.batch_end
    images = len(order)
    loss_sum, correct = 0.0, 0
    for batch, start in enumerate(range(0, images, batch_size)):
        for hook in begin_hooks:
            hook(batch, {})
        rows = order[start : start + batch_size]
        batch_loss, batch_correct = step(x, y, rows, learning_rate())
        loss_sum += batch_loss
        correct += batch_correct
        if not batch_loss <= largest_loss:  # NaN is not, either
            batches = -(-images // batch_size)
            raise diverged(
                batch_loss / len(rows), f"{epoch}, batch {batch + 1} of {batches}", learning_rate()
            )
        if end_hooks:
            done = min(start + batch_size, images)
            for hook in end_hooks:
                hook(batch, scores(loss_sum, correct, done))
    return scores(loss_sum, correct, images)


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
    # The small number undoes binary rounding, 10 * (1 - 0.9) being a little less than 1.
    cut = math.floor(len(data) * (1.0 - fraction) + 1e-4)
    if not 0 < cut < len(data):
        empty = "training" if cut == 0 else "validation"
        raise ValueError(
            f"train: validation_split={fraction:g} of {len(data)} images leaves none for {empty}; "
            "use another fraction, or pass validation_data=(x, y)"
        )
    return Data(data.x[:cut], data.y[:cut]), Data(data.x[cut:], data.y[cut:])


def diverged(loss: float, where: str, learning_rate: float) -> DivergenceError:
    """Make the error for a loss that is NaN or too large.

    Parameters
    ----------
    loss : float
        The batch's mean loss.
    where : str
        Which batch it was.
    learning_rate : float
        The one in use.

    Returns
    -------
    DivergenceError
        The error, with what to try.
    """
    return DivergenceError(
        f"training diverged: the loss is {loss:g} in {where}; try a learning rate smaller than "
        f"{learning_rate:g}, and check that images are scaled (to 0..1 or to mean 0 and "
        "deviation 1). The weights are no longer of use: build the network again or load a saved "
        "one"
    )
