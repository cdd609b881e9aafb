"""`CSVLogger`: writes the scores of every epoch to a CSV file."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cnnx._checks.scalars import describe, flag
from cnnx._types import Logs
from cnnx.callbacks._base import Callback


class CSVLogger(Callback):
    """Writes the scores of each epoch to a CSV file, before the next epoch starts.

    When a run is resumed, the lines of epochs that are repeated are removed first.

    Parameters
    ----------
    path : path-like
        The file. The first line contains the column names: "epoch", starting at 0, and the metrics.
    append : bool
        Whether to append to an existing file; otherwise it is overwritten.
    separator : str
        Separator between two columns, one character.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    """

    def __init__(
        self, path: str | os.PathLike[str], append: bool = False, separator: str = ","
    ) -> None:
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"CSVLogger: path must be a string or a path, got {describe(path)}")
        if len(separator) != 1:
            raise TypeError(
                f"CSVLogger: separator must be one character, got {describe(separator)}"
            )
        self._path = Path(path)
        self._append = flag(append, "CSVLogger", "append")
        self._separator = separator
        self._begun = False
        self._columns: list[str] = []

    def on_train_begin(self, logs: Logs) -> None:
        """Check that the file can be written; it is changed at the end of the first epoch."""
        self._begun, self._columns = False, []
        if not self._path.parent.is_dir():
            raise FileNotFoundError(
                f"CSVLogger: there is no directory {self._path.parent}; create it first"
            )

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Write the line of the epoch, preceded by the column names if it is the first."""
        if not self._begun and self._append:
            self._columns = self._header()
        new = not self._columns
        if new:
            self._columns = ["epoch", *logs]
        mode = "a" if self._begun or self._append else "w"
        with self._path.open(mode, newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(
                file, self._columns, delimiter=self._separator, extrasaction="ignore"
            )
            if new:
                writer.writeheader()
            writer.writerow({"epoch": epoch, **logs})
        self._begun = True

    def state_dict(self) -> dict[str, Any]:
        """Return the columns and the length of the file."""
        length = self._path.stat().st_size if self._begun else 0
        return {"begun": self._begun, "columns": self._columns, "length": length}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from a checkpoint: remove what was written after it."""
        self._begun, self._columns = bool(state["begun"]), list(state["columns"])
        if not self._begun:
            return
        if self._path.exists() and self._path.stat().st_size >= state["length"]:
            os.truncate(self._path, state["length"])
        else:  # the file was removed or changed: the rest of it stays, under new names
            self._append, self._columns = True, []

    def _header(self) -> list[str]:
        """Read the names of the columns from an existing file."""
        if not self._path.exists():
            return []
        with self._path.open(newline="", encoding="utf-8") as file:
            return next(csv.reader(file, delimiter=self._separator), [])


__all__ = ["CSVLogger"]
