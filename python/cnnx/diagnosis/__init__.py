"""Diagnosis: what `CNN.check` and `CNN.find_learning_rate` give, and the latter as a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnx.diagnosis.data_check import CheckReport, Finding
from cnnx.diagnosis.range_test import LearningRates

if TYPE_CHECKING:
    from cnnx.model import CNN


def find_learning_rate(model: CNN, x: object, y: object = None, **options: Any) -> LearningRates:
    """Try learning rates from small to large on a copy of a network.

    Parameters
    ----------
    model : CNN
        The network, which stays as it is.
    x, y : array-like
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
        If an argument cannot be used.
    """
    return model.find_learning_rate(x, y, **options)  # type: ignore[arg-type] # checked there


__all__ = ["CheckReport", "Finding", "LearningRates", "find_learning_rate"]
