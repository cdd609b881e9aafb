"""Checks of true and predicted classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from cnnx._checks.arrays import as_array, first_where
from cnnx.errors import ConfigError, ShapeError

_I64 = npt.NDArray[np.int64]


def class_pair(
    y_true: ArrayLike, y_pred: ArrayLike, owner: str, classes: int | None
) -> tuple[_I64, _I64, int]:
    """Check true and predicted classes, and make classes of scores."""
    true, predicted = as_array(y_true, "y_true"), as_array(y_pred, "y_pred")
    for array, name in ((true, "y_true"), (predicted, "y_pred")):
        if array.ndim not in {1, 2} or array.size == 0:
            raise ShapeError(
                f"{owner}: {name} must be classes of shape (N,) or scores of shape (N, classes), "
                f"got shape {array.shape}"
            )
        if array.ndim == 2 and array.shape[1] == 1:
            raise ShapeError(
                f"{owner}: {name} has one column, which names no class; for the probabilities of a "
                f"yes or no pass ({name}[:, 0] > 0.5).astype(int)"
            )
    if len(true) != len(predicted):
        raise ShapeError(
            f"{owner}: y_true has {len(true)} images and y_pred {len(predicted)}; each needs one "
            "of both, in the same order"
        )
    columns = [array.shape[1] for array in (true, predicted) if array.ndim == 2]
    if classes is None and columns:
        classes = max(columns)
    first = _classes(true, "y_true", owner, classes)
    second = _classes(predicted, "y_pred", owner, classes)
    return first, second, classes or int(max(first.max(), second.max())) + 1


def _classes(array: npt.NDArray[Any], name: str, owner: str, classes: int | None) -> _I64:
    """Make checked classes of classes or scores."""
    if array.ndim == 2:
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{owner}: scores must be numbers, got dtype {array.dtype} in {name}")
        if array.dtype.kind == "f" and np.isnan(array).any():
            place, _ = first_where(array, np.isnan)
            raise ConfigError(f"{owner}: {name}[{place}] is NaN; the network may have diverged")
        if classes is not None and array.shape[1] > classes:
            raise ShapeError(f"{owner}: {name} has {array.shape[1]} columns for {classes} classes")
        return np.asarray(array.argmax(axis=1), np.int64)
    if array.dtype.kind not in "iub":
        raise TypeError(
            f"{owner}: classes must be integers, got dtype {array.dtype} in {name}; convert them "
            f"with {name}.astype(int)"
        )
    limit = np.iinfo(np.int64).max if classes is None else classes
    wrong = (array < 0) | (array >= limit)
    if wrong.any():
        place, bad = first_where(array, lambda part: (part < 0) | (part >= limit))
        wanted = "at least 0" if classes is None else f"from 0 to {classes - 1}"
        raise ConfigError(f"{owner}: classes must be {wanted}, got {bad} at {name}[{place}]")
    return array.astype(np.int64)
