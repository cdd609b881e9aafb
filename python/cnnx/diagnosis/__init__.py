"""Checks before training, and the learning-rate range test as a function."""

from __future__ import annotations

from typing import Any, Protocol

from cnnx.diagnosis.range_test import LearningRates
from cnnx.diagnosis.report import CheckReport, Finding


class Testable(Protocol):
    """A model with a learning-rate range test."""

    def find_learning_rate(self, x: Any, y: Any = None, **options: Any) -> LearningRates:
        """Try learning rates from small to large."""
        ...


def find_learning_rate(
    model: Testable, x: object, y: object = None, **options: Any
) -> LearningRates:
    """Try learning rates from small to large on a copy of a network.

    Parameters
    ----------
    model : CNN
        The model; it does not change.
    x, y : array-like, or source of batches
        Images and labels, as `CNN.train` takes them.
    **options : Any
        The other arguments of `CNN.find_learning_rate`.

    Returns
    -------
    LearningRates
        The losses by learning rate, and a suggestion; it can be plotted.

    Raises
    ------
    TypeError, ShapeError, ConfigError, ValueError
        If an argument is invalid.
    """
    return model.find_learning_rate(x, y, **options)


__all__ = ["CheckReport", "Finding", "LearningRates", "find_learning_rate"]
