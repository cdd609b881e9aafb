"""The learning-rate range test: train with an increasing learning rate and monitor the loss."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

_MEMORY = 0.9
"""The decay of the moving average of the loss."""
_BLOWN = 4.0
"""The test ends when the average loss exceeds the lowest one by this factor."""


@dataclass(frozen=True, slots=True)
class LearningRates:
    """The result of a learning-rate range test.

    Attributes
    ----------
    lrs : list[float]
        The learning rates, in increasing order.
    losses : list[float]
        The loss of the batch before the step with each learning rate.
    smoothed : list[float]
        The moving average of the losses.
    suggestion : float or None
        The learning rate at which the loss decreased fastest; ``None`` if it never decreased.
    """

    lrs: list[float]
    losses: list[float]
    smoothed: list[float]
    suggestion: float | None

    def __str__(self) -> str:
        """Summarise the result in a line."""
        tried = f"learning rates from {self.lrs[0]:.2g} to {self.lrs[-1]:.2g} were tried"
        if self.suggestion is None:
            return f"{tried}; the loss never decreased: check the data with model.check(x, y)"
        return f"{tried}; the loss decreased fastest at {self.suggestion:.2g}"

    def plot(self, axes: Any = None) -> Any:
        """Plot the loss against the learning rate.

        Requires Matplotlib: ``pip install "cnnx[plot]"``.

        Parameters
        ----------
        axes : matplotlib.axes.Axes, optional
            The axes to plot on; by default, new axes are created.

        Returns
        -------
        matplotlib.axes.Axes
            The axes.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        """
        if axes is None:
            try:
                pyplot = importlib.import_module("matplotlib.pyplot")
            except ImportError as error:
                raise ImportError(
                    'plot: requires Matplotlib; install it with pip install "cnnx[plot]"'
                ) from error
            axes = pyplot.subplots()[1]
        axes.plot(self.lrs, self.losses, alpha=0.3, label="batch")
        axes.plot(self.lrs, self.smoothed, label="average")
        if self.suggestion is not None:
            axes.axvline(self.suggestion, linestyle="--", label=f"fastest: {self.suggestion:.2g}")
        axes.set(xscale="log", xlabel="learning rate", ylabel="loss")
        axes.legend()
        return axes


def range_test(
    loss_at: Callable[[float], float], start: float, end: float, steps: int
) -> LearningRates:
    """Take steps with an exponentially increasing learning rate.

    Parameters
    ----------
    loss_at : callable
        A function that takes a step with the given learning rate and returns the loss before it.
    start, end : float
        The first and the last learning rate.
    steps : int
        The number of steps; the test ends early if the loss diverges.

    Returns
    -------
    LearningRates
        The result.
    """
    lrs: list[float] = []
    losses: list[float] = []
    smoothed: list[float] = []
    average, best = 0.0, math.inf
    for i in range(steps):
        rate = start * (end / start) ** (i / (steps - 1))
        loss = loss_at(rate)
        if not math.isfinite(loss):
            break
        average = _MEMORY * average + (1.0 - _MEMORY) * loss
        lrs.append(rate)
        losses.append(loss)
        smoothed.append(average / (1.0 - _MEMORY ** (i + 1)))
        best = min(best, smoothed[-1])
        if i > steps // 10 and smoothed[-1] > _BLOWN * best:
            break
    return LearningRates(lrs, losses, smoothed, _steepest(lrs, smoothed))


def _steepest(lrs: list[float], losses: list[float]) -> float | None:
    """Find where the loss decreases fastest per unit of log learning rate, before its minimum."""
    settled, half = len(losses) // 10, max(1, len(losses) // 20)
    lowest = int(np.argmin(losses)) if losses else 0
    if lowest < settled + 2:
        return None
    logs = np.log(lrs)
    slopes = []
    for middle in range(settled, lowest + 1):
        part = slice(max(settled, middle - half), min(lowest, middle + half) + 1)
        slopes.append(float(np.polyfit(logs[part], losses[part], 1)[0]))
    fastest = int(np.argmin(slopes))
    return lrs[settled + fastest] if slopes[fastest] < 0 else None
