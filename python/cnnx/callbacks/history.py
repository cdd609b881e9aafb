"""The history of a run: scores and times of each epoch."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from cnnx._types import Logs
from cnnx.callbacks._base import Callback


class History(Callback):
    """The history of a run, returned by ``CNN.train``.

    Attributes
    ----------
    history : dict[str, list[float]]
        "loss" and "accuracy", averaged over the images of an epoch, and with validation "val_loss"
        and "val_accuracy": one entry per epoch. A network with a single output has no accuracy.
        "learning_rate" is that of the last step of an epoch, if a schedule or a callback changes
        it.
    epoch : list[int]
        The numbers of the epochs, starting at 0.
    seconds : list[float]
        Duration of each epoch in seconds, including validation.
    images_per_second : list[float]
        Training images per second of each epoch, without validation.
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        self.seconds: list[float] = []
        self.images_per_second: list[float] = []
        self._begin = 0.0
        self._trained: float | None = None

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Start timing the epoch."""
        self._begin, self._trained = time.perf_counter(), None

    def on_test_begin(self, logs: Logs) -> None:
        """Record the end of the training part of the epoch."""
        self._trained = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Record the metrics and times."""
        now = time.perf_counter()
        trained = now if self._trained is None else self._trained
        self.epoch.append(epoch)
        self.seconds.append(now - self._begin)
        self.images_per_second.append(self.params["samples"] / max(trained - self._begin, 1e-9))
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

    def state_dict(self) -> dict[str, Any]:
        """Return the history and the time of the current epoch, for a checkpoint."""
        return {
            "history": self.history,
            "epoch": self.epoch,
            "seconds": self.seconds,
            "images_per_second": self.images_per_second,
            "elapsed": time.perf_counter() - self._begin,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the history."""
        self.history = {name: list(values) for name, values in state["history"].items()}
        self.epoch = list(state["epoch"])
        self.seconds = list(state["seconds"])
        self.images_per_second = list(state["images_per_second"])
        self._begin = time.perf_counter() - state["elapsed"]

    def __repr__(self) -> str:
        """Show the number of epochs and the latest metrics."""
        last = ", ".join(f"{name}={values[-1]:.4f}" for name, values in self.history.items())
        return f"History(epochs={len(self.epoch)}{', ' if last else ''}{last})"


__all__ = ["History"]
