"""`ReduceOnPlateau`: lowers the learning rate when a metric has stopped improving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnx._checks.scalars import integer, real
from cnnx._types import Logs
from cnnx.callbacks._base import Callback
from cnnx.callbacks._monitor import Mode, Monitor


class ReduceOnPlateau(Callback):
    """Reduces the learning rate when a metric has not improved for some epochs.

    Parameters
    ----------
    monitor : str
        The metric, as in the history: "val_loss", "val_accuracy", "loss" ...
    factor : float
        Factor by which the learning rate is multiplied, in (0, 1).
    patience : int
        Number of epochs without improvement before it is reduced; 0 is the same as 1.
    mode : "auto", "min" or "max"
        Whether smaller or larger values are better; "auto" decides by the name.
    min_delta : float
        Minimum change that counts as an improvement.
    cooldown : int
        Number of epochs to wait after a reduction.
    min_lr : float
        Lower bound of the learning rate.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.

    Notes
    -----
    The learning rate of each epoch is recorded in the history as "learning_rate". With a schedule,
    the learning rate that the schedule multiplies is reduced.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        mode: Mode = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        owner = "ReduceOnPlateau"
        self._monitor = Monitor(owner, monitor, mode, min_delta)
        self._factor = real(factor, owner, "factor", above=0.0, below=1.0)
        self._patience = integer(patience, owner, "patience", minimum=0)
        self._cooldown = integer(cooldown, owner, "cooldown", minimum=0)
        self._min_lr = real(min_lr, owner, "min_lr", minimum=0.0)
        self._wait = self._cooling = 0

    def on_train_begin(self, logs: Logs) -> None:
        """Reset the state of the last run."""
        self._monitor.reset(self)
        self._wait = self._cooling = 0

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Compare, and reduce the learning rate when patience is exceeded."""
        logs.setdefault("learning_rate", self.model.learning_rate)
        better = self._monitor.improved(self._monitor.value(logs))
        if self._cooling > 0:
            self._cooling -= 1
            self._wait = 0
        if better:
            self._wait = 0
        elif self._cooling == 0:
            self._wait += 1
            rate = self.model.learning_rate
            if self._wait >= max(self._patience, 1) and rate > self._min_lr:
                self.model.learning_rate = max(rate * self._factor, self._min_lr)
                self._cooling, self._wait = self._cooldown, 0

    def state_dict(self) -> dict[str, Any]:
        """Return the best value and the epochs since."""
        return {"best": self._monitor.best, "wait": self._wait, "cooling": self._cooling}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from a checkpoint."""
        self._monitor.load(state)
        self._wait, self._cooling = int(state["wait"]), int(state["cooling"])


__all__ = ["ReduceOnPlateau"]
