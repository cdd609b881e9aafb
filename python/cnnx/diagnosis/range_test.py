"""The learning-rate range test: train while the learning rate rises, and watch the loss."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

_MEMORY = 0.9
"""Decay of the average loss."""
_BLOWN = 4.0
"""The test ends when the average loss is so many times the best."""


@dataclass(frozen=True, slots=True)
class LearningRates:
    """The result of a range test.

    Attributes
    ----------
    lrs : list[float]
        The learning rates that were tried, rising.
    losses : list[float]
        The loss of the batch before each one's step.
    smoothed : list[float]
        Their running average.
    suggestion : float or None
        The learning rate at which the loss fell fastest; ``None`` where it never fell.
    """

    lrs: list[float]
    losses: list[float]
    smoothed: list[float]
    suggestion: float | None

    def __str__(self) -> str:
        """Say what was found, in a line."""
        tried = f"learning rates from {self.lrs[0]:.2g} to {self.lrs[-1]:.2g} were tried"
        if self.suggestion is None:
            return f"{tried}; the loss never fell: check the data with model.check(x, y)"
        return f"{tried}; the loss fell fastest at {self.suggestion:.2g}"

    def plot(self, axes: Any = None) -> Any:
        """Plot the loss against the learning rate.

        Needs Matplotlib: ``pip install "cnnx[plot]"``.

        Parameters
        ----------
        axes : matplotlib.axes.Axes, optional
            Axes to draw on; new ones by default.

        Returns
        -------
        matplotlib.axes.Axes
            Where it was drawn.

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
                    'plot: needs Matplotlib; install it with pip install "cnnx[plot]"'
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
    """Train while the learning rate increases by the same factor at each step.

    Parameters
    ----------
    loss_at : callable
        Makes a step with a learning rate, and gives the loss before it.
    start, end : float
        The first and the last learning rate.
    steps : int
        How many steps are made, if the loss does not rise far before.

    Returns
    -------
    LearningRates
        What was found.
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
    """Find where the loss falls fastest, over the logarithm, before it is at its smallest."""
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
