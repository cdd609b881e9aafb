"""`EarlyStopping`: stops training when a metric has stopped improving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnx._checks.scalars import flag, integer
from cnnx._types import Array, Logs
from cnnx.callbacks._base import Callback
from cnnx.callbacks._monitor import Mode, Monitor


class EarlyStopping(Callback):
    """Stops training when a metric has not improved for some epochs.

    Parameters
    ----------
    monitor : str
        The metric, as in the history: "val_loss", "val_accuracy", "loss" ...
    patience : int
        Number of epochs without improvement after which training stops; 0 is the same as 1.
    min_delta : float
        Minimum change that counts as an improvement.
    mode : "auto", "min" or "max"
        Whether smaller or larger values are better; "auto" decides by the name.
    restore_best : bool
        Whether to restore the weights of the best epoch (and their average, if the optimizer keeps
        one) at the end of training, also when all epochs were run.

    Attributes
    ----------
    best : float or None
        The best value so far.
    best_epoch : int
        The epoch of the best value, from 0.
    stopped_epoch : int or None
        The epoch after which training was stopped.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 0,
        min_delta: float = 0.0,
        mode: Mode = "auto",
        restore_best: bool = False,
    ) -> None:
        self._monitor = Monitor("EarlyStopping", monitor, mode, min_delta)
        self._patience = integer(patience, "EarlyStopping", "patience", minimum=0)
        self._restore_best = flag(restore_best, "EarlyStopping", "restore_best")
        self._wait = 0
        self._weights: dict[str, Array] = {}
        self._average: dict[str, Array] = {}
        self.best_epoch = 0
        self.stopped_epoch: int | None = None

    @property
    def _averages(self) -> bool:
        """Whether the optimizer keeps an average of the weights, which is then evaluated."""
        return getattr(self.model.optimizer, "ema", None) is not None

    @property
    def best(self) -> float | None:
        """The best value so far."""
        return self._monitor.best

    def on_train_begin(self, logs: Logs) -> None:
        """Reset the state of the last run."""
        self._monitor.reset(self)
        self._wait, self._weights, self._average = 0, {}, {}
        self.best_epoch, self.stopped_epoch = 0, None

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Compare, and stop training when patience is exceeded."""
        if self._monitor.improved(self._monitor.value(logs)):
            self._wait, self.best_epoch = 0, epoch
            if self._restore_best:
                self._weights = self.model.state_dict()
                if self._averages:
                    with self.model.averaged_weights():
                        self._average = self.model.state_dict()
            return
        self._wait += 1
        if self._wait >= max(self._patience, 1):
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs) -> None:
        """Restore the best weights."""
        if self._weights:
            self.model.load_state_dict(self._weights)
        if self._average:
            with self.model.averaged_weights():
                self.model.load_state_dict(self._average)

    def state_dict(self) -> dict[str, Any]:
        """Return the best value, its weights and the epochs since."""
        return {
            "best": self.best,
            "best_epoch": self.best_epoch,
            "stopped_epoch": self.stopped_epoch,
            "wait": self._wait,
            "weights": self._weights,
            "average": self._average,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from a checkpoint."""
        self._monitor.load(state)
        self.best_epoch = int(state["best_epoch"])
        self.stopped_epoch = state["stopped_epoch"]
        self._wait = int(state["wait"])
        self._weights, self._average = dict(state["weights"]), dict(state["average"])


__all__ = ["EarlyStopping"]
