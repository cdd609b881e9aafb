"""`ReduceOnPlateau`: a smaller learning rate when a score no longer gets better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnx._checks.scalars import integer, real
from cnnx._types import Logs
from cnnx.callbacks._base import Callback
from cnnx.callbacks._monitor import Mode, Monitor


class ReduceOnPlateau(Callback):
    """Multiplies the learning rate by a factor when a score has not become better for some epochs.

    Parameters
    ----------
    monitor : str
        The score, as in the history: "val_loss", "val_accuracy", "loss" ...
    factor : float
        What the learning rate is multiplied by, greater than 0 and smaller than 1.
    patience : int
        How many epochs without improvement change it; 0 means the first one does, as 1.
    mode : "auto", "min" or "max"
        Whether smaller or larger is better; "auto" tells by the name.
    min_delta : float
        How much better a score has to be to count.
    cooldown : int
        How many epochs after a change are not counted.
    min_lr : float
        Where the learning rate stays.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.

    Notes
    -----
    The epoch's learning rate stands in the history under "learning_rate". Together with a schedule,
    the learning rate that the schedule scales becomes smaller.
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
        """Forget the last training."""
        self._monitor.reset(self)
        self._wait = self._cooling = 0

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Compare, and lower the learning rate when patience is over."""
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
        """Give the best score, and how long it has been."""
        return {"best": self._monitor.best, "wait": self._wait, "cooling": self._cooling}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a checkpoint."""
        self._monitor.load(state)
        self._wait, self._cooling = int(state["wait"]), int(state["cooling"])


__all__ = ["ReduceOnPlateau"]
