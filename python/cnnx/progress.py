"""The progress of a training, on standard error: a bar, one line an epoch, or nothing.

Standard output stays clean for results. tqdm is imported when the first bar is drawn.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import time
from typing import Any, Literal

from cnnx._validate import describe
from cnnx.callbacks import Callback, Logs
from cnnx.errors import ConfigError

Verbose = Literal["auto", 0, 1, 2]
"""Whether to show a bar (1), one line an epoch (2), nothing (0), or what fits the place."""

_REFRESH_SECONDS = 0.1


class BarProgress(Callback):
    """A tqdm bar an epoch: batches, running scores, images per second, validation at its end."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._begin = self._shown = 0.0

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Draw a new bar."""
        epochs = self.params["epochs"]
        self._bar = _bar_class()(
            desc=f"Epoch {epoch + 1:>{len(str(epochs))}}/{epochs}",
            total=self.params["steps"],
            file=sys.stderr,
            bar_format="{desc} |{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}]{postfix}",
            **_width(),
        )
        self._begin = self._shown = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Move the bar, a few times a second."""
        now = time.perf_counter()
        steps = self.params["steps"]
        if now - self._shown < _REFRESH_SECONDS and batch + 1 < steps:
            return
        self._shown = now
        images = min((batch + 1) * self.params["batch_size"], self.params["samples"])
        rate = images / max(now - self._begin, 1e-9)
        self._bar.n = batch + 1
        self._bar.set_postfix_str(_brief(logs, rate), refresh=False)
        self._bar.refresh()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Put the epoch's scores in the place of the bar, and leave them standing."""
        rate = self.params["samples"] / max(self._shown - self._begin, 1e-9)
        self._bar.bar_format = "{desc}"
        self._bar.set_description_str(f"{self._bar.desc} {_brief(logs, rate)}")
        self.close()

    def close(self) -> None:
        """Leave the running bar as it stands, also when training was stopped."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class LineProgress(Callback):
    """One line an epoch, for logs and pipes."""

    def __init__(self) -> None:
        self._begin = self._trained = 0.0

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Start the clock."""
        self._begin, self._trained = time.perf_counter(), 0.0

    def on_test_begin(self, logs: Logs) -> None:
        """Note when the training part of the epoch was over."""
        self._trained = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Write the line."""
        now = time.perf_counter()
        rate = self.params["samples"] / max((self._trained or now) - self._begin, 1e-9)
        sys.stderr.write(
            f"Epoch {epoch + 1}/{self.params['epochs']}: {now - self._begin:.1f} s, "
            f"{', '.join(_scores(logs))}, {rate:.0f} images/s\n"
        )
        sys.stderr.flush()

    def close(self) -> None:
        """Do nothing: every line is whole."""


def progress_for(verbose: object) -> BarProgress | LineProgress | None:
    """Choose how to show progress.

    Parameters
    ----------
    verbose : object
        "auto": a bar in terminals and notebooks and lines elsewhere; 0 (or ``False``): nothing;
        1 (or ``True``): a bar; 2: one line an epoch.

    Returns
    -------
    BarProgress or LineProgress or None
        The callback, if any.

    Raises
    ------
    TypeError
        If it is neither a string nor an integer.
    ConfigError
        If it is another string or number.
    """
    if not isinstance(verbose, (str, int)):
        raise TypeError(f'train: verbose must be "auto", 0, 1 or 2, got {describe(verbose)}')
    if verbose not in {"auto", 0, 1, 2}:
        raise ConfigError(f'train: verbose must be "auto", 0, 1 or 2, got {verbose!r}')
    if verbose == 0 or sys.stderr is None:
        return None
    if verbose == "auto":
        verbose = 1 if sys.stderr.isatty() or _in_notebook() else 2
    return BarProgress() if verbose == 1 else LineProgress()


def _scores(logs: Logs) -> list[str]:
    """Write each score as "accuracy 0.8531"."""
    return [f"{name} {value:.4f}" for name, value in logs.items()]


def _brief(logs: Logs, rate: float) -> str:
    """Write all scores so that they fit a terminal of 80 columns."""
    return f"{' '.join(_scores(logs)).replace('accuracy', 'acc')} {rate:.0f} img/s"


def _width() -> dict[str, Any]:
    """Let tqdm follow the terminal's width where there is one; some say that they have none."""
    if _in_notebook():
        return {"dynamic_ncols": True}
    try:
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError, AttributeError):
        columns = 0
    return {"dynamic_ncols": True} if columns else {"ncols": 80, "nrows": 24}


def _in_notebook() -> bool:
    """Whether this runs in Jupyter, without importing anything for it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"


def _bar_class() -> Any:
    """Give tqdm's bar for this place: a widget in notebooks that have them, else text."""
    widgets = _in_notebook() and importlib.util.find_spec("ipywidgets") is not None
    # Imported here because most programs that import cnnx never draw a bar.
    bar = importlib.import_module("tqdm.notebook" if widgets else "tqdm").tqdm
    # Without tqdm's watching thread: the bar is redrawn from the training loop.
    return type("Bar", (bar,), {"monitor_interval": 0})


__all__ = ["BarProgress", "LineProgress", "Verbose", "progress_for"]
