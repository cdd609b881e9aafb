"""`ReduceOnPlateau`: reduces the learning rate when a metric has stopped improving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnx._checks.scalars import integer, real
from cnnx._types import Logs
from cnnx.callbacks._base import Callback
from cnnx.callbacks._monitor import Mode, Monitor


class ReduceOnPlateau(Callback):
    """Reduces the learning rate when a monitored metric has stopped improving.

    Parameters
    ----------
    monitor : str
        The metric to monitor, as named in the history, for example "val_loss" or "val_accuracy".
    factor : float
        The factor by which the learning rate is multiplied, in (0, 1).
    patience : int
        The number of epochs without improvement after which the learning rate is reduced; 0 is
        equivalent to 1.
    mode : "auto", "min" or "max"
        Whether lower or higher values are better; "auto" infers it from the name.
    min_delta : float
        The minimum change that counts as an improvement.
    cooldown : int
        The number of epochs to wait after a reduction before `patience` is counted again.
    min_lr : float
        The lower bound of the learning rate.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.

    Notes
    -----
    The learning rate of each epoch is added to the history as "learning_rate". If a schedule is
    used, the learning rate that it multiplies is reduced.
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
        """Reset the state of the previous run."""
        self._monitor.reset(self)
        self._wait = self._cooling = 0

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Compare with the best value, and reduce the learning rate when patience is exhausted."""
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
        """Return the best value and the number of epochs since."""
        return {"best": self._monitor.best, "wait": self._wait, "cooling": self._cooling}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the state from a checkpoint."""
        self._monitor.load(state)
        self._wait, self._cooling = int(state["wait"]), int(state["cooling"])


__all__ = ["ReduceOnPlateau"]
