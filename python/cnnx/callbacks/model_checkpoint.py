"""`ModelCheckpoint`: saves the model after every epoch, or when it has improved."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cnnx._checks.scalars import describe, flag, near
from cnnx._types import Logs
from cnnx.callbacks._base import Callback
from cnnx.callbacks._monitor import Mode, Monitor
from cnnx.errors import ConfigError


class ModelCheckpoint(Callback):
    """Saves the model as a file for `CNN.load`; to resume training, see ``checkpoint=``.

    Parameters
    ----------
    path : path-like
        The file, with fields of the form ``{epoch}`` (from 1) and of any score, as in
        ``"net-{epoch:02d}-{val_accuracy:.3f}.safetensors"``. Without fields, it is overwritten.
    monitor : str
        The metric that decides what is better, as in the history.
    save_best_only : bool
        Whether to save only epochs that are better than all before.
    mode : "auto", "min" or "max"
        Whether smaller or larger values are better; "auto" decides by the name.
    include_optimizer : bool
        Whether to save the optimizer's state too.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If an argument has an invalid value.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        monitor: str = "val_loss",
        save_best_only: bool = False,
        mode: Mode = "auto",
        include_optimizer: bool = True,
    ) -> None:
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(
                f"ModelCheckpoint: path must be a string or a path, got {describe(path)}"
            )
        self._path = os.fspath(path)
        self._best_only = flag(save_best_only, "ModelCheckpoint", "save_best_only")
        self._include_optimizer = flag(include_optimizer, "ModelCheckpoint", "include_optimizer")
        self._monitor = Monitor("ModelCheckpoint", monitor, mode, 0.0)

    @property
    def best(self) -> float | None:
        """The best value so far."""
        return self._monitor.best

    def on_train_begin(self, logs: Logs) -> None:
        """Reset the state of the last run, and check the folder."""
        self._monitor.best = None
        if self._best_only:
            self._monitor.reset(self)
        folder = Path(self._path).parent
        if "{" not in str(folder) and not folder.is_dir():
            raise FileNotFoundError(
                f"ModelCheckpoint: there is no directory {folder}; create it first"
            )

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Save the model, if it is to be saved after this epoch."""
        if self._best_only and not self._monitor.improved(self._monitor.value(logs)):
            return
        self.model.save(self._name(epoch, logs), include_optimizer=self._include_optimizer)

    def state_dict(self) -> dict[str, Any]:
        """Return the best value."""
        return {"best": self._monitor.best}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from a checkpoint."""
        self._monitor.load(state)

    def _name(self, epoch: int, logs: Logs) -> str:
        """Fill in the placeholders of the path."""
        fields = {"epoch": epoch + 1, **logs}
        try:
            return self._path.format(**fields)
        except KeyError as error:
            field = str(error.args[0])
            raise ConfigError(
                f"ModelCheckpoint: path may contain the placeholders {', '.join(fields)}, got "
                f"{field!r} in {self._path!r}{near(field, tuple(fields))}"
            ) from None
        except (ValueError, IndexError) as error:
            raise ConfigError(
                f"ModelCheckpoint: path {self._path!r} cannot be formatted: {error}"
            ) from None


__all__ = ["ModelCheckpoint"]
