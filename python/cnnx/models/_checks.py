"""Checks of the arguments common to all networks."""

from __future__ import annotations

from collections.abc import Sequence

from cnnx._checks.scalars import integer
from cnnx._checks.shapes import check_input_shape
from cnnx.errors import ShapeError


def check(
    owner: str, input_shape: Sequence[int], classes: int, sides: tuple[int, int]
) -> tuple[int, int, int]:
    """Check the shape of an image and the number of classes."""
    integer(classes, owner, "classes", minimum=2)
    shape = check_input_shape(input_shape)
    if len(shape) != 3:
        raise ShapeError(f"{owner}: input_shape must be (channels, height, width), got {shape}")
    if shape[1] < sides[0] or shape[2] < sides[1]:
        raise ShapeError(
            f"{owner}: images must have at least {sides[0]}x{sides[1]} pixels, "
            f"got {shape[1]}x{shape[2]}; enlarge them or use a smaller network"
        )
    return shape[0], shape[1], shape[2]
