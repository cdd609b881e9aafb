"""`EarlyStopping`: ends training when a score no longer gets better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnx._checks.scalars import flag, integer
from cnnx._types import Array, Logs
from cnnx.callbacks._base import Callback
from cnnx.callbacks._monitor import Mode, Monitor


class EarlyStopping(Callback):
    """Ends training when a score has not become better for some epochs.

    Parameters
    ----------
    monitor : str
        The score, as in the history: "val_loss", "val_accuracy", "loss" ...
    patience : int
        How many epochs without improvement end it; 0 means the first one does, as 1.
    min_delta : float
        How much better a score has to be to count.
    mode : "auto", "min" or "max"
        Whether smaller or larger is better; "auto" tells by the name.
    restore_best : bool
        Whether the weights of the best epoch, and their average where the optimizer keeps one, are
        put back when training ends, also when it ends because all epochs were done.

    Attributes
    ----------
    best : float or None
        The best score so far.
    best_epoch : int
        The epoch that it belongs to, from 0.
    stopped_epoch : int or None
        The epoch after which training was ended.

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
        """Whether the optimizer keeps an average of the weights, which is scored then."""
        return getattr(self.model.optimizer, "ema", None) is not None

    @property
    def best(self) -> float | None:
        """The best score so far."""
        return self._monitor.best

    def on_train_begin(self, logs: Logs) -> None:
        """Forget the last training."""
        self._monitor.reset(self)
        self._wait, self._weights, self._average = 0, {}, {}
        self.best_epoch, self.stopped_epoch = 0, None

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Compare, and end training when patience is over."""
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
        """Put the best weights back."""
        if self._weights:
            self.model.load_state_dict(self._weights)
        if self._average:
            with self.model.averaged_weights():
                self.model.load_state_dict(self._average)

    def state_dict(self) -> dict[str, Any]:
        """Give the best score and its weights, and how long it has been."""
        return {
            "best": self.best,
            "best_epoch": self.best_epoch,
            "stopped_epoch": self.stopped_epoch,
            "wait": self._wait,
            "weights": self._weights,
            "average": self._average,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a checkpoint."""
        self._monitor.load(state)
        self.best_epoch = int(state["best_epoch"])
        self.stopped_epoch = state["stopped_epoch"]
        self._wait = int(state["wait"])
        self._weights, self._average = dict(state["weights"]), dict(state["average"])


__all__ = ["EarlyStopping"]
