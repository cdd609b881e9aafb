"""Checks before training, and the learning-rate range test as a function."""

from __future__ import annotations

from typing import Any, Protocol

from cnnx.diagnosis.range_test import LearningRates
from cnnx.diagnosis.report import CheckReport, Finding


class Testable(Protocol):
    """A model with a learning-rate range test."""

    def find_learning_rate(self, x: Any, y: Any = None, **options: Any) -> LearningRates:
        """Run a learning-rate range test."""
        ...


def find_learning_rate(
    model: Testable, x: object, y: object = None, **options: Any
) -> LearningRates:
    """Run a learning-rate range test on a copy of a network.

    Parameters
    ----------
    model : CNN
        The model, which is not changed.
    x, y : array-like, or source of batches
        Images and labels, as for `CNN.train`.
    **options : Any
        Further arguments of `CNN.find_learning_rate`.

    Returns
    -------
    LearningRates
        The loss for each learning rate, and a suggestion; can be plotted.

    Raises
    ------
    TypeError, ShapeError, ConfigError, ValueError
        If an argument is invalid.
    """
    return model.find_learning_rate(x, y, **options)


__all__ = ["CheckReport", "Finding", "LearningRates", "find_learning_rate"]
