"""The progress of a run, on standard error: a bar, one line per epoch, or nothing.

Standard output is left for results. tqdm is imported when the first bar is drawn.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import time
from collections.abc import Sequence
from typing import Any, Literal, TextIO

from cnnx._checks.scalars import describe, flag, real
from cnnx._types import Logs
from cnnx.callbacks._base import Callback
from cnnx.errors import ConfigError

Verbose = Literal["auto", 0, 1, 2]
"""Whether to show a bar (1), one line per epoch (2), nothing (0), or to choose automatically."""

_REFRESH_SECONDS = 0.1


class ProgressBar(Callback):
    """A tqdm progress bar for each epoch: batches, scores, images per second, validation.

    ``verbose=1`` shows one with default arguments; pass your own to change them.

    Parameters
    ----------
    refresh : float
        Minimum time between two updates, in seconds.
    keep : bool
        Whether the scores of an epoch stay on the screen after its end.
    file : text file, optional
        Where to draw; standard error by default.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ConfigError
        If `refresh` is negative.
    """

    def __init__(
        self, refresh: float = _REFRESH_SECONDS, keep: bool = True, file: TextIO | None = None
    ) -> None:
        self._refresh = real(refresh, "ProgressBar", "refresh", minimum=0.0)
        self._keep = flag(keep, "ProgressBar", "keep")
        if file is not None and not hasattr(file, "write"):
            raise TypeError(f"ProgressBar: file must be a text file to write, got {describe(file)}")
        self._file = file
        self._bar: Any = None
        self._begin = self._shown = 0.0
        self._first: int | None = None

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Create the bar of the epoch."""
        epochs = self.params["epochs"]
        file = sys.stderr if self._file is None else self._file
        known = self.params["steps"] is not None
        self._bar = _bar_class()(
            desc=f"Epoch {epoch + 1:>{len(str(epochs))}}/{epochs}",
            total=self.params["steps"],
            file=file,
            leave=self._keep,
            bar_format="{desc} |{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}]{postfix}"
            if known
            else "{desc} {n_fmt} batches [{elapsed}]{postfix}",
            **_width(file),
        )
        self._begin = self._shown = time.perf_counter()
        self._first = None

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Update the bar, at most once per refresh interval."""
        now = time.perf_counter()
        if self._first is None:
            self._first = batch  # not 0 when a run is resumed within an epoch
        steps = self.params["steps"]
        if now - self._shown < self._refresh and batch + 1 != steps:
            return
        self._shown = now
        self._bar.n = batch + 1
        self._bar.set_postfix_str(_brief(logs, self._rate(batch + 1)), refresh=False)
        self._bar.refresh()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Replace the bar by the epoch's scores."""
        steps = self.params["steps"]
        self._bar.bar_format = "{desc}"
        rate = self._rate(self._bar.n if steps is None else steps)
        self._bar.set_description_str(f"{self._bar.desc} {_brief(logs, rate)}")
        self.close()

    def close(self) -> None:
        """Close the current bar, also when training was interrupted."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _rate(self, batches: int) -> float:
        """Compute the training images per second of the epoch, counting all batches as complete."""
        size, samples = self.params["batch_size"], self.params["samples"]
        images = batches * size if samples is None else min(batches * size, samples)
        images -= (self._first or 0) * size
        return float(images / max(self._shown - self._begin, 1e-9))


class LineProgress(Callback):
    """One line per epoch, for logs and pipes."""

    def __init__(self) -> None:
        self._begin = self._trained = 0.0
        self._first: int | None = None

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Start timing the epoch."""
        self._begin, self._trained = time.perf_counter(), 0.0
        self._first = None

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Note where the epoch started; not 0 when a run is resumed within it."""
        if self._first is None:
            self._first = batch

    def on_test_begin(self, logs: Logs) -> None:
        """Record the end of the training part of the epoch."""
        self._trained = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Print the line of the epoch."""
        now = time.perf_counter()
        images = self.params["samples"] - (self._first or 0) * self.params["batch_size"]
        rate = images / max((self._trained or now) - self._begin, 1e-9)
        sys.stderr.write(
            f"Epoch {epoch + 1}/{self.params['epochs']}: {now - self._begin:.1f} s, "
            f"{', '.join(_scores(logs))}, {rate:.0f} images/s\n"
        )
        sys.stderr.flush()

    def close(self) -> None:
        """Do nothing: every line is complete."""


def progress_for(
    verbose: object, callbacks: Sequence[Callback] = ()
) -> ProgressBar | LineProgress | None:
    """Choose the progress display of a run.

    Parameters
    ----------
    verbose : object
        "auto": a bar in terminals and notebooks, lines elsewhere; 0 (or ``False``): nothing;
        1 (or ``True``): a bar; 2: one line per epoch.
    callbacks : sequence of Callback
        The user's callbacks; "auto" shows nothing if a progress bar is among them.

    Returns
    -------
    ProgressBar or LineProgress or None
        The callback, if any.

    Raises
    ------
    TypeError
        If `verbose` is neither a string nor an integer.
    ConfigError
        If `verbose` is another string or number.
    """
    if not isinstance(verbose, (str, int)):
        raise TypeError(f'train: verbose must be "auto", 0, 1 or 2, got {describe(verbose)}')
    if verbose not in {"auto", 0, 1, 2}:
        raise ConfigError(f'train: verbose must be "auto", 0, 1 or 2, got {verbose!r}')
    if verbose == 0 or sys.stderr is None:
        return None
    if verbose == "auto":
        if any(isinstance(callback, ProgressBar) for callback in callbacks):
            return None
        verbose = 1 if sys.stderr.isatty() or _in_notebook() else 2
    return ProgressBar() if verbose == 1 else LineProgress()


def _scores(logs: Logs) -> list[str]:
    """Format each metric as in "accuracy 0.8531", and the learning rate with three digits."""
    return [
        f"{name} {value:.3g}" if name == "learning_rate" else f"{name} {value:.4f}"
        for name, value in logs.items()
    ]


def _brief(logs: Logs, rate: float) -> str:
    """Format all metrics so that they fit a terminal of 80 columns."""
    scores = " ".join(_scores(logs)).replace("accuracy", "acc").replace("learning_rate", "lr")
    return f"{scores} {rate:.0f} img/s"


def _width(file: Any) -> dict[str, Any]:
    """Let tqdm follow the terminal's width if it has one; some terminals report none."""
    if _in_notebook():
        return {"dynamic_ncols": True}
    try:
        columns = os.get_terminal_size(file.fileno()).columns
    except (OSError, ValueError, AttributeError):
        columns = 0
    return {"dynamic_ncols": True} if columns else {"ncols": 80, "nrows": 24}


def _in_notebook() -> bool:
    """Whether the code runs in Jupyter, determined without imports."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"


def _bar_class() -> Any:
    """Choose tqdm's bar: a widget in notebooks that support it, else text."""
    widgets = _in_notebook() and importlib.util.find_spec("ipywidgets") is not None
    # Imported here because most programs that import cnnx never draw a bar.
    bar = importlib.import_module("tqdm.notebook" if widgets else "tqdm").tqdm
    # Disable tqdm's monitor thread: the bar is redrawn by the training loop.
    return type("Bar", (bar,), {"monitor_interval": 0})


__all__ = ["LineProgress", "ProgressBar", "Verbose", "progress_for"]
