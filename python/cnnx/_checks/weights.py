"""Checks of the weights of images in the loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnx._checks.arrays import as_array, first_where
from cnnx._types import Array
from cnnx.errors import ShapeError


def check_weights(
    value: object, images: int, dtype: np.dtype[Any], name: str = "sample_weight"
) -> Array:
    """Check one weight for each image."""
    array = as_array(value, name)
    if array.shape != (images,):
        raise ShapeError(
            f"{name}: expected one number for each image, shape ({images},), "
            f"got shape {array.shape}"
        )
    with np.errstate(over="ignore"):  # an infinity is found in the next line
        weights = np.ascontiguousarray(array, dtype)
    if not (np.isfinite(weights) & (weights >= 0)).all():
        place, bad = first_where(weights, lambda part: ~(np.isfinite(part) & (part >= 0)))
        raise ValueError(
            f"{name}: expected finite numbers, none below 0, got {bad} at {name}[{place}]"
        )
    return weights


def sample_weights(value: object, images: int, dtype: np.dtype[Any]) -> Array | None:
    """Check the weights of a whole data set, which cannot all be 0."""
    if value is None:
        return None
    weights = check_weights(value, images, dtype)
    if not weights.any():
        raise ValueError(
            "sample_weight: all are 0, so there is nothing to learn or to score; raise some"
        )
    return weights
