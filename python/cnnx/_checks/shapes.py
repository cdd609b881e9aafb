"""Checks of what a network is built from, before the engine sees it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from cnnx._checks.scalars import describe, integer
from cnnx.errors import ConfigError, ShapeError

_PRECISIONS: tuple[np.dtype[Any], ...] = (np.dtype(np.float32), np.dtype(np.float64))


def check_dtype(value: object) -> np.dtype[Any]:
    """Check the precision of a network."""
    if value is not None:
        with suppress(TypeError):
            given = np.dtype(value)  # type: ignore[call-overload]
            for precision in _PRECISIONS:
                if given == precision:
                    return precision
    raise ConfigError(f'CNN: dtype must be "float32" or "float64", got {value!r}')


def check_input_shape(value: object) -> tuple[int, ...]:
    """Check the shape of one image: (channels, height, width), or (features,)."""
    if isinstance(value, np.ndarray) and value.ndim == 1:
        value = tuple(value)
    if not isinstance(value, (tuple, list)):
        way_out = f"; write ({value},)" if isinstance(value, int) else ""
        raise TypeError(
            "CNN: input_shape must be a tuple (channels, height, width) or (features,), "
            f"got {describe(value)}{way_out}"
        )
    try:
        sizes = tuple(integer(size, "CNN", f"input_shape[{i}]") for i, size in enumerate(value))
    except ConfigError as error:
        raise ShapeError(f"{error}, in input_shape={tuple(value)!r}") from None
    if len(sizes) not in {1, 3}:
        way_out = f"; for grey images write (1, {sizes[0]}, {sizes[1]})" if len(sizes) == 2 else ""
        if len(sizes) == 4:
            way_out = f"; leave the number of images out: {sizes[1:]}"
        raise ShapeError(
            "CNN: input_shape must be (channels, height, width) or (features,), "
            f"got {sizes}{way_out}"
        )
    return sizes
