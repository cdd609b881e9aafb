"""Types used throughout the package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

AllFinite = Callable[[Array], bool]
"""The engine's check of a float32 or float64 array for NaN and infinities."""

Logs = dict[str, float]
"""Metrics by name: "loss" and "accuracy", and with validation "val_loss" and "val_accuracy"."""
