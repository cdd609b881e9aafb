"""`LearningRateScheduler`: sets the learning rate of each epoch by a function."""

from __future__ import annotations

from collections.abc import Callable

from cnnx._checks.scalars import describe
from cnnx._types import Logs
from cnnx.callbacks._base import Callback


class LearningRateScheduler(Callback):
    """Sets the learning rate at the start of every epoch.

    For the usual schedules, which change it at every step, pass ``schedule=`` to ``CNN.train``.

    Parameters
    ----------
    schedule : callable
        Takes the number of the epoch, from 0, and returns its learning rate.

    Raises
    ------
    TypeError
        If `schedule` is not callable.
    """

    def __init__(self, schedule: Callable[[int], float]) -> None:
        if not callable(schedule):
            raise TypeError(
                "LearningRateScheduler: schedule must be a function that takes the epoch and "
                f"returns its learning rate, got {describe(schedule)}; pass objects of "
                "cnnx.schedules and their names to train(..., schedule=...)"
            )
        self._schedule = schedule

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Set the learning rate of the epoch."""
        self.model.learning_rate = self._schedule(epoch)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Add the learning rate to the history."""
        logs.setdefault("learning_rate", self.model.learning_rate)


__all__ = ["LearningRateScheduler"]
