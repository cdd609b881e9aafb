"""`TensorBoard`: logs the scores of every epoch for TensorBoard."""

from __future__ import annotations

import importlib
import os
from typing import Any

from cnnx._checks.scalars import describe
from cnnx._types import Logs
from cnnx.callbacks._base import Callback


class TensorBoard(Callback):
    """Logs the scores of every epoch for TensorBoard.

    Needs the package tensorboardX: ``pip install "cnnx[tensorboard]"``. TensorBoard itself, which
    displays them (``tensorboard --logdir logs``), may run elsewhere.

    Parameters
    ----------
    log_dir : path-like
        The folder; every run creates a file in it.

    Raises
    ------
    TypeError
        If `log_dir` is not a path.
    ImportError
        If tensorboardX is not installed.
    """

    def __init__(self, log_dir: str | os.PathLike[str] = "logs") -> None:
        if not isinstance(log_dir, (str, os.PathLike)):
            raise TypeError(
                f"TensorBoard: log_dir must be a string or a path, got {describe(log_dir)}"
            )
        self._log_dir = os.fspath(log_dir)
        self._writer_class = _writer_class()
        self._writer: Any = None

    def on_train_begin(self, logs: Logs) -> None:
        """Reset the state of the last run."""
        self._writer = None

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Log the metrics; tags are chosen so that "loss" and "val_loss" share a plot."""
        if self._writer is None:
            # Hide what an interrupted process logged from this epoch on.
            purge = {"purge_step": epoch} if epoch > 0 else {}
            self._writer = self._writer_class(self._log_dir, **purge)
        for name, value in logs.items():
            part = "validation" if name.startswith("val_") else "training"
            self._writer.add_scalar(f"{name.removeprefix('val_')}/{part}", value, epoch)
        self._writer.flush()

    def on_train_end(self, logs: Logs) -> None:
        """Close the log file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _writer_class() -> Any:
    """Import the writer, only when it is used."""
    try:
        return importlib.import_module("tensorboardX").SummaryWriter
    except ImportError as error:
        raise ImportError(
            "TensorBoard: requires the package tensorboardX; install it with "
            'pip install "cnnx[tensorboard]"'
        ) from error


__all__ = ["TensorBoard"]
