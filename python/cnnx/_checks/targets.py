"""The labels or targets that a user passes -> the array that the engine compares outputs with."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cnnx._checks.arrays import as_array, as_numbers, check_finite, first_where
from cnnx._types import AllFinite, Array
from cnnx.errors import ShapeError

OF_CLASSES = frozenset({"cross_entropy", "focal"})
"""The losses that tell classes apart, whose rows are probabilities."""

_SUM_TOLERANCE = 1e-3
"""How far the probabilities of a row may be from 1 in total; float16 rows stay within it."""


def targets(
    value: object,
    name: str,
    output_shape: tuple[int, ...],
    dtype: np.dtype[Any],
    loss: str,
    all_finite: AllFinite,
) -> Array:
    """Check labels or targets and bring them into the engine's form."""
    array = as_array(value, name)
    if len(array.shape) == 0 or array.shape[0] == 0:
        raise ShapeError(f"{name}: expected at least one label, got shape {array.shape}")
    if array.ndim == 1 and not takes_labels(output_shape, loss) and output_shape == (1,):
        array = array[:, None]
    if array.ndim == 1:
        return _labels(array, name, output_shape)
    if array.shape[1:] != output_shape:
        raise ShapeError(
            f"{name}: expected {_wanted(output_shape)}, got shape {array.shape}"
            f"{_way_out(array, name, output_shape)}"
        )
    numbers = as_numbers(array, name, dtype, keep=True)
    check_finite(numbers, name, dtype, all_finite)
    rows = as_numbers(numbers, name, dtype, keep=False)
    if loss in OF_CLASSES:
        _check_probabilities(rows, name, loss)
    elif loss == "binary_cross_entropy":
        _check_fractions(rows, name)
    return rows


def takes_labels(output_shape: tuple[int, ...], loss: str) -> bool:
    """Whether integers of shape (N,) are classes: a single output has targets in their place."""
    return len(output_shape) == 1 and (output_shape != (1,) or loss in OF_CLASSES)


def check_length(images: Array, labels: Array, x: str, y: str) -> None:
    """Check that there are as many labels as images."""
    if len(images) != len(labels):
        raise ShapeError(
            f"{x} has {len(images)} images but {y} has {len(labels)} labels; "
            "each image needs one, in the same order"
        )


def _wanted(output_shape: tuple[int, ...]) -> str:
    """Say which shapes of targets a network takes."""
    rows = "rows of shape (N, " + ", ".join(map(str, output_shape)) + ")"
    return f"class indices of shape (N,) or {rows}" if len(output_shape) == 1 else rows


def _way_out(array: Array, name: str, output_shape: tuple[int, ...]) -> str:
    """Guess what is wrong with the shape of targets, and say how to fix it."""
    if array.ndim == 2 and array.shape[1] == 1 and len(output_shape) == 1:
        return f"; use {name}.ravel()"
    if array.ndim == 2 and len(output_shape) == 1:
        return f"; the network has {output_shape[0]} outputs"
    return ""


def _labels(array: Array, name: str, output_shape: tuple[int, ...]) -> Array:
    """Check class indices and make them int64."""
    if len(output_shape) != 1:
        raise ShapeError(
            f"{name}: expected {_wanted(output_shape)}, got shape {array.shape}; for class "
            "indices the network must end with one row of outputs, so add Flatten() and Dense(...)"
        )
    if array.dtype.kind == "f":
        raise TypeError(
            f"{name}: class indices must be integers, got dtype {array.dtype}; "
            f"convert them with {name}.astype(np.int64)"
        )
    classes = math.prod(output_shape)
    low, high = int(array.min()), int(array.max())
    if low < 0 or high >= classes:
        place, bad = first_where(array, lambda part: (part < 0) | (part >= classes))
        way_out = "; make the last layer as wide as there are classes"
        if low == 1 and high == classes:
            way_out = f"; labels count from 0, so pass {name} - 1"
        elif low < 0:
            way_out = "; labels count from 0"
        raise ValueError(
            f"{name}: expected class indices from 0 to {classes - 1} (the network has {classes} "
            f"output{'s' if classes > 1 else ''}), got {bad} at {name}[{place}]{way_out}"
        )
    return np.ascontiguousarray(array, dtype=np.int64)


def _check_fractions(rows: Array, name: str) -> None:
    """Check that finite targets are between 0 and 1."""
    if rows.min() < 0 or rows.max() > 1:
        place, bad = first_where(rows, lambda part: (part < 0) | (part > 1))
        raise ValueError(
            f"{name}: binary_cross_entropy takes targets from 0 to 1, got {bad} at "
            f'{name}[{place}]; for other targets use loss="mse"'
        )


def _check_probabilities(rows: Array, name: str, loss: str) -> None:
    """Check that finite rows are probabilities."""
    if rows.min() < 0:
        place, bad = first_where(rows, lambda part: part < 0)
        raise ValueError(
            f"{name}: {loss} takes rows of probabilities, none below 0, "
            f'got {bad} at {name}[{place}]; for other targets use loss="mse"'
        )
    sums = rows.reshape(len(rows), -1).sum(axis=1, dtype=np.float64)
    wrong = np.abs(sums - 1.0) > _SUM_TOLERANCE
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"{name}: {loss} takes rows of probabilities with the sum 1, "
            f"got {sums[row]:.6g} in row {row}; divide each row by its sum"
        )
