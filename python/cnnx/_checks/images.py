"""The images that a user passes -> the array (N, *input_shape) that the engine reads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cnnx._checks.arrays import as_array, as_numbers, check_finite
from cnnx._types import AllFinite, Array
from cnnx.errors import ShapeError


def images(
    value: object,
    name: str,
    input_shape: tuple[int, ...],
    dtype: np.dtype[Any],
    all_finite: AllFinite | None,
) -> Array:
    """Check images and bring them into the engine's form; nothing is copied where they fit."""
    array = as_array(value, name)
    check_shape(array.shape, name, input_shape)
    numbers = as_numbers(array, name, dtype, keep=True)
    if all_finite is not None:
        check_finite(numbers, name, dtype, all_finite)
    return numbers


def check_shape(shape: tuple[int, ...], name: str, input_shape: tuple[int, ...]) -> None:
    """Check the shape of a set of images."""
    if shape[1:] == input_shape and len(shape) == len(input_shape) + 1:
        if shape[0] == 0:
            raise ShapeError(f"{name}: expected at least one image, got shape {shape}")
        return
    wanted = "(N, " + ", ".join(map(str, input_shape)) + ")"
    raise ShapeError(
        f"{name}: expected shape {wanted}, got {shape}{_way_out(shape, name, input_shape)}"
    )


def _way_out(shape: tuple[int, ...], name: str, input_shape: tuple[int, ...]) -> str:
    """Guess what is wrong with a shape, and say how to fix it."""
    if shape == input_shape:
        return f"; for a single image add the first axis, {name}[None]"
    if len(input_shape) == 1:
        if len(shape) > 2 and math.prod(shape[1:]) == input_shape[0]:
            return f"; flatten each image, {name}.reshape(len({name}), -1)"
        if len(shape) == 2:
            return f"; the network was built for {input_shape[0]} features"
        return ""
    channels, height, width = input_shape
    if shape[1:] == (height, width) and channels == 1:
        return f"; add the channel axis, {name}[:, None]"
    if shape == (height, width) and channels == 1:
        return f"; for a single image add both axes, {name}[None, None]"
    if shape[1:] == (height, width, channels):
        return (
            "; cnnx keeps channels first, so transpose: "
            f"np.ascontiguousarray({name}.transpose(0, 3, 1, 2))"
        )
    if len(shape) == 2 and shape[1] == math.prod(input_shape):
        return f"; give each row its shape, {name}.reshape(-1, {channels}, {height}, {width})"
    if len(shape) == 4 and shape[2:] == (height, width):
        return f"; the network was built for {channels} channel{'s' if channels > 1 else ''}"
    if len(shape) == 4 and shape[1] == channels:
        return f"; the network was built for images of {height}x{width}"
    return ""
